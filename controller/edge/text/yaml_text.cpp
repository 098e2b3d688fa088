#include "edge/text/yaml_text.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace roundhouse {

namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Whether every YAML parser takes `text` for a text without quotes. Old ones take "yes" for true.
bool is_plain_word(std::string_view text) {
    constexpr std::array<std::string_view, 7> taken{"true", "false", "null", "yes",
                                                    "no",   "on",    "off"};
    constexpr std::string_view others = "0123456789-_./";
    const auto is_same_letter = [](char a, char b) { return (a | ' ') == (b | ' '); };
    const auto is_text = [&](std::string_view word) {
        return std::ranges::equal(text, word, is_same_letter);
    };
    if (text.size() < 2 || !is_letter(text[0]) || std::ranges::any_of(taken, is_text)) return false;
    return std::ranges::all_of(
        text, [&](char c) { return is_letter(c) || others.find(c) != std::string_view::npos; });
}

// A value that needs only one line.
std::string inline_yaml(const Json& value) {
    return value.is_string() ? yaml_scalar(value.get<std::string>()) : one_line(value);
}

bool needs_block(const Json& value) {
    return value.is_structured() && !value.empty();
}

// Appends an array or object that is not empty. The indentation of its first line is already there.
void append_block(std::string& out, const Json& block, std::size_t indent) {
    bool first = true;
    for (const auto& [key, value] : block.items()) {
        if (!first) out.append(indent, ' ');
        first = false;
        out += block.is_array() ? "-" : yaml_scalar(key) + ":";
        if (!needs_block(value)) {
            out += " " + inline_yaml(value) + "\n";
        } else if (block.is_array()) {
            out += " ";
            append_block(out, value, indent + 2);
        } else {
            const std::size_t below = value.is_array() ? indent : indent + 2;
            out += "\n" + std::string(below, ' ');
            append_block(out, value, below);
        }
    }
}

}  // namespace

// A JSON string in quotes is a YAML string as well.
std::string yaml_scalar(const std::string& text) {
    return is_plain_word(text) ? text : json_quote(text);
}

std::string as_yaml(const Json& value) {
    if (!needs_block(value)) return inline_yaml(value) + "\n";
    std::string out;
    append_block(out, value, 0);
    return out;
}

}  // namespace roundhouse
