#include "edge/text/utf8.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

using namespace roundhouse;

TEST_CASE("the first character of a text, at the edges of each length") {
    struct Row {
        std::string_view text;
        char32_t code_point;
        std::size_t size;
    };
    using namespace std::string_view_literals;
    const Row rows[] = {
        {"\0"sv, 0, 1},
        {"az", 'a', 1},
        {"\x7F", 0x7F, 1},
        {"\xC2\x80", 0x80, 2},
        {"\xDF\xBF", 0x7FF, 2},
        {"\xE0\xA0\x80", 0x800, 3},
        {"\xED\x9F\xBF", 0xD7FF, 3},
        {"\xEE\x80\x80", 0xE000, 3},
        {"\xEF\xBF\xBD", 0xFFFD, 3},
        {"\xEF\xBF\xBF", 0xFFFF, 3},
        {"\xF0\x90\x80\x80", 0x10000, 4},
        {"\xF4\x8F\xBF\xBF", 0x10FFFF, 4},
    };
    for (const Row& row : rows) {
        const Utf8Character c = first_character(row.text);
        CAPTURE(static_cast<unsigned>(row.code_point));
        CHECK(c.valid);
        CHECK(c.code_point == row.code_point);
        CHECK(c.size == row.size);
    }
}

TEST_CASE("a byte that begins no character counts as one, and is not valid") {
    for (const std::string_view text :
         {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2z", "\xE0\x9F\xBF", "\xE2\x82",
          "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x90\x80", "\xF4\x90\x80\x80",
          "\xF5\x80\x80\x80", "\xFE", "\xFF"}) {
        const Utf8Character c = first_character(text);
        CAPTURE(static_cast<int>(static_cast<unsigned char>(text[0])));
        CHECK_FALSE(c.valid);
        CHECK(c.code_point == 0xFFFD);
        CHECK(c.size == 1);
    }
}

TEST_CASE("the end of a text is no character") {
    const Utf8Character c = first_character("");
    CHECK_FALSE(c.valid);
    CHECK(c.size == 0);
}

TEST_CASE("control characters are C0, DEL and C1") {
    for (char32_t c = 0; c < 0x200; ++c) {
        const bool expected = c < 0x20 || c == 0x7F || (c >= 0x80 && c < 0xA0);
        CAPTURE(static_cast<unsigned>(c));
        CHECK(is_control(c) == expected);
    }
}

TEST_CASE("a prefix ends between two characters") {
    struct Row {
        std::string_view text;
        std::size_t limit;
        std::string_view prefix;
    };
    const Row rows[] = {
        {"", 0, ""},
        {"abc", 0, ""},
        {"abc", 2, "ab"},
        {"abc", 3, "abc"},
        {"abc", 9, "abc"},
        {"a\u00e9", 2, "a"},
        {"a\u00e9", 3, "a\u00e9"},
        {"\u20acx", 1, ""},
        {"\u20acx", 2, ""},
        {"\u20acx", 3, "\u20ac"},
        {"x\U0001F600", 2, "x"},
        {"x\U0001F600", 4, "x"},
        {"x\U0001F600", 5, "x\U0001F600"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CAPTURE(row.limit);
        CHECK(utf8_prefix(row.text, row.limit) == row.prefix);
    }
}

TEST_CASE("a prefix of bytes that are no text keeps most of them") {
    CHECK(utf8_prefix(std::string(20, '\x80'), 10).size() == 7);
}
