// Whether a text is JSON, without making anything of it.
#pragma once

#include <string_view>

namespace roundhouse {

// One JSON object (RFC 8259) with nothing but blanks around it. Takes no stack for its depth.
bool is_json_object(std::string_view text);

}  // namespace roundhouse
