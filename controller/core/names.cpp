#include "core/names.h"

#include <charconv>

namespace roundhouse {

std::string engine_name(std::string_view pool, int slot) {
    return std::string(pool) + "-" + std::to_string(slot);
}

std::optional<int> parse_number(std::string_view text) {
    if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    if (text.front() < '0' || text.front() > '9') return std::nullopt;
    int number = 0;
    const char* end = text.data() + text.size();
    const auto [stopped_at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stopped_at != end) return std::nullopt;
    return number;
}

std::optional<int> slot_of_name(std::string_view pool, std::string_view name) {
    if (!name.starts_with(pool)) return std::nullopt;
    name.remove_prefix(pool.size());
    if (!name.starts_with("-")) return std::nullopt;
    return parse_number(name.substr(1));
}

}  // namespace roundhouse
