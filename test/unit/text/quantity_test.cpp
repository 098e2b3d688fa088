// Amounts that are accepted, and those that are not.
#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/text/quantity.h"

using namespace roundhouse;

TEST_CASE("sizes have binary and decimal units") {
    const std::vector<std::pair<std::string_view, std::optional<std::int64_t>>> cases{
        {"1024", 1024},
        {"1Ki", 1024},
        {"512Mi", 536870912},
        {"2Gi", 2147483648},
        {"1k", 1000},
        {"1K", 1000},
        {"1M", 1000000},
        {"1G", 1000000000},
        {"9999999999T", std::nullopt},
        {"512m", std::nullopt},
        {"512MB", std::nullopt},
        {"1.5Gi", std::nullopt},
        {"-1", std::nullopt},
        {"", std::nullopt},
        {"Mi", std::nullopt},
    };
    for (const auto& row : cases) {
        CAPTURE(row.first);
        CHECK(parse_size(row.first) == row.second);
    }
}

TEST_CASE("CPUs are whole, decimal or in thousandths") {
    const std::vector<std::pair<std::string_view, std::optional<std::int64_t>>> cases{
        {"2", 2'000'000'000},
        {"1.5", 1'500'000'000},
        {"0.000000001", 1},
        {"500m", 500'000'000},
        {"1.0000000001", std::nullopt},
        {"1.", std::nullopt},
        {".5", std::nullopt},
        {"1.5m", std::nullopt},
        {"9223372036.9", std::nullopt},
        {"99999999999", std::nullopt},
        {"-1", std::nullopt},
        {"", std::nullopt},
    };
    for (const auto& row : cases) {
        CAPTURE(row.first);
        CHECK(parse_cpus(row.first) == row.second);
    }
}
