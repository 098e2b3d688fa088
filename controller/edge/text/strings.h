// Small helpers for texts that the standard library lacks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roundhouse {

// A to Z become a to z; every other byte stays, whatever the locale.
std::string lower(std::string_view text);

// Removes the digits at the front of `text` and returns their value; nullopt if there are none or
// too many.
std::optional<std::int64_t> take_number(std::string_view& text);

// "a, b, c"
std::string joined(const std::vector<std::string>& texts, std::string_view separator);

// Escapes a text for a part of a URL's path or query: all but letters, digits and -._~ become %XX.
std::string percent_escape(std::string_view text);

}  // namespace roundhouse
