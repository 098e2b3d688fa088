// The parts of a request that the HTTP API reads. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "edge/http/message.h"

namespace roundhouse {

struct Target {
    std::string_view path;
    std::string_view query;  // after the question mark
};

// Views of `target`. Nothing is decoded: no path or parameter of the API needs it.
Target split_target(std::string_view target);

// What stands in `path` for the {variable} of `pattern`: one part, not empty. Empty when the path
// is not of that pattern, or the pattern has no variable.
std::string_view variable_of(std::string_view pattern, std::string_view path);

// The raw value of the first parameter of that name; nullopt: there is none.
std::optional<std::string_view> parameter(std::string_view query, std::string_view name);

// nullopt: not all digits. A number that is too large gives the largest one.
std::optional<std::uint64_t> whole_number(std::string_view text);

// `name` in lower case; empty if it was not sent.
std::string_view header(const Request& request, const std::string& name);

// "sesame" for "Bearer sesame"; empty for every other scheme.
std::string_view bearer_key(std::string_view authorization);

// "application/json", with or without parameters.
bool is_json_type(std::string_view content_type);

// Without blanks at its ends.
std::string_view trimmed(std::string_view text);

// Takes as long for a wrong first character as for a wrong last one.
bool equal_in_constant_time(std::string_view given, std::string_view wanted);

}  // namespace roundhouse
