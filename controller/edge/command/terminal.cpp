#include "edge/command/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace roundhouse {
namespace {

// Bytes of UTF-8 that continue a character.
bool continues(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

bool is_set(const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}

constexpr std::string_view reset = "\x1b[0m";

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
    return std::string(escape_sequence(colour)).append(text).append(reset);
}

std::size_t colour_sequence_size(std::string_view text) {
    for (const auto colour :
         {Colour::bold, Colour::dim, Colour::red, Colour::green, Colour::yellow, Colour::cyan}) {
        if (text.starts_with(escape_sequence(colour))) return escape_sequence(colour).size();
    }
    return text.starts_with(reset) ? reset.size() : 0;
}

std::size_t display_width(std::string_view text) {
    return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues));
}

std::string shortened(std::string_view text, std::size_t columns) {
    if (display_width(text) <= columns) return std::string(text);
    if (columns == 0) return "";
    std::size_t bytes = 0;
    for (std::size_t used = 0; bytes < text.size(); ++bytes) {
        if (!continues(text[bytes]) && ++used == columns) break;
    }
    return std::string(text.substr(0, bytes)).append("\u2026");
}

}  // namespace roundhouse
