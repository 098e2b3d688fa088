#include "edge/spec/schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "edge/spec/fields.h"
#include "edge/text/json.h"

namespace roundhouse {

namespace {

// The value when neither the spec nor the environment sets the field.
Json default_of(const Field& field) {
    SpecDraft untouched("", SpecDefaults{});
    return field.kind.shown(untouched);
}

bool has_plain_default(const Field& field) {
    return field.shape == Field::Shape::value && field.when_absent.empty();
}

// A section is required when one of its fields is.
bool is_required(const Field& field) {
    if (field.shape != Field::Shape::section) return field.when_absent == required;
    const auto fields = fields_of(field.path);
    return std::any_of(fields.begin(), fields.end(),
                       [](const Field* f) { return is_required(*f); });
}

Json schema_of_field(const Field& field);

Json schema_of_section(std::string_view owner) {
    Json required_names = Json::array();
    Json properties = Json::object();
    for (const Field* field : fields_of(owner)) {
        const std::string name(field->name());
        if (is_required(*field)) required_names.push_back(name);
        properties[name] = schema_of_field(*field);
    }
    Json schema{{"type", "object"}, {"additionalProperties", false}};
    if (!required_names.empty()) schema["required"] = std::move(required_names);
    schema["properties"] = std::move(properties);
    return schema;
}

// A list of sections; a plain name is short for a section with only its first field.
Json schema_of_items(const std::string& owner) {
    const Json name = fields_of(owner).front()->kind.schema();
    const Json item{{"anyOf", Json::array({name, schema_of_section(owner)})}};
    const Json list{{"type", "array"}, {"items", item}};
    return {{"anyOf", Json::array({name, list})}};
}

Json schema_of_field(const Field& field) {
    Json schema{{"description", field.description}};
    switch (field.shape) {
        case Field::Shape::section: schema.update(schema_of_section(field.path)); break;
        case Field::Shape::items: schema.update(schema_of_items(field.path + "[]")); break;
        case Field::Shape::value: schema.update(field.kind.schema()); break;
    }
    if (has_plain_default(field)) schema["default"] = default_of(field);
    return schema;
}

// Markdown takes '|' for the end of the cell, and <name> for HTML.
std::string cell(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '|' || c == '<') result += '\\';
        result += c;
    }
    return result;
}

std::string default_cell(const Field& field) {
    if (!has_plain_default(field)) return cell(field.when_absent);
    return "`" + one_line(default_of(field)) + "`";
}

}  // namespace

std::string json_schema() {
    Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                {"title", "roundhouse EnginePool"},
                {"description", "AceStream engines behind Gluetun, kept by roundhouse."}};
    schema.update(schema_of_section(""));
    return indented(schema);
}

std::string field_table_markdown() {
    std::string table = "| field | value | default | meaning |\n|---|---|---|---|\n";
    for (const Field& field : spec_fields()) {
        if (field.shape == Field::Shape::section) continue;
        const bool is_list = field.shape == Field::Shape::items;
        const std::string value = is_list ? "a list of names or mappings" : field.kind.expected;
        table += "| `" + field.path + "` | " + cell(value) + " | " + default_cell(field) + " | " +
                 cell(field.description) + " |\n";
    }
    return table;
}

}  // namespace roundhouse
