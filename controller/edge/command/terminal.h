// What a terminal can show.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace roundhouse {

enum class Colour { none, bold, dim, red, green, yellow, cyan };

// Whether the file descriptor is a terminal that can move its cursor (TERM is not "dumb").
bool is_terminal(int fd);

// Whether to write colours to `fd`: it is a terminal, and NO_COLOR (no-color.org) is unset or
// empty.
bool wants_colours(int fd);

// The terminal's width in columns; 80 where it is unknown.
std::size_t terminal_columns(int fd);

// `text` between the escape sequences of its colour; unchanged for Colour::none.
std::string painted(std::string_view text, Colour colour);

// The size of the escape sequence of painted() at the beginning of `text`; 0 where there is none.
std::size_t colour_sequence_size(std::string_view text);

// Columns that clean text takes: one for each character. Of what we align, only the last column of
// a table may hold wider characters, and nothing follows that.
std::size_t display_width(std::string_view text);

// The beginning of clean text that fits into `columns`, with "…" in the last one where it was cut.
std::string shortened(std::string_view text, std::size_t columns);

}  // namespace roundhouse
