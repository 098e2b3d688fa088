#include "edge/command/print.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <memory>

#include "edge/command/terminal.h"

using namespace roundhouse;

TEST_CASE("a result keeps its lines and our colours, and nothing else that a terminal obeys") {
    const std::string ours = painted("red", Colour::red) + "\n" + painted("bold", Colour::bold);
    CHECK(clean_result(ours) == ours);
    struct Row {
        std::string text;
        std::string clean;
    };
    const Row rows[] = {
        {"", ""},
        {"two\nlines\n", "two\nlines\n"},
        {"Gr\u00fc\u00dfe \u65e5\n", "Gr\u00fc\u00dfe \u65e5\n"},
        {"\x1b[2J", "?[2J"},
        {"\x1b[8mhidden", "?[8mhidden"},
        {"a\x1b", "a?"},
        {"\x1b\x1b[31mred", "?\x1b[31mred"},
        {"bell\a, C1 \u009b, DEL \x7f\n", "bell?, C1 ?, DEL ?\n"},
        {"cut \xe2\x82\n", "cut ??\n"},
        {std::string("nul\0!", 5), "nul?!"},
    };
    for (const Row& row : rows)
        CHECK(clean_result(row.text) == row.clean);
}

TEST_CASE("a full disk is noticed") {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> full(std::fopen("/dev/full", "w"),
                                                               &std::fclose);
    REQUIRE(full != nullptr);
    CHECK_FALSE(write_text(full.get(), "text"));
    CHECK(errno == ENOSPC);
    CHECK_FALSE(write_text(full.get(), std::string(1U << 20U, 'x')));
}
