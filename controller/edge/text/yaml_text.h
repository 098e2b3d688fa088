// Values as YAML.
#pragma once

#include <string>

#include "edge/text/json.h"

namespace roundhouse {

// `text` as a YAML scalar: in quotes where any YAML parser could take it for something else.
std::string yaml_scalar(const std::string& text);

// In block style, for people; ends with a newline. Any YAML 1.1 or 1.2 parser reads `value` back:
// text that it could take for something else is in quotes.
std::string as_yaml(const Json& value);

}  // namespace roundhouse
