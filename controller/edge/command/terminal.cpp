#include "edge/command/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "edge/text/utf8.h"

namespace roundhouse {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

// Combining marks and joiners that take no column of their own.
constexpr std::array no_width{
    Range{0x0300, 0x036F}, Range{0x200B, 0x200F}, Range{0x20D0, 0x20FF},
    Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F},
};

// Hangul, CJK, full-width forms, emoji.
constexpr std::array double_width{
    Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0xA4CF},
    Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE4F},
    Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F},
    Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD},
};

template <std::size_t N>
bool in_any(const std::array<Range, N>& ranges, char32_t c) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [c](const Range& range) { return c >= range.first && c <= range.last; });
}

std::size_t width_of(char32_t c) {
    if (in_any(no_width, c)) return 0;
    return in_any(double_width, c) ? 2 : 1;
}

bool is_set(const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}

std::string_view escape_sequence(Colour colour) {
    switch (colour) {
        case Colour::none: return "";
        case Colour::bold: return "\x1b[1m";
        case Colour::dim: return "\x1b[2m";
        case Colour::red: return "\x1b[31m";
        case Colour::green: return "\x1b[32m";
        case Colour::yellow: return "\x1b[33m";
        case Colour::cyan: return "\x1b[36m";
    }
    return "";
}

}  // namespace

bool is_terminal(int fd) {
    if (::isatty(fd) == 0) return false;
    const char* term = std::getenv("TERM");
    return term == nullptr || std::string_view(term) != "dumb";
}

bool wants_colours(int fd) {
    return is_terminal(fd) && !is_set("NO_COLOR");
}

std::size_t terminal_columns(int fd) {
    constexpr std::size_t usual_columns = 80;
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual_columns;
    return size.ws_col;
}

std::string painted(std::string_view text, Colour colour) {
    if (colour == Colour::none) return std::string(text);
    return std::string(escape_sequence(colour)).append(text).append("\x1b[0m");
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Utf8Character c = first_character(text);
        if (!c.valid) {
            out += utf8_replacement;
        } else if (is_control(c.code_point)) {
            out += ' ';
        } else {
            out += text.substr(0, c.size);
        }
        text.remove_prefix(c.size);
    }
    return out;
}

std::size_t display_width(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const Utf8Character c = first_character(text);
        columns += width_of(c.code_point);
        text.remove_prefix(c.size);
    }
    return columns;
}

std::string shortened(std::string_view text, std::size_t columns) {
    if (display_width(text) <= columns) return std::string(text);
    if (columns == 0) return "";
    std::size_t used = 0;
    std::size_t bytes = 0;
    while (bytes < text.size()) {
        const Utf8Character c = first_character(text.substr(bytes));
        if (used + width_of(c.code_point) > columns - 1) break;
        used += width_of(c.code_point);
        bytes += c.size;
    }
    return std::string(text.substr(0, bytes)).append("\u2026");
}

}  // namespace roundhouse
