#include "edge/text/foreign_text.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "edge/text/utf8.h"

using namespace roundhouse;

namespace {

bool is_clean(std::string_view text) {
    while (!text.empty()) {
        const Utf8Character c = first_character(text);
        if (!c.valid || is_control(c.code_point)) return false;
        text.remove_prefix(c.size);
    }
    return true;
}

}  // namespace

TEST_CASE("text from outside becomes one line without control characters") {
    struct Row {
        std::string_view text;
        std::string_view shown;
    };
    using namespace std::string_view_literals;
    const Row rows[] = {
        {"", ""},
        {"no such image: a/b:1", "no such image: a/b:1"},
        {"caf\u00e9 \u6771\u4eac \U0001F600", "caf\u00e9 \u6771\u4eac \U0001F600"},
        {"one\ntwo\r\nthree\tfour", "one two  three four"},
        {"a\0b"sv, "a?b"},
        {"\x1b[2J\x1b]0;title\x07", "?[2J?]0;title?"},
        {"a\b\b\x7F", "a???"},
        {"\u009b2J", "?2J"},  // the C1 form of ESC [
        {"\u0080\u009f\u00a0", "??\u00a0"},
        {"\x9b"
         "2J",
         "?2J"},                       // its 8-bit form
        {"caf\xE9", "caf?"},           // Latin-1
        {"\xC0\x80\xC1\xBF", "????"},  // overlong
        {"\xED\xA0\x80", "???"},       // a surrogate
        {"\xF4\x90\x80\x80", "????"},  // above U+10FFFF
        {"\xE2\x82", "??"},            // a character that was cut
        {"\x80\xBF", "??"},            // its rest
    };
    for (const Row& row : rows) {
        CAPTURE(row.shown);
        CHECK(cleaned(row.text, 1000) == row.shown);
    }
}

TEST_CASE("what is longer than the bound ends in three dots, between two characters") {
    struct Row {
        std::string_view text;
        std::size_t max_bytes;
        std::string_view shown;
    };
    const Row rows[] = {
        {"abcdef", 6, "abcdef"},
        {"abcdefg", 6, "abc..."},
        {"\u00e9\u00e9\u00e9", 6, "\u00e9\u00e9\u00e9"},
        {"\u00e9\u00e9\u00e9x", 6, "\u00e9..."},
        {"\u20ac\u20ac\u20ac", 8, "\u20ac..."},
        {"\U0001F600\U0001F600", 7, "\U0001F600..."},
        {"\U0001F600\U0001F600", 6, "..."},
        {"\x1b\x1b\x1b\x1b", 3, "..."},
        {"abcd", 3, "..."},
        {"abcd", 2, ".."},
        {"abcd", 0, ""},
        {"", 0, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CAPTURE(row.max_bytes);
        CHECK(cleaned(row.text, row.max_bytes) == row.shown);
    }
}

TEST_CASE("whatever the bytes and the bound, the result is clean, within it and final") {
    std::string text;
    for (int byte = 0; byte < 256; ++byte)
        text.append("\u20ac").append(1, static_cast<char>(byte)).append("\U0001F600\u0085");
    for (std::size_t begin = 0; begin < 40; ++begin) {
        for (std::size_t max_bytes = 0; max_bytes < text.size(); max_bytes += 1 + max_bytes / 8) {
            const std::string once = cleaned(std::string_view(text).substr(begin), max_bytes);
            CAPTURE(begin);
            CAPTURE(max_bytes);
            REQUIRE(once.size() <= max_bytes);
            REQUIRE(is_clean(once));
            REQUIRE(cleaned(once, max_bytes) == once);
        }
    }
}

TEST_CASE("a quoted value is cleaned and short") {
    CHECK(in_quotes("a\x1b"
                    "b") == "'a?b'");
    CHECK(in_quotes("") == "''");
    CHECK(in_quotes(std::string(63, 'x')) == "'" + std::string(63, 'x') + "'");
    CHECK(in_quotes(std::string(64, 'x')) == "'" + std::string(60, 'x') + "...'");
}
