// Characters that are taken for others, or that nobody sees: they come with text pasted from web
// pages, chats and word processors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace roundhouse {

struct NamedCharacter {
    std::size_t at = 0;  // its first byte
    std::string name;    // with its article: "a no-break space (U+00A0)"
};

// The first character of valid UTF-8 that looks like a space or like nothing, other than a space, a
// tab and the ends of lines.
std::optional<NamedCharacter> first_invisible(std::string_view text);

// The first quote of a word processor, such as the two of “name”.
std::optional<NamedCharacter> first_typographic_quote(std::string_view text);

// The first dash of a word processor, such as those around – these words –.
std::optional<NamedCharacter> first_typographic_dash(std::string_view text);

}  // namespace roundhouse
