// A reply of roundhouse's own HTTP API as a tree, and the tree as text again.
#pragma once

#include <string>
#include <string_view>

#include "edge/spec/yaml_tree.h"
#include "edge/text/json_writer.h"
#include "loop/result.h"

namespace roundhouse {

// JSON is YAML, and the YAML tree keeps members in order. The fault (`unavailable`) says that this
// is not JSON, and where.
Result<YamlNode> parse_reply(std::string_view text);

// The member `key` of a map; a `null` node where there is none.
const YamlNode& member(const YamlNode& map, std::string_view key);

// The text of a scalar member; "" for none, and for anything else.
const std::string& text_of(const YamlNode& map, std::string_view key);

// "true" as JSON writes it.
bool is_true(const YamlNode& map, std::string_view key);

// The same data; ends with a newline.
std::string as_json(const YamlNode& tree, JsonWriter::Layout layout);
std::string as_yaml(const YamlNode& tree);

}  // namespace roundhouse
