#include "edge/json_syntax.h"

#include <nlohmann/json.hpp>

namespace roundhouse {

bool is_json_object(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{' && nlohmann::json::accept(text);
}

}  // namespace roundhouse
