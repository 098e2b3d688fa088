// Text tables with aligned columns.
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

// "-" for an empty text.
inline std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

// A header and rows. Each column is as wide as its widest cell, with two spaces between columns and
// none at the end of a line. A cell is one line of cleaned text. One thread.
class Table {
  public:
    explicit Table(const std::vector<std::string>& header);

    // Missing cells are empty; cells beyond the header are dropped.
    void add_row(std::vector<Cell> cells);

    bool empty() const { return rows_.empty(); }

    // The header line, then the rows. Every line ends with a newline.
    std::string text(bool with_colours) const;

  private:
    void append_line(std::string& out, const std::vector<Cell>& cells, bool with_colours) const;

    std::vector<Cell> header_;
    std::vector<std::vector<Cell>> rows_;
    std::vector<std::size_t> widths_;
};

}  // namespace roundhouse
