// Fills in texts with gaps.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace roundhouse {

// What stands in place of "{{name}}": a text, or lines that end with newlines.
using Gaps = std::map<std::string, std::string, std::less<>>;

// `form` with its gaps filled in. A gap that has a line to itself is replaced by the lines of its
// value, each indented as the gap is; by none where the value is empty. Values are not searched for
// gaps. A gap without a value is a mistake of the caller: std::out_of_range.
std::string fill(std::string_view form, const Gaps& gaps);

}  // namespace roundhouse
