// JSON values as YAML.
#pragma once

#include <string>

#include "edge/text/json.h"

namespace roundhouse {

// In block style, for people; ends with a newline. Any YAML 1.1 or 1.2 parser reads `value` back:
// text that it could take for something else is in quotes.
std::string as_yaml(const Json& value);

}  // namespace roundhouse
