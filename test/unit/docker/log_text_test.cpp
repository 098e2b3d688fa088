// Docker's logs: frames, terminals, and what nobody is to read.
#include "edge/docker/log_text.h"

#include <doctest/doctest.h>

using namespace roundhouse;

namespace {

using Lines = std::vector<std::string>;

std::string frame(int stream, const std::string& text) {
    const auto size = static_cast<unsigned>(text.size());
    const std::string header{static_cast<char>(stream),
                             '\0',
                             '\0',
                             '\0',
                             static_cast<char>(size >> 24U),
                             static_cast<char>(size >> 16U),
                             static_cast<char>(size >> 8U),
                             static_cast<char>(size)};
    return header + text;
}

}  // namespace

TEST_CASE("frames of both streams are put together, and plain bytes are taken as they are") {
    CHECK(parse_log(frame(1, "one\ntw") + frame(2, "o\n") + frame(1, "three"), {}) ==
          Lines{"one", "two", "three"});
    CHECK(parse_log("one\r\ntwo\r\n", {}) == Lines{"one", "two"});
    CHECK(parse_log("", {}).empty());
    CHECK(parse_log(frame(1, ""), {}).empty());
    CHECK(parse_log(frame(1, std::string(300, 'x')).substr(0, 20), {}) ==
          Lines{std::string(12, 'x')});  // the reply was cut
}

TEST_CASE("only the last lines are kept, without those that are blank") {
    CHECK(parse_log("1\n2\n\n3\n4\n  \n5\n6\n", {}) == Lines{"2", "3", "4", "5", "6"});
    const Lines lines = parse_log(std::string(1000, 'x'), {});
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].size() == longest_log_line_bytes);
    CHECK(lines[0].ends_with("..."));
}

TEST_CASE("escape sequences go, and other bytes that do harm are shown as '?'") {
    CHECK(parse_log("\x1B[1;31merror\x1B[0m: \x1B]0;title\x07no \x1B"
                    "cdisk",
                    {}) == Lines{"error: no disk"});
    CHECK(parse_log("a\x1B[", {}) == Lines{"a"});
    CHECK(parse_log("a\x1B", {}) == Lines{"a"});
    CHECK(parse_log("a\x1B]never ends\nb", {}) == Lines{"a", "b"});
    CHECK(parse_log("a\x01\xFF"
                    "b\tc",
                    {}) == Lines{"a??b c"});
}

TEST_CASE("values of the template's environment are hidden, also where a line is cut") {
    const KeyValues hidden{{"TOKEN", "hunter2!"}, {"CACHE_LIMIT", "10"}};
    CHECK(parse_log("login with hunter2! failed: 10 times hunter2!", hidden) ==
          Lines{"login with $(TOKEN) failed: 10 times $(TOKEN)"});
    const Lines lines = parse_log(std::string(195, 'x') + "hunter2!", hidden);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("hun") == std::string::npos);
}
