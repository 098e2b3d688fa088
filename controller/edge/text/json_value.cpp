#include "edge/text/json_value.h"

#include "edge/text/json_writer.h"

namespace roundhouse {

void JsonValue::write(JsonWriter& writer) const {
    if (const auto* text = std::get_if<std::string>(&value_)) {
        writer.string(*text);
    } else if (const auto* flag = std::get_if<bool>(&value_)) {
        writer.boolean(*flag);
    } else if (const auto* number = std::get_if<std::int64_t>(&value_)) {
        writer.integer(*number);
    } else if (const auto* items = std::get_if<JsonItems>(&value_)) {
        writer.begin_array();
        for (const JsonValue& item : *items)
            item.write(writer);
        writer.end_array();
    } else if (const auto* members = std::get_if<JsonMembers>(&value_)) {
        writer.begin_object();
        for (const auto& [key, member] : *members) {
            writer.key(key);
            member.write(writer);
        }
        writer.end_object();
    }
}

}  // namespace roundhouse
