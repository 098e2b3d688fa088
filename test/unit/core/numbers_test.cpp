#include "core/numbers.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

using namespace roundhouse;

TEST_CASE("a number is the whole of a text, in plain decimal") {
    CHECK(parse_number("0") == 0);
    CHECK(parse_number("42") == 42);
    CHECK(parse_number("2147483647") == 2147483647);
    for (const std::string_view text :
         {"", "-", "+1", "01", "00", "-0", "-3", " 1", "1 ", "1x", "x1", "1.5", "1e3", "0x10",
          "1_000", "--1", "2147483648", "99999999999999999999"}) {
        CAPTURE(text);
        CHECK(parse_number(text) == std::nullopt);
    }
}

TEST_CASE("a number lies between its limits") {
    CHECK(parse_number("0", 1, 65535) == std::nullopt);
    CHECK(parse_number("1", 1, 65535) == 1);
    CHECK(parse_number("65535", 1, 65535) == 65535);
    CHECK(parse_number("65536", 1, 65535) == std::nullopt);
    CHECK(parse_number("-3", -3, 3) == -3);
    CHECK(parse_number("-4", -3, 3) == std::nullopt);
    CHECK(parse_number("-0", -3, 3) == std::nullopt);
    CHECK(parse_number("-03", -3, 3) == std::nullopt);
}

TEST_CASE("a number of each type reaches from its least to its greatest") {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    CHECK(parse_number<std::int64_t>("-9223372036854775808", least) == least);
    CHECK(parse_number<std::int64_t>("9223372036854775807") ==
          std::numeric_limits<std::int64_t>::max());
    CHECK(parse_number<std::int64_t>("9223372036854775808", least) == std::nullopt);
    CHECK(parse_number<std::uint64_t>("18446744073709551615") ==
          std::numeric_limits<std::uint64_t>::max());
    CHECK(parse_number<std::uint64_t>("18446744073709551616") == std::nullopt);
    CHECK(parse_number<std::uint64_t>("-1") == std::nullopt);
}
