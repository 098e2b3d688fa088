#include "core/names.h"

#include "core/numbers.h"

namespace roundhouse {

std::string engine_name(std::string_view pool, int slot) {
    return std::string(pool) + "-" + std::to_string(slot);
}

std::optional<int> slot_of_name(std::string_view pool, std::string_view name) {
    if (!name.starts_with(pool)) return std::nullopt;
    name.remove_prefix(pool.size());
    if (!name.starts_with("-")) return std::nullopt;
    return parse_number(name.substr(1));
}

}  // namespace roundhouse
