#include "edge/text/duration.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "edge/text/strings.h"

namespace roundhouse {

std::optional<Duration> parse_duration(std::string_view text) {
    struct Unit {
        std::string_view name;
        std::int64_t ms;
    };
    constexpr std::array units{Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000},
                               Unit{"ms", 1}};
    constexpr std::int64_t longest_ms = 100LL * 365 * 24 * 3'600'000;
    if (text.empty()) return std::nullopt;
    std::int64_t total_ms = 0;
    auto unit = units.begin();
    while (!text.empty()) {
        const auto number = take_number(text);
        if (!number) return std::nullopt;
        const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
        unit = std::find_if(unit, units.end(), [&](const Unit& each) { return each.name == name; });
        if (unit == units.end() || *number > longest_ms / unit->ms) return std::nullopt;
        total_ms += *number * unit->ms;
        text.remove_prefix(name.size());
        ++unit;
    }
    return Duration(total_ms);
}

}  // namespace roundhouse
