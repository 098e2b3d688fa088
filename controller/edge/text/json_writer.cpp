#include "edge/text/json_writer.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

#include "edge/text/utf8.h"

namespace roundhouse {
namespace {

std::string escaped(char32_t c) {
    constexpr std::string_view digits = "0123456789abcdef";
    switch (c) {
        case '"': return "\\\"";
        case '\\': return "\\\\";
        case '\n': return "\\n";
        case '\r': return "\\r";
        case '\t': return "\\t";
        default: return {'\\', 'u', '0', '0', digits[(c >> 4U) & 0xFU], digits[c & 0xFU]};
    }
}

}  // namespace

std::string json_quote(std::string_view text) {
    std::string out = "\"";
    out.reserve(text.size() + 2);
    while (!text.empty()) {
        const Utf8Character c = first_character(text);
        if (!c.valid) {
            out += utf8_replacement;
        } else if (is_control(c.code_point) || c.code_point == '"' || c.code_point == '\\') {
            out += escaped(c.code_point);
        } else {
            out += text.substr(0, c.size);
        }
        text.remove_prefix(c.size);
    }
    out += '"';
    return out;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    assert(!levels_.empty() && levels_.back().closer == '}' && !after_key_);
    separate();
    text_ += json_quote(name);
    text_ += layout_ == Layout::indented ? ": " : ":";
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::number(double value) {
    if (!std::isfinite(value)) return null();
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return scalar({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

JsonWriter& JsonWriter::begin(char opener, char closer) {
    before_value();
    text_ += opener;
    levels_.push_back({closer});
    return *this;
}

JsonWriter& JsonWriter::end(char closer) {
    assert(!levels_.empty() && levels_.back().closer == closer && !after_key_);
    const bool empty = levels_.back().empty;
    levels_.pop_back();
    if (!empty) new_line();
    text_ += closer;
    return *this;
}

JsonWriter& JsonWriter::scalar(std::string_view token) {
    before_value();
    text_ += token;
    return *this;
}

void JsonWriter::before_value() {
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if (levels_.empty()) {
        assert(text_.empty());
        return;
    }
    assert(levels_.back().closer == ']');
    separate();
}

void JsonWriter::separate() {
    if (!levels_.back().empty) text_ += ',';
    levels_.back().empty = false;
    new_line();
}

void JsonWriter::new_line() {
    if (layout_ == Layout::compact) return;
    text_ += '\n';
    text_.append(levels_.size() * 2, ' ');
}

}  // namespace roundhouse
