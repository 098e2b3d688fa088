#include "edge/text/foreign_text.h"

#include "edge/text/utf8.h"

namespace roundhouse {

namespace {

std::string hex_byte(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    return {'0', 'x', digits[byte >> 4U], digits[byte & 0x0FU]};
}

bool allowed_control(std::string_view text, std::size_t at) {
    if (text[at] == '\t' || text[at] == '\n') return true;
    return text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
}

}  // namespace

std::optional<TextFlaw> find_text_flaw(std::string_view text) {
    TextMark mark;
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Character character = first_character(text.substr(at));
        if (!character.valid) {
            return TextFlaw{mark, "not UTF-8 (byte " + hex_byte(text[at]) +
                                      "); save the file with the encoding UTF-8"};
        }
        if (is_control(character.code_point) && !allowed_control(text, at)) {
            return TextFlaw{mark, "a control character (byte " + hex_byte(text[at]) +
                                      "), which YAML does not allow; remove it"};
        }
        const bool line_ends = text[at] == '\n';
        const int bytes = static_cast<int>(character.size);
        mark = line_ends ? TextMark{mark.line + 1, 1} : TextMark{mark.line, mark.column + bytes};
        at += character.size;
    }
    return std::nullopt;
}

std::string excerpt(std::string_view text, std::size_t longest) {
    std::string shown;
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Character character = first_character(text.substr(at));
        if (shown.size() + character.size > longest) return shown + "...";
        const bool is_clean = character.valid && !is_control(character.code_point);
        shown += is_clean ? text.substr(at, character.size) : "?";
        at += character.size;
    }
    return shown;
}

std::string in_quotes(std::string_view text) {
    return "'" + excerpt(text) + "'";
}

}  // namespace roundhouse
