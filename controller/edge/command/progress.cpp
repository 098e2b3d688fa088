#include "edge/command/progress.h"

#include <algorithm>

#include "edge/command/print.h"
#include "edge/command/terminal.h"
#include "edge/text/foreign_text.h"

namespace roundhouse {

std::string progress_line(const ProgressView& view) {
    constexpr std::size_t named_at_most = 3;
    std::string line = view.pool + ": " + std::to_string(view.ready) + "/" +
                       std::to_string(view.wanted) + " ready";
    const std::size_t named = std::min(view.waiting_for.size(), named_at_most);
    for (std::size_t i = 0; i < named; ++i) {
        const auto& [name, why] = view.waiting_for[i];
        line += i == 0 ? "; waiting for " : ", ";
        line += name;
        if (!why.empty()) line += " (" + why + ")";
    }
    const std::size_t unnamed = view.waiting_for.size() - named;
    if (unnamed > 0) line += " and " + std::to_string(unnamed) + " more";
    return line;
}

Progress::Progress(std::FILE* out)
    : Progress(out, is_terminal(fileno(out)) ? Style::rewrite : Style::append) {}

void Progress::show(std::string_view text) {
    const std::string line = cleaned(text, longest_line);
    const bool is_visible = style_ == Style::append || on_screen_;
    if (line == shown_ && is_visible) return;
    shown_ = line;
    if (style_ == Style::rewrite) {
        rewrite(line);
    } else {
        write_text(out_, line + "\n");
    }
}

void Progress::clear() {
    if (!on_screen_) return;
    write_text(out_, "\r\x1b[K");
    on_screen_ = false;
}

void Progress::finish() {
    if (!on_screen_) return;
    write_text(out_, "\n");
    on_screen_ = false;
}

void Progress::rewrite(const std::string& line) {
    // Terminals wrap a line that fills the last column.
    const std::size_t columns = terminal_columns(fileno(out_)) - 1;
    write_text(out_, "\r" + shortened(line, columns) + "\x1b[K");
    on_screen_ = true;
}

}  // namespace roundhouse
