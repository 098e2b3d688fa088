// "did you mean ...?"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roundhouse {

// The name in `known` that `written` most likely means: one that differs by case, '_', '-' or a few
// edits. nullopt if none is near. Of several equally near ones, the first.
std::optional<std::string> nearest_name(std::string_view written,
                                        const std::vector<std::string>& known);

// Lower case, without '_' and '-', so that "network_mode" and "networkMode" are equal.
std::string folded(std::string_view name);

}  // namespace roundhouse
