// UTF-8 from outside, which may be invalid.
#pragma once

#include <cstddef>
#include <string_view>

namespace roundhouse {

// The replacement character, U+FFFD, in UTF-8.
inline constexpr std::string_view utf8_replacement = "\xEF\xBF\xBD";

struct Utf8Character {
    char32_t code_point = 0;  // U+FFFD when not valid
    std::size_t size = 0;     // in bytes; 1 when not valid, 0 at the end of the text
    bool valid = false;
};

// The first character of `text`. Overlong forms, surrogates and values above U+10FFFF are not
// valid (RFC 3629).
Utf8Character first_character(std::string_view text);

// C0, DEL and C1: characters that can end a line or control a terminal.
constexpr bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

// The longest prefix of `text` with at most `limit` bytes that cuts no character in two.
std::string_view utf8_prefix(std::string_view text, std::size_t limit);

}  // namespace roundhouse
