// Names and their addresses.
#include "edge/gluetun/name_lookup.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace roundhouse;
using namespace std::chrono_literals;

TEST_CASE("a name has all its addresses, of which the first is the one") {
    NameLookup names;
    const auto in_time = std::chrono::steady_clock::now() + 10s;
    const auto all = names.find_all("localhost", in_time);
    REQUIRE_MESSAGE(all.ok(), all.fault().message);
    REQUIRE_FALSE(all.value().empty());
    CHECK(std::ranges::count(all.value(), "127.0.0.1") >= 1);
    CHECK(names.find("localhost", in_time).value() == all.value().front());
    CHECK(names.find_all("192.0.2.1", in_time).value() == std::vector<std::string>{"192.0.2.1"});
}

TEST_CASE("a name that there is not is a fault") {
    NameLookup names;
    const auto missing =
        names.find_all("no-such-name.invalid", std::chrono::steady_clock::now() + 10s);
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.fault().message.starts_with(
        "the name 'no-such-name.invalid' cannot be resolved: "));
}
