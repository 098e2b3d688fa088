// What a terminal shows, and whether there is one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace roundhouse {

enum class Colour { none, bold, dim, red, green, yellow, cyan };

// Whether the file descriptor is a terminal that can move its cursor (TERM is not "dumb").
bool is_terminal(int fd);

// Whether to colour what goes to `fd`: a terminal, and NO_COLOR (no-color.org) unset or empty.
bool wants_colours(int fd);

// The terminal's width in columns; 80 where it does not tell.
std::size_t terminal_columns(int fd);

// `text` between the escape sequences of its colour; as it is for Colour::none.
std::string painted(std::string_view text, Colour colour);

// `text` as one line that does nothing to a terminal: each control character becomes a space, each
// invalid byte U+FFFD.
std::string printable(std::string_view text);

// Columns that printable text takes: 2 for East Asian wide characters and emoji, 0 for combining
// marks, else 1. Good for aligning, not a full Unicode implementation.
std::size_t display_width(std::string_view text);

// The longest beginning of printable text that fits into `columns`, with "…" where it was cut.
std::string shortened(std::string_view text, std::size_t columns);

}  // namespace roundhouse
