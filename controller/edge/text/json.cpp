#include "edge/text/json.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <vector>

#include "edge/text/utf8.h"

namespace roundhouse {

namespace {

constexpr std::size_t max_depth = 100;
constexpr int max_members = 1000;  // of one object

// `json` with DEL and C1 escaped. nlohmann escapes them only together with all of Unicode.
std::string with_controls_escaped(std::string_view json) {
    std::string result;
    result.reserve(json.size());
    while (!json.empty()) {
        const Utf8Character c = first_character(json);
        if (c.code_point >= 0x7F && is_control(c.code_point)) {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u%04x", unsigned{c.code_point});
            result += escape.data();
        } else {
            result += json.substr(0, c.size);
        }
        json.remove_prefix(c.size);
    }
    return result;
}

std::string dump(const Json& value, int indent) {
    return with_controls_escaped(value.dump(indent, ' ', false, Json::error_handler_t::replace));
}

// Reads a text without keeping anything, and stops at the first problem. Values are made only of a
// text that passed: they take more memory than their text, and adding a member to an object takes
// time linear in its members.
class Check final : public nlohmann::json_sax<Json> {
  public:
    // What is wrong; empty when nothing is.
    const std::string& problem() const { return problem_; }

    bool null() override { return true; }
    bool boolean(bool /*value*/) override { return true; }
    bool number_integer(std::int64_t /*value*/) override { return true; }
    bool number_unsigned(std::uint64_t /*value*/) override { return true; }
    bool number_float(double /*value*/, const std::string& /*text*/) override { return true; }
    bool string(std::string& /*value*/) override { return true; }
    bool binary(Json::binary_t& /*value*/) override { return true; }
    bool start_object(std::size_t /*size*/) override { return begin(); }
    bool end_object() override { return end(); }
    bool start_array(std::size_t /*size*/) override { return begin(); }
    bool end_array() override { return end(); }

    bool key(std::string& /*name*/) override {
        if (++members_.back() <= max_members) return true;
        problem_ = "has an object with too many members";
        return false;
    }

    bool parse_error(std::size_t position, const std::string& /*token*/,
                     const Json::exception& /*error*/) override {
        problem_ = "is not JSON (byte " + std::to_string(position) + ")";
        return false;
    }

  private:
    bool begin() {
        members_.push_back(0);
        if (members_.size() <= max_depth) return true;
        problem_ = "is nested too deep";
        return false;
    }

    bool end() {
        members_.pop_back();
        return true;
    }

    std::string problem_;
    std::vector<int> members_;  // of each object or array that is open
};

}  // namespace

std::string one_line(const Json& value) {
    return dump(value, -1);
}

std::string indented(const Json& value) {
    return dump(value, 2) + "\n";
}

std::string json_quote(std::string_view text) {
    return one_line(Json(text));
}

Result<Json> parse_json(std::string_view text) {
    // nlohmann takes a NUL for the end.
    if (text.find('\0') != std::string_view::npos) {
        return Fault{FaultKind::unavailable, "holds a NUL"};
    }
    try {
        Check check;
        if (!Json::sax_parse(text, &check)) return Fault{FaultKind::unavailable, check.problem()};
        return Json::parse(text);
    } catch (const std::exception& error) {
        return Fault{FaultKind::unavailable, std::string("cannot be parsed: ") + error.what()};
    }
}

bool is_json_object(std::string_view text) {
    const auto json = parse_json(text);
    return json && json.value().is_object();
}

const Json& member(const Json& object, std::string_view key) {
    static const Json none;
    if (!object.is_object()) return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

const Json& list_of(const Json& object, std::string_view key) {
    static const Json none = Json::array();
    const Json& list = member(object, key);
    return list.is_array() ? list : none;
}

std::string text_of(const Json& object, std::string_view key) {
    const Json& value = member(object, key);
    if (value.is_string()) return value.get<std::string>();
    return value.is_number() || value.is_boolean() ? value.dump() : "";
}

bool is_true(const Json& object, std::string_view key) {
    return member(object, key) == true;
}

}  // namespace roundhouse
