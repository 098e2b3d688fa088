#include "edge/text/strings.h"

#include <doctest/doctest.h>

#include <string>

using namespace roundhouse;

TEST_CASE("lower changes ASCII letters alone") {
    CHECK(lower("") == "");
    CHECK(lower("Content-TYPE: AZ@[`az{09") == "content-type: az@[`az{09");
    CHECK(lower("\u00c4\xC0\xFF") == "\u00c4\xC0\xFF");
}

TEST_CASE("joined puts the separator between texts, empty ones too") {
    CHECK(joined({}, ", ") == "");
    CHECK(joined({"a"}, ", ") == "a");
    CHECK(joined({"a", "b", "c"}, " | ") == "a | b | c");
    CHECK(joined({"", "b", ""}, ",") == ",b,");
}

TEST_CASE("take_number removes the digits at the front, if they fit") {
    const auto take = [](std::string_view text) {
        const auto number = take_number(text);
        return (number ? std::to_string(*number) : "none") + "|" + std::string(text);
    };
    CHECK(take("010s") == "10|s");
    CHECK(take("7") == "7|");
    CHECK(take("-1") == "none|-1");
    CHECK(take("s5") == "none|s5");
    CHECK(take("") == "none|");
    CHECK(take("9223372036854775808") == "none|9223372036854775808");
}
