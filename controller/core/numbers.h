// Whole numbers in plain decimal.
#pragma once

#include <charconv>
#include <concepts>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

namespace roundhouse {

// The number that is the whole of `text`: "0", "42", or "-3" where `least` allows it. nullopt for
// leading zeros, a plus, blanks, exponents, and for a number below `least` or above `most`.
template <std::integral Number = int>
std::optional<Number> parse_number(std::string_view text, Number least = 0,
                                   Number most = std::numeric_limits<Number>::max()) {
    const auto first_digit = text.substr(text.starts_with('-') ? 1 : 0, 1);
    if (first_digit == "0" && text.size() > 1) return std::nullopt;
    Number number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped_at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stopped_at != end) return std::nullopt;
    if (number < least || number > most) return std::nullopt;
    return number;
}

}  // namespace roundhouse
