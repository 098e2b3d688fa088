#include "edge/text/quantity.h"

#include <array>
#include <limits>

#include "edge/text/strings.h"

namespace roundhouse {

namespace {

constexpr std::int64_t nanos_per_cpu = 1'000'000'000;

struct Unit {
    std::string_view name;
    std::int64_t factor;
};

std::optional<std::int64_t> multiply(std::int64_t a, std::int64_t b) {
    if (b != 0 && a > std::numeric_limits<std::int64_t>::max() / b) return std::nullopt;
    return a * b;
}

}  // namespace

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
