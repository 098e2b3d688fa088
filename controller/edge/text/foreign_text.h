// Text from outside: whether it is text at all, and how to show it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace roundhouse {

// A place in a text; the first line and the first column are 1. Columns count bytes.
struct TextMark {
    int line = 1;
    int column = 1;

    bool operator==(const TextMark&) const = default;
};

struct TextFlaw {
    TextMark mark;
    std::string message;
};

// The first place where `text` is not UTF-8 or holds a control character other than tab, line feed
// and a carriage return before a line feed; nullopt for clean text.
std::optional<TextFlaw> find_text_flaw(std::string_view text);

// `text` fit for one line of a terminal: control characters become '?', and what is longer than
// `longest` bytes is cut.
std::string excerpt(std::string_view text, std::size_t longest = 60);

// The same in single quotes.
std::string in_quotes(std::string_view text);

}  // namespace roundhouse
