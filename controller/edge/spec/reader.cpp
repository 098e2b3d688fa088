#include "edge/spec/reader.h"

#include <algorithm>
#include <utility>

#include "edge/spec/characters.h"
#include "edge/spec/fields.h"
#include "edge/spec/hints.h"
#include "edge/text/nearest_name.h"
#include "edge/text/strings.h"

namespace roundhouse {

namespace {

constexpr std::size_t most_gateways = 100;

std::string expected_at(const std::string& path) {
    return path.empty() ? "a mapping with apiVersion, kind, metadata and spec" : "a mapping";
}

// A gateway's plain name, written out as {container: name}.
YamlNode with_container(const YamlNode& name) {
    YamlNode map;
    map.kind = YamlNode::Kind::map;
    map.mark = name.mark;
    map.children = {name};
    map.children.front().key = "container";
    map.children.front().key_mark = name.mark;
    return map;
}

class DocumentReader {
  public:
    DocumentReader(SpecDraft& draft, const SpecDefaults& defaults)
        : draft_(draft), defaults_(defaults) {}

    // `owner` is the section's path in the table of fields ("spec.gateways[]"), `path` its path in
    // the document ("spec.gateways[0]").
    void read_section(const YamlNode& node, const std::string& owner, const std::string& path) {
        if (node.kind != YamlNode::Kind::map) {
            add_mismatch(draft_, node, path, expected_at(path));
            return;
        }
        const auto fields = fields_of(owner);
        for (const YamlNode& child : node.children) {
            const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field* field) {
                return field->name() == child.key;
            });
            const std::string child_path = member_path(path, child.key);
            if (found == fields.end()) {
                add_unknown_field(child, fields, owner, path);
            } else {
                draft_.note(child_path, child.key_mark);
                read_field(child, **found, child_path);
            }
        }
        require_fields(owner, path);
    }

  private:
    void read_field(const YamlNode& node, const Field& field, const std::string& path) {
        switch (field.shape) {
            case Field::Shape::value: field.kind.read(draft_, node, path); break;
            case Field::Shape::section: read_section(node, field.path, path); break;
            case Field::Shape::items: read_gateways(node, field.path + "[]", path); break;
        }
    }

    // A single name is a list of one.
    void read_gateways(const YamlNode& node, const std::string& owner, const std::string& path) {
        if (node.kind == YamlNode::Kind::scalar) {
            read_gateway(node, owner, path + "[0]");
        } else if (node.kind != YamlNode::Kind::list) {
            add_mismatch(draft_, node, path,
                         "a list of gateways, such as [gluetun] or a line \"- container: gluetun\" "
                         "for each");
        } else if (node.children.size() > most_gateways) {
            draft_.add_error(node.mark, path,
                             "expected at most " + std::to_string(most_gateways) +
                                 " gateways, got " + std::to_string(node.children.size()));
        } else {
            for (std::size_t i = 0; i < node.children.size(); ++i) {
                read_gateway(node.children[i], owner, path + "[" + std::to_string(i) + "]");
            }
        }
    }

    void read_gateway(const YamlNode& node, const std::string& owner, const std::string& path) {
        draft_.gateway = {};
        draft_.gateway.control_server.port = defaults_.control_server_port;
        draft_.note(path, node.mark);
        if (node.kind == YamlNode::Kind::scalar) {
            read_section(with_container(node), owner, path);
        } else {
            read_section(node, owner, path);
        }
        draft_.pool.gateways.push_back(std::move(draft_.gateway));
    }

    // The required fields of an absent section are missing, too.
    void require_fields(const std::string& owner, const std::string& path) {
        for (const Field* field : fields_of(owner)) {
            const std::string field_path = member_path(path, field->name());
            if (draft_.gives(field_path) || !draft_.sound(field_path)) continue;
            if (field->shape == Field::Shape::section) require_fields(field->path, field_path);
            if (field->when_absent != required) continue;
            draft_.add_error(field_path, "missing; expected " + field->kind.expected);
        }
    }

    void add_unknown_field(const YamlNode& node, const std::vector<const Field*>& fields,
                           const std::string& owner, const std::string& path) {
        std::vector<std::string> names;
        names.reserve(fields.size());
        for (const Field* field : fields)
            names.emplace_back(field->name());
        std::string message = "unknown field";
        const auto quote = first_typographic_quote(node.key);
        if (quote) message += ": it has " + quote->name;
        // Without the quotes, and whatever else no field has.
        std::string bare = node.key;
        std::erase_if(bare, [](unsigned char c) { return c > '~'; });
        if (const auto hint = hint_for(owner, bare)) {
            message = *hint;
        } else if (const auto nearest = nearest_name(bare, names)) {
            message += "; did you mean " + *nearest + "?";
            // A misspelt field is one error: not a missing field as well.
            draft_.mark_broken(member_path(path, *nearest));
        } else {
            message += "; known here: " + joined(names, ", ");
        }
        draft_.add_error(node.key_mark, member_path(path, node.key), std::move(message));
    }

    SpecDraft& draft_;
    const SpecDefaults& defaults_;
};

const YamlNode* child_of(const YamlNode& node, std::string_view key) {
    for (const YamlNode& child : node.children) {
        if (child.key == key) return &child;
    }
    return nullptr;
}

// Whether the document declares something other than a pool: then one error is enough, instead of
// one for each of its fields.
bool is_something_else(const YamlNode& document) {
    if (document.kind != YamlNode::Kind::map) return false;
    const YamlNode* kind = child_of(document, "kind");
    if (kind != nullptr) return kind->kind == YamlNode::Kind::scalar && kind->text != "EnginePool";
    const bool has_part = child_of(document, "spec") != nullptr ||
                          child_of(document, "metadata") != nullptr ||
                          child_of(document, "apiVersion") != nullptr;
    return !has_part;
}

}  // namespace

void read_document(const YamlNode& document, const SpecDefaults& defaults, SpecDraft& draft) {
    draft.note("", document.mark);
    if (!is_something_else(document)) {
        DocumentReader(draft, defaults).read_section(document, "", "");
        return;
    }
    const YamlNode* kind = child_of(document, "kind");
    if (kind != nullptr) {
        add_mismatch(draft, *kind, "kind", "EnginePool");
    } else {
        draft.add_error("",
                        "not an EnginePool: expected apiVersion: roundhouse/v1, kind: "
                        "EnginePool, metadata and spec");
    }
    draft.mark_broken("");
}

}  // namespace roundhouse
