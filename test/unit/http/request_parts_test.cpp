// What is read out of a request, where the responses alone would not tell.
#include "edge/http/request_parts.h"

#include <doctest/doctest.h>

#include <limits>

using namespace roundhouse;

TEST_SUITE("api request") {
    TEST_CASE("targets are split at the first question mark") {
        CHECK(split_target("/a?b?c").path == "/a");
        CHECK(split_target("/a?b?c").query == "b?c");
        CHECK(split_target("/a").path == "/a");
        CHECK(split_target("/a").query.empty());
    }

    TEST_CASE("parameters") {
        CHECK(parameter("a=1&b=2", "b") == "2");
        CHECK(parameter("a=1&a=2", "a") == "1");
        CHECK(parameter("a=b=c", "a") == "b=c");
        CHECK(parameter("a", "a") == "");
        CHECK(parameter("a=", "a") == "");
        CHECK(parameter("&&a=1", "a") == "1");
        CHECK(parameter("aa=1", "a") == std::nullopt);
        CHECK(parameter("", "a") == std::nullopt);
    }

    TEST_CASE("a number beyond all numbers is the largest, and so never one that was seen") {
        constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
        CHECK(whole_number("18446744073709551615") == largest);
        CHECK(whole_number("18446744073709551616") == largest);
        CHECK(whole_number("99999999999999999999999x") == std::nullopt);
        CHECK(whole_number("") == std::nullopt);
    }
}
