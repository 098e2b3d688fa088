#include "edge/text/json_syntax.h"

#include <nlohmann/json.hpp>

namespace roundhouse {

bool is_json_object(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    const bool is_object = first != std::string_view::npos && text[first] == '{';
    // nlohmann takes a NUL for the end.
    return is_object && text.find('\0') == std::string_view::npos && nlohmann::json::accept(text);
}

}  // namespace roundhouse
