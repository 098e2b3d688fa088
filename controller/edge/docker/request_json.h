// The JSON that Docker is asked with. Pure, no I/O.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/launch.h"

namespace roundhouse {

// The body of POST /containers/create. Bytes that are not UTF-8 become U+FFFD.
std::string create_body(const EngineRequest& request);

// The `filters` parameter of a list or of events: {"label":["a=b"]}
std::string filters_text(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& filters);

}  // namespace roundhouse
