// Everything that a command writes to stdout and stderr.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include "core/time.h"

namespace roundhouse {

// The most bytes of a line on stderr, and of a cell of a table. Longer text is cut.
constexpr std::size_t longest_line = 4096;

// Writes a result to stdout. Returns `exit_code`, or exit_code::failure where it cannot be written,
// as to a full disk; stderr then says why.
[[nodiscard]] int print_result(std::string_view text, int exit_code);

// Writes one line to stderr. Text from outside cannot break the line or reach the terminal.
void print_line(std::string_view line);

// "roundhouse: MESSAGE", as print_line().
void print_problem(std::string_view message);

// `text` as print_result() writes it: control characters other than line feeds, and bytes that are
// not UTF-8, are replaced. The sequences of painted() stay.
std::string clean_result(std::string_view text);

// Waits for so long, and returns true at once when nobody reads stdout any more, as after
// `| head -1`. A file always has a reader.
bool reader_leaves_within(Duration time);

// Writes `text` as it is, and flushes. false with errno where it cannot be written.
bool write_text(std::FILE* out, std::string_view text);

}  // namespace roundhouse
