#include "edge/spec/schema.h"

#include <algorithm>
#include <utility>

#include "edge/spec/fields.h"
#include "edge/text/json_writer.h"

namespace roundhouse {

namespace {

// What holds where the spec is silent and the environment, too.
JsonValue default_of(const Field& field) {
    SpecDraft untouched("", SpecDefaults{});
    return field.kind.shown(untouched);
}

bool has_plain_default(const Field& field) {
    return field.shape == Field::Shape::value && field.when_absent.empty();
}

void append(JsonMembers& members, const JsonMembers& more) {
    members.insert(members.end(), more.begin(), more.end());
}

// A section cannot be left out when it holds something that cannot.
bool is_required(const Field& field) {
    if (field.shape != Field::Shape::section) return field.when_absent == required;
    const auto fields = fields_of(field.path);
    return std::any_of(fields.begin(), fields.end(),
                       [](const Field* f) { return is_required(*f); });
}

JsonMembers schema_of_field(const Field& field);

JsonMembers schema_of_section(std::string_view owner) {
    JsonItems required_names;
    JsonMembers properties;
    for (const Field* field : fields_of(owner)) {
        const std::string name(field->name());
        if (is_required(*field)) required_names.emplace_back(name);
        properties.emplace_back(name, schema_of_field(*field));
    }
    JsonMembers schema{{"type", "object"}, {"additionalProperties", false}};
    if (!required_names.empty()) schema.emplace_back("required", required_names);
    schema.emplace_back("properties", std::move(properties));
    return schema;
}

// A list of sections, of which a plain name is short for the first field.
JsonMembers schema_of_items(const std::string& owner) {
    const JsonMembers name = fields_of(owner).front()->kind.schema;
    const JsonMembers item{{"anyOf", JsonItems{name, schema_of_section(owner)}}};
    const JsonMembers list{{"type", "array"}, {"items", item}};
    return {{"anyOf", JsonItems{name, list}}};
}

JsonMembers schema_of_field(const Field& field) {
    JsonMembers schema{{"description", field.description}};
    switch (field.shape) {
        case Field::Shape::section: append(schema, schema_of_section(field.path)); break;
        case Field::Shape::items: append(schema, schema_of_items(field.path + "[]")); break;
        case Field::Shape::value: append(schema, field.kind.schema); break;
    }
    if (has_plain_default(field)) schema.emplace_back("default", default_of(field));
    return schema;
}

// A '|' would end the cell, and <name> would be taken for HTML.
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
    JsonWriter writer(JsonWriter::Layout::compact);
    default_of(field).write(writer);
    return "`" + writer.text() + "`";
}

}  // namespace

std::string json_schema() {
    JsonMembers schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                       {"title", "roundhouse EnginePool"},
                       {"description", "AceStream engines behind Gluetun, kept by roundhouse."}};
    append(schema, schema_of_section(""));
    JsonWriter writer;
    JsonValue(std::move(schema)).write(writer);
    return writer.text() + "\n";
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
