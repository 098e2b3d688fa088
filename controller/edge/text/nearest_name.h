// "did you mean ...?"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roundhouse {

// The name of `known` that `written` most likely stands for: equal but for case, '_' and '-', or
// few edits away. nullopt when none is near. The first one wins where several are equally near.
std::optional<std::string> nearest_name(std::string_view written,
                                        const std::vector<std::string>& known);

// Lower case, without '_' and '-': "network_mode" and "networkMode" are one word.
std::string folded(std::string_view name);

}  // namespace roundhouse
