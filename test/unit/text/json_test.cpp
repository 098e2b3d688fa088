// What is written as JSON, and what is read as JSON.
#include "edge/text/json.h"

#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

using namespace roundhouse;

namespace {

Json read(std::string_view text) {
    auto json = parse_json(text);
    if (!json) FAIL(json.fault().message);
    return json.value();
}

// Why `text` is not taken; empty when it is.
std::string complaint(std::string_view text) {
    const auto json = parse_json(text);
    return json ? "" : json.fault().message;
}

std::string repeated(std::string_view text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i)
        result += text;
    return result;
}

// {"0":0,"1":0, ...}
std::string object_of(int members) {
    std::string text = "{";
    for (int i = 0; i < members; ++i)
        text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
    return text + "}";
}

}  // namespace

TEST_SUITE("json") {
    TEST_CASE("a string of any bytes becomes valid JSON that does no harm on a terminal") {
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
            {"del\x7f csi\xC2\x9B pad\xC2\x80", R"("del\u007f csi\u009b pad\u0080")"},
            {"h\u00e9llo \u00A0 \u65e5\u672c \U0001F600",
             "\"h\u00e9llo \u00A0 \u65e5\u672c \U0001F600\""},
            {"cut \xE6\x97", "\"cut \uFFFD\""},
            {"latin \xE9t\xE9", "\"latin \uFFFDt\uFFFD\""},
            {"overlong \xC0\xAF", "\"overlong \uFFFD\uFFFD\""},
            {"surrogate \xED\xA0\x80", "\"surrogate \uFFFD\uFFFD\uFFFD\""},
        };
        for (const Row& row : rows)
            CHECK(json_quote(row.text) == row.json);
    }

    TEST_CASE("members keep their order, and the indented form is for people") {
        const Json json{{"name", "acestream"},
                        {"an\x7f", 3},
                        {"none", Json::array()},
                        {"empty", Json::object()},
                        {"steps", Json::array({Json{{"ok", true}}, nullptr})}};
        CHECK(indented(json) == R"({
  "name": "acestream",
  "an\u007f": 3,
  "none": [],
  "empty": {},
  "steps": [
    {
      "ok": true
    },
    null
  ]
}
)");
        CHECK(
            one_line(json) ==
            R"({"name":"acestream","an\u007f":3,"none":[],"empty":{},"steps":[{"ok":true},null]})");
    }

    TEST_CASE("what is read is written again as it was") {
        for (const std::string text : {
                 R"({"b":1,"a":[true,false,null,"x",{}],"c":{"d":-0.25,"e":""}})",
                 R"({"true":"true","1":"1","null":"null"})",
                 R"(["line\nfeed \"quoted\" \\ back","\u001b[31m","\u0085","ü 猫 😀"])",
                 R"({"long":9007199254740993,"list":[],"nested":[[1,2],[]]})",
             }) {
            CHECK(one_line(read(text)) == text);
        }
        CHECK(one_line(read(R"({"a":1,"b":2,"a":3})")) == R"({"a":3,"b":2})");
        CHECK(one_line(std::numeric_limits<double>::infinity()) == "null");
    }

    TEST_CASE("texts that are a JSON object") {
        for (const char* text :
             {"{}", " \t\r\n{ } \n", R"({"a":1})", R"({"a" : 1 , "b" : [ ] , "c":{ }})",
              R"({"":""})", R"({"a":[1,-0,0.5,-1.25e+10,1E-2,2e5,10,true,false,null,"x",[[]]]})",
              R"({"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"})",
              "{\"\xC3\xA9\":\"\xF0\x9F\x98\x80\"}", "{\"a\":\"\x7F\"}"}) {
            CAPTURE(text);
            CHECK(is_json_object(text));
        }
    }

    TEST_CASE("texts that are not") {
        for (const char* text : {"",
                                 " ",
                                 "[]",
                                 "1",
                                 "\"a\"",
                                 "null",
                                 "{",
                                 "}",
                                 "{}{}",
                                 "{},",
                                 "x{}",
                                 "{a:1}",
                                 "{'a':1}",
                                 "{\"a\"}",
                                 "{\"a\":}",
                                 "{\"a\":1,}",
                                 "{,}",
                                 "{\"a\":1 \"b\":2}",
                                 "{\"a\":[1,]}",
                                 "{\"a\":[,1]}",
                                 "{\"a\":[1}",
                                 "{\"a\":01}",
                                 "{\"a\":1.}",
                                 "{\"a\":.5}",
                                 "{\"a\":+1}",
                                 "{\"a\":-}",
                                 "{\"a\":1e}",
                                 "{\"a\":1e+}",
                                 "{\"a\":0x1}",
                                 "{\"a\":NaN}",
                                 "{\"a\":True}",
                                 "{\"a\":nul}",
                                 "{\"a\":truee}",
                                 "{\"a\":\"}",
                                 "{\"a\":\"\\\"}",
                                 "{\"a\":\"\\x\"}",
                                 "{\"a\":\"\\u12g4\"}",
                                 "{\"a\":\"\\u123\"}",
                                 "{\"a\":\"\n\"}",
                                 "{\"a\":\"\xFF\"}",
                                 "{\"a\":\"\xC3\"}",
                                 "{/**/}",
                                 "{}#"}) {
            CAPTURE(text);
            CHECK_FALSE(is_json_object(text));
        }
    }

    TEST_CASE("a text that is not JSON is refused with the place") {
        CHECK(complaint("") == "is not JSON (byte 1)");
        CHECK(complaint("{\"a\":") == "is not JSON (byte 6)");
        CHECK(complaint("<html>: <b>: x") == "is not JSON (byte 1)");
        CHECK(complaint(std::string_view("{}\0x", 4)) == "holds a NUL");
        CHECK(complaint("[1e999]").starts_with("is not JSON"));
    }

    TEST_CASE("hostile texts are refused before they cost memory or time") {
        CHECK(complaint(repeated("[", 100) + repeated("]", 100)).empty());
        CHECK(complaint(repeated("[", 101) + repeated("]", 101)) == "is nested too deep");
        CHECK(complaint(repeated("{\"a\":", 1'000'000)) == "is nested too deep");
        CHECK(complaint(object_of(1000)).empty());
        CHECK(complaint("[" + repeated(R"({"name":"acestream-0"},)", 100'000) + "0]").empty());
        CHECK(complaint("[" + object_of(1000) + "," + object_of(1000) + "]").empty());
        CHECK(complaint(object_of(1001)) == "has an object with too many members");
        CHECK(complaint("{" + repeated("\"a\":1,", 1'000'000)) ==
              "has an object with too many members");
    }

    TEST_CASE("members are found by name, and those that are missing are empty") {
        const Json json =
            read(R"({"name":"x","ready":true,"told":"true","more":{"n":3},"list":[1,2.5]})");
        CHECK(text_of(json, "name") == "x");
        CHECK(text_of(json, "ready") == "true");
        CHECK(text_of(member(json, "more"), "n") == "3");
        CHECK(text_of(json, "nothing").empty());
        CHECK(text_of(json, "list").empty());
        CHECK(text_of(member(json, "name"), "nothing").empty());
        CHECK(member(json, "nothing").is_null());
        CHECK(list_of(json, "list").size() == 2);
        CHECK(list_of(json, "nothing").empty());
        CHECK(list_of(json, "more").empty());
        CHECK(is_true(json, "ready"));
        CHECK_FALSE(is_true(json, "told"));
        CHECK_FALSE(is_true(json, "nothing"));
    }
}
