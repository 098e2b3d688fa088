// A JSON value that is put together from parts before it is written.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace roundhouse {

class JsonValue;
class JsonWriter;
using JsonMembers = std::vector<std::pair<std::string, JsonValue>>;
using JsonItems = std::vector<JsonValue>;

// Members keep the order in which they were added.
class JsonValue {
  public:
    JsonValue(const char* text) : value_(std::string(text)) {}
    JsonValue(std::string text) : value_(std::move(text)) {}
    JsonValue(bool flag) : value_(flag) {}
    JsonValue(std::int64_t number) : value_(number) {}
    JsonValue(JsonItems items) : value_(std::move(items)) {}
    JsonValue(JsonMembers members) : value_(std::move(members)) {}

    void write(JsonWriter& writer) const;

  private:
    std::variant<std::string, bool, std::int64_t, JsonItems, JsonMembers> value_;
};

}  // namespace roundhouse
