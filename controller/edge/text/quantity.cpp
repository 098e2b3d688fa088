#include "edge/text/quantity.h"

#include <array>
#include <charconv>
#include <limits>

namespace roundhouse {

namespace {

constexpr std::int64_t nanos_per_cpu = 1'000'000'000;
constexpr std::string_view digits = "0123456789";

struct Unit {
    std::string_view name;
    std::int64_t factor;
};

// Removes the digits at the front of `text` and returns their value; nullopt if there are none or
// too many.
std::optional<std::int64_t> take_number(std::string_view& text) {
    std::int64_t number = 0;
    const std::size_t length = std::min(text.find_first_not_of(digits), text.size());
    const auto [end, error] = std::from_chars(text.data(), text.data() + length, number);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

std::optional<std::int64_t> multiply(std::int64_t a, std::int64_t b) {
    if (b != 0 && a > std::numeric_limits<std::int64_t>::max() / b) return std::nullopt;
    return a * b;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
    constexpr std::array units{Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000},
                               Unit{"ms", 1}};
    constexpr std::int64_t longest_ms = 100LL * 365 * 24 * 3'600'000;
    if (text.empty()) return std::nullopt;
    std::int64_t total_ms = 0;
    auto unit = units.begin();
    while (!text.empty()) {
        const auto number = take_number(text);
        if (!number) return std::nullopt;
        const std::string_view name = text.substr(0, text.find_first_of(digits));
        while (unit != units.end() && unit->name != name)
            ++unit;
        if (unit == units.end()) return std::nullopt;
        const auto part_ms = multiply(*number, unit->factor);
        if (!part_ms || *part_ms > longest_ms) return std::nullopt;
        total_ms += *part_ms;
        text.remove_prefix(name.size());
        ++unit;
    }
    return Duration(total_ms);
}

std::optional<std::int64_t> parse_size(std::string_view text) {
    constexpr std::array units{
        Unit{"", 1},
        Unit{"Ki", 1LL << 10},
        Unit{"Mi", 1LL << 20},
        Unit{"Gi", 1LL << 30},
        Unit{"Ti", 1LL << 40},
        Unit{"k", 1'000},
        Unit{"K", 1'000},
        Unit{"M", 1'000'000},
        Unit{"G", 1'000'000'000},
        Unit{"T", 1'000'000'000'000},
    };
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    for (const Unit& unit : units) {
        if (unit.name == text) return multiply(*number, unit.factor);
    }
    return std::nullopt;
}

std::optional<std::int64_t> parse_cpus(std::string_view text) {
    const auto whole = take_number(text);
    if (!whole) return std::nullopt;
    if (text == "m") return multiply(*whole, nanos_per_cpu / 1000);
    const auto nanos = multiply(*whole, nanos_per_cpu);
    if (text.empty() || !nanos) return nanos;
    if (text.front() != '.') return std::nullopt;
    text.remove_prefix(1);
    const std::size_t decimals = text.size();
    auto fraction = take_number(text);
    if (!fraction || !text.empty() || decimals > 9) return std::nullopt;
    for (std::size_t i = decimals; i < 9; ++i)
        *fraction *= 10;
    if (*nanos > std::numeric_limits<std::int64_t>::max() - *fraction) return std::nullopt;
    return *nanos + *fraction;
}

}  // namespace roundhouse
