// Aligned text tables for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/command/terminal.h"

namespace roundhouse {

struct Cell {
    std::string text;
    Colour colour = Colour::none;

    Cell(std::string_view plain, Colour shown_in = Colour::none) : text(plain), colour(shown_in) {}
    Cell(const char* plain, Colour shown_in = Colour::none) : text(plain), colour(shown_in) {}
    Cell(std::string plain, Colour shown_in = Colour::none)
        : text(std::move(plain)), colour(shown_in) {}
};

// What a cell shows for nothing.
inline std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

// A header and rows, columns two spaces apart, each as wide as its widest cell, no spaces at the
// end of a line. Cells are one line each: control characters become spaces. One thread.
class Table {
  public:
    explicit Table(const std::vector<std::string>& header);

    // Missing cells are shown as empty; cells beyond the header are dropped.
    void add_row(std::vector<Cell> cells);

    bool empty() const { return rows_.empty(); }

    // Every line ends with a newline, the header comes first, also without rows.
    std::string text(bool with_colours) const;

  private:
    void append_line(std::string& out, const std::vector<Cell>& cells, bool with_colours) const;

    std::vector<Cell> header_;
    std::vector<std::vector<Cell>> rows_;
    std::vector<std::size_t> widths_;
};

}  // namespace roundhouse
