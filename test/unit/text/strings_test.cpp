#include "edge/text/strings.h"

#include <doctest/doctest.h>

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
