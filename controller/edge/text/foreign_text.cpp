#include "edge/text/foreign_text.h"

#include "edge/text/utf8.h"

namespace roundhouse {

namespace {

// What stands for the character `c`, which `text` begins with.
std::string_view shown(const Utf8Character& c, std::string_view text) {
    const bool is_space = c.code_point == '\t' || c.code_point == '\n' || c.code_point == '\r';
    if (is_space) return " ";
    return c.valid && !is_control(c.code_point) ? text.substr(0, c.size) : "?";
}

}  // namespace

std::string cleaned(std::string_view text, std::size_t max_bytes) {
    constexpr std::string_view ellipsis = "...";
    std::string out;
    std::size_t kept_when_cut = 0;  // leaves room for the ellipsis
    while (!text.empty()) {
        const Utf8Character character = first_character(text);
        const std::string_view piece = shown(character, text);
        if (out.size() + piece.size() > max_bytes) {
            out.resize(kept_when_cut);
            return out.append(ellipsis.substr(0, max_bytes));
        }
        out += piece;
        if (out.size() + ellipsis.size() <= max_bytes) kept_when_cut = out.size();
        text.remove_prefix(character.size);
    }
    return out;
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t longest = 63;
    return "'" + cleaned(text, longest) + "'";
}

}  // namespace roundhouse
