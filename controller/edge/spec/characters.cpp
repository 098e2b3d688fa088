#include "edge/spec/characters.h"

#include <algorithm>
#include <array>
#include <span>

#include "edge/text/utf8.h"

namespace roundhouse {

namespace {

struct CharacterRange {
    char32_t first;
    char32_t last;
    std::string_view name;
};

constexpr std::array invisible_characters{
    CharacterRange{0x00A0, 0x00A0, "a no-break space"},
    CharacterRange{0x00AD, 0x00AD, "a soft hyphen"},
    CharacterRange{0x061C, 0x061C, "a mark of text direction"},
    CharacterRange{0x180E, 0x180E, "a vowel separator"},
    CharacterRange{0x2000, 0x200A, "a typographic space"},
    CharacterRange{0x200B, 0x200B, "a zero-width space"},
    CharacterRange{0x200C, 0x200C, "a zero-width non-joiner"},
    CharacterRange{0x200D, 0x200D, "a zero-width joiner"},
    CharacterRange{0x200E, 0x200F, "a mark of text direction"},
    CharacterRange{0x2028, 0x2028, "a line separator"},
    CharacterRange{0x2029, 0x2029, "a paragraph separator"},
    CharacterRange{0x202A, 0x202E, "a mark of text direction"},
    CharacterRange{0x202F, 0x202F, "a narrow no-break space"},
    CharacterRange{0x205F, 0x205F, "a typographic space"},
    CharacterRange{0x2060, 0x2060, "a word joiner"},
    CharacterRange{0x2061, 0x2064, "an invisible operator"},
    CharacterRange{0x2066, 0x2069, "a mark of text direction"},
    CharacterRange{0x3000, 0x3000, "an ideographic space"},
    CharacterRange{0xFEFF, 0xFEFF, "a byte order mark"},
};

constexpr std::array typographic_quotes{
    CharacterRange{0x00AB, 0x00AB, "a typographic quote"},
    CharacterRange{0x00B4, 0x00B4, "an acute accent"},
    CharacterRange{0x00BB, 0x00BB, "a typographic quote"},
    CharacterRange{0x2018, 0x201F, "a typographic quote"},
    CharacterRange{0x2032, 0x2033, "a prime"},
    CharacterRange{0x2039, 0x203A, "a typographic quote"},
    CharacterRange{0xFF02, 0xFF02, "a full-width quote"},
    CharacterRange{0xFF07, 0xFF07, "a full-width quote"},
};

constexpr std::array typographic_dashes{
    CharacterRange{0x2010, 0x2015, "a typographic dash"},
    CharacterRange{0x2212, 0x2212, "a minus sign"},
    CharacterRange{0xFF0D, 0xFF0D, "a full-width dash"},
};

// "U+00A0", for a code point below U+10000.
std::string code_point_name(char32_t code_point) {
    std::string name = "U+";
    for (int shift = 12; shift >= 0; shift -= 4)
        name += "0123456789ABCDEF"[(code_point >> static_cast<unsigned>(shift)) & 0xFU];
    return name;
}

std::optional<NamedCharacter> first_in(std::string_view text,
                                       std::span<const CharacterRange> ranges) {
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Character character = first_character(text.substr(at));
        const char32_t c = character.code_point;
        const auto range = std::ranges::find_if(
            ranges, [c](const CharacterRange& r) { return r.first <= c && c <= r.last; });
        if (character.valid && range != ranges.end()) {
            return NamedCharacter{at, std::string(range->name) + " (" + code_point_name(c) + ")"};
        }
        at += character.size;
    }
    return std::nullopt;
}

}  // namespace

std::optional<NamedCharacter> first_invisible(std::string_view text) {
    return first_in(text, invisible_characters);
}

std::optional<NamedCharacter> first_typographic_quote(std::string_view text) {
    return first_in(text, typographic_quotes);
}

std::optional<NamedCharacter> first_typographic_dash(std::string_view text) {
    return first_in(text, typographic_dashes);
}

}  // namespace roundhouse
