#include "edge/text/duration.h"

#include <doctest/doctest.h>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

using namespace roundhouse;
using namespace std::chrono_literals;

TEST_CASE("durations need a unit, and go from the largest to the smallest") {
    const std::vector<std::pair<std::string_view, std::optional<Duration>>> cases{
        {"250ms", 250ms},
        {"5s", 5s},
        {"1m30s", 90s},
        {"2h", 2h},
        {"1h2m3s4ms", 1h + 2min + 3s + 4ms},
        {"0s", 0s},
        {"010s", 10s},
        {"876000h", 876000h},
        {"876001h", std::nullopt},
        {"99999999999999999999s", std::nullopt},
        {"", std::nullopt},
        {"5", std::nullopt},
        {"s", std::nullopt},
        {"5 s", std::nullopt},
        {"-5s", std::nullopt},
        {"1.5s", std::nullopt},
        {"30s1m", std::nullopt},
        {"1s1s", std::nullopt},
        {"5sec", std::nullopt},
        {"1d", std::nullopt},
        {"1m30", std::nullopt},
    };
    for (const auto& row : cases) {
        CAPTURE(row.first);
        CHECK(parse_duration(row.first) == row.second);
    }
}
