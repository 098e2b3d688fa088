// Writes JSON text (RFC 8259) piece by piece, in the order in which it is told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roundhouse {

// `text` as a JSON string with its quotes. Control characters, DEL and C1 included, are escaped, so
// the result is one line and harmless on a terminal; invalid UTF-8 becomes U+FFFD.
std::string json_quote(std::string_view text);

// Builds one JSON document. Calls must nest rightly (in an object each value has its key first,
// what is begun is ended): anything else is a programming error, caught by assert. One thread.
class JsonWriter {
  public:
    enum class Layout {
        indented,  // a member a line, two spaces a level
        compact,   // one line without spaces
    };

    explicit JsonWriter(Layout layout = Layout::indented) : layout_(layout) {}

    JsonWriter& begin_object() { return begin('{', '}'); }
    JsonWriter& end_object() { return end('}'); }
    JsonWriter& begin_array() { return begin('[', ']'); }
    JsonWriter& end_array() { return end(']'); }
    JsonWriter& key(std::string_view name);

    JsonWriter& string(std::string_view value) { return scalar(json_quote(value)); }
    JsonWriter& integer(std::int64_t value) { return scalar(std::to_string(value)); }
    JsonWriter& boolean(bool value) { return scalar(value ? "true" : "false"); }
    JsonWriter& null() { return scalar("null"); }
    // The shortest text that reads back as `value`; null for infinities and NaN, which JSON lacks.
    JsonWriter& number(double value);

    // What was written, without a newline at its end. Whole once everything begun is ended.
    const std::string& text() const { return text_; }

  private:
    struct Level {
        char closer = '}';
        bool empty = true;
    };

    JsonWriter& begin(char opener, char closer);
    JsonWriter& end(char closer);
    JsonWriter& scalar(std::string_view token);
    void before_value();
    void separate();
    void new_line();

    Layout layout_;
    std::string text_;
    std::vector<Level> levels_;
    bool after_key_ = false;
};

}  // namespace roundhouse
