#include "edge/text/utf8.h"

namespace roundhouse {
namespace {

constexpr Utf8Character invalid_byte{0xFFFD, 1, false};

// How a character with a certain first byte is encoded; size 0 for a byte that begins none.
struct Form {
    std::size_t size = 0;       // in bytes
    unsigned char payload = 0;  // the bits of the first byte that belong to the code point
    char32_t least = 0;         // the first code point that needs this many bytes
};

Form form_of(unsigned char lead) {
    if (lead < 0x80) return {1, 0x7F, 0};
    if (lead >= 0xC2 && lead <= 0xDF) return {2, 0x1F, 0x80};
    if (lead >= 0xE0 && lead <= 0xEF) return {3, 0x0F, 0x800};
    if (lead >= 0xF0 && lead <= 0xF4) return {4, 0x07, 0x10000};
    return {};
}

}  // namespace

Utf8Character first_character(std::string_view text) {
    if (text.empty()) return {};
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const Form form = form_of(byte(0));
    if (form.size == 0 || text.size() < form.size) return invalid_byte;
    char32_t code_point = byte(0) & form.payload;
    for (std::size_t i = 1; i < form.size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return invalid_byte;
        code_point = (code_point << 6) | (byte(i) & 0x3F);
    }
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < form.least || code_point > 0x10FFFF || surrogate) return invalid_byte;
    return {code_point, form.size, true};
}

std::string_view utf8_prefix(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text;
    std::size_t end = limit;
    // At most three bytes back: a longer run of such bytes is no character.
    for (int back = 0; back < 3 && end > 0; ++back) {
        if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80) break;
        --end;
    }
    return text.substr(0, end);
}

}  // namespace roundhouse
