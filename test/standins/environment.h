// The environment variables of stand-ins.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace standin {

// Empty when the variable is not set.
inline std::string text_from(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// nullopt when the variable is not set or is no whole number.
inline std::optional<int> number_from(const char* name) {
    const std::string text = text_from(name);
    char* end = nullptr;
    const long value = std::strtol(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0') return std::nullopt;
    return static_cast<int>(value);
}

}  // namespace standin
