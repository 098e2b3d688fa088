#include "edge/command/table.h"

#include <algorithm>

#include "edge/command/print.h"
#include "edge/text/foreign_text.h"

namespace roundhouse {

Table::Table(const std::vector<std::string>& header) {
    for (const std::string& title : header) {
        header_.emplace_back(title, Colour::bold);
        widths_.push_back(display_width(header_.back().text));
    }
}

void Table::add_row(std::vector<Cell> cells) {
    cells.resize(widths_.size(), Cell(""));
    for (std::size_t i = 0; i < cells.size(); ++i) {
        cells[i].text = cleaned(cells[i].text, longest_line);
        widths_[i] = std::max(widths_[i], display_width(cells[i].text));
    }
    rows_.push_back(std::move(cells));
}

std::string Table::text(bool with_colours) const {
    std::string out;
    append_line(out, header_, with_colours);
    for (const auto& row : rows_)
        append_line(out, row, with_colours);
    return out;
}

void Table::append_line(std::string& out, const std::vector<Cell>& cells, bool with_colours) const {
    constexpr std::size_t gap = 2;
    // Padding is written before the next cell, so lines have no trailing spaces.
    std::size_t padding = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const Cell& cell = cells[i];
        if (!cell.text.empty()) {
            out.append(padding, ' ');
            padding = 0;
            out += with_colours ? painted(cell.text, cell.colour) : cell.text;
        }
        padding += widths_[i] - display_width(cell.text) + gap;
    }
    out += '\n';
}

}  // namespace roundhouse
