// What the HTTP API reads out of a request. Pure.
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

// Views of `target`. Nothing is decoded: no path or parameter of ours needs it.
Target split_target(std::string_view target);

// The value of the first parameter of that name, as it stands there; nullopt: there is none.
std::optional<std::string_view> parameter(std::string_view query, std::string_view name);

// Of digits alone; what is beyond all numbers is the largest of them.
std::optional<std::uint64_t> whole_number(std::string_view text);

// `name` in lower case; empty where it was not sent.
std::string_view header(const Request& request, const std::string& name);

// "sesame" of "Bearer sesame"; empty for every other scheme.
std::string_view bearer_key(std::string_view authorization);

// "application/json", with or without parameters.
bool is_json_type(std::string_view content_type);

// Without the blanks around it, which no header can carry.
std::string_view trimmed(std::string_view text);

// Takes as long for a wrong first character as for a wrong last one.
bool equal_in_constant_time(std::string_view given, std::string_view wanted);

}  // namespace roundhouse
