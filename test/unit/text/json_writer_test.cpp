#include "edge/text/json_writer.h"

#include <doctest/doctest.h>

#include <limits>

using namespace roundhouse;

TEST_CASE("a JSON string survives whatever text it is given") {
    struct Row {
        std::string_view text;
        std::string_view json;
    };
    using namespace std::string_view_literals;
    const Row rows[] = {
        {"", R"("")"},
        {"plain", R"("plain")"},
        {R"(say "hi" \ bye)", R"("say \"hi\" \\ bye")"},
        {"two\nlines\r\tand a tab", R"("two\nlines\r\tand a tab")"},
        {"nul\0esc\x1b"sv, R"("nul\u0000esc\u001b")"},
        {"del\x7f csi\xC2\x9B", R"("del\u007f csi\u009b")"},
        {"h\u00e9llo \u65e5\u672c \U0001F600", "\"h\u00e9llo \u65e5\u672c \U0001F600\""},
        {"cut \xE6\x97", "\"cut \uFFFD\uFFFD\""},
        {"latin \xE9t\xE9", "\"latin \uFFFDt\uFFFD\""},
        {"overlong \xC0\xAF", "\"overlong \uFFFD\uFFFD\""},
        {"overlong \xE0\x80\xAF", "\"overlong \uFFFD\uFFFD\uFFFD\""},
        {"surrogate \xED\xA0\x80", "\"surrogate \uFFFD\uFFFD\uFFFD\""},
        {"beyond \xF4\x90\x80\x80", "\"beyond \uFFFD\uFFFD\uFFFD\uFFFD\""},
    };
    for (const Row& row : rows)
        CHECK(json_quote(row.text) == row.json);
}

TEST_CASE("a document keeps its order and is indented for people") {
    JsonWriter json;
    json.begin_object();
    json.key("name").string("acestream").key("replicas").integer(3);
    json.key("none").begin_array().end_array().key("empty").begin_object().end_object();
    json.key("steps").begin_array();
    json.begin_object().key("ok").boolean(true).end_object().null();
    json.end_array();
    json.end_object();
    CHECK(json.text() == R"({
  "name": "acestream",
  "replicas": 3,
  "none": [],
  "empty": {},
  "steps": [
    {
      "ok": true
    },
    null
  ]
})");
}

TEST_CASE("the compact layout is one line") {
    JsonWriter json(JsonWriter::Layout::compact);
    json.begin_object().key("a").begin_array().integer(1).boolean(false).end_array();
    json.key("b").string("x\ny").end_object();
    CHECK(json.text() == R"({"a":[1,false],"b":"x\ny"})");
}

TEST_CASE("numbers read back as what they were, and JSON has no infinity") {
    struct Row {
        double value;
        std::string_view json;
    };
    const Row rows[] = {
        {0.0, "0"},
        {1.5, "1.5"},
        {0.1, "0.1"},
        {-2.0, "-2"},
        {1e300, "1e+300"},
        {std::numeric_limits<double>::infinity(), "null"},
        {std::numeric_limits<double>::quiet_NaN(), "null"},
    };
    for (const Row& row : rows) {
        JsonWriter json;
        json.number(row.value);
        CHECK(json.text() == row.json);
    }
}
