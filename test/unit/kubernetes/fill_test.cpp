#include "edge/kubernetes/fill.h"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace roundhouse;

TEST_CASE(
    "a gap within a line is filled in, and one on a line of its own is as long as its value") {
    const char* const form = "name: {{name}}, {{name}}{{port}}\nlist:\n  {{items}}\nend\n";
    CHECK(fill(form, {{"name", "a"}, {"port", "1"}, {"items", "- x\n- y:\n    z\n"}}) ==
          "name: a, a1\nlist:\n  - x\n  - y:\n      z\nend\n");
    CHECK(fill(form, {{"name", "a"}, {"port", ""}, {"items", ""}}) == "name: a, a\nlist:\nend\n");
}

TEST_CASE("empty lines of a value get no blanks, and its own gaps are text") {
    CHECK(fill("  {{text}}\n", {{"text", "a\n\n{{b}}\n"}}) == "  a\n\n  {{b}}\n");
    CHECK(fill("x {{text}}\n", {{"text", "{{b}}"}}) == "x {{b}}\n");
    CHECK(fill("{{a}}{{b}}\n", {{"a", "1"}, {"b", "2"}}) == "12\n");
}

TEST_CASE("a gap without a value is a mistake") {
    CHECK_THROWS_AS(fill("{{a}}\n", {}), std::out_of_range);
    CHECK_THROWS_AS(fill("x {{a}}\n", {{"b", ""}}), std::out_of_range);
}
