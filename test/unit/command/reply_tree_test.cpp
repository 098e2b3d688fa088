// Replies of the HTTP API, read and written again.
#include "edge/command/reply_tree.h"

#include <doctest/doctest.h>

#include <string>

using namespace roundhouse;

namespace {

YamlNode read(std::string_view text) {
    auto tree = parse_reply(text);
    if (!tree) FAIL(tree.fault().message);
    return tree.value();
}

std::string again(const std::string& text) {
    return as_json(read(text), JsonWriter::Layout::compact);
}

}  // namespace

TEST_SUITE("reply tree") {
    TEST_CASE("JSON comes out as it went in, members in order") {
        for (const std::string text : {
                 R"({"b":1,"a":[true,false,null,"x",{}],"c":{"d":-0.25,"e":""}})",
                 R"({"true":"true","1":"1","null":"null"})",
                 R"(["line\nfeed \"quoted\" \\ back","\u001b[31m","\u0085","ü 猫 😀"])",
                 R"({"long":9007199254740993,"list":[],"nested":[[1,2],[]]})",
             }) {
            CHECK(again(text) == text + "\n");
        }
        CHECK(again("{\n  \"a\": [\n    1\n  ]\n}\n") == "{\"a\":[1]}\n");
    }

    TEST_CASE("members are found by name, and those that are missing are empty") {
        const YamlNode tree = read(R"({"name":"x","ready":true,"told":"true","more":{"n":3}})");
        CHECK(text_of(tree, "name") == "x");
        CHECK(text_of(member(tree, "more"), "n") == "3");
        CHECK(text_of(tree, "nothing").empty());
        CHECK(text_of(member(tree, "name"), "nothing").empty());
        CHECK(is_true(tree, "ready"));
        CHECK_FALSE(is_true(tree, "told"));
        CHECK_FALSE(is_true(tree, "nothing"));
    }

    TEST_CASE("as YAML it reads well, and what could be mistaken is in quotes") {
        const std::string text = R"({"name":"acestream","status":{"ready":2,"ok":true,)"
                                 R"("conditions":[{"type":"Ready","message":"2 of 3: wait"},)"
                                 R"({"type":"Capped","message":""}],"none":[]},)"
                                 R"("words":["yes","12","NO","~","gluetun:19000",null]})";
        const std::string expected = R"(name: acestream
status:
  ready: 2
  ok: true
  conditions:
  - type: Ready
    message: "2 of 3: wait"
  - type: Capped
    message: ""
  none: []
words:
- "yes"
- "12"
- "NO"
- "~"
- "gluetun:19000"
- null
)";
        CHECK(as_yaml(read(text)) == expected);
        // It is what it was.
        CHECK(again(expected) == text + "\n");
    }

    TEST_CASE("a thousand engines are read") {
        std::string text = "{\"items\":[";
        for (int i = 0; i < 1000; ++i) {
            text += i == 0 ? "" : ",";
            text += R"({"name":"acestream-0","slot":0,"id":")" + std::string(64, 'a') +
                    R"(","gateway":"gluetun","host":"gluetun","port":19000,"p2pPort":40001,)"
                    R"("forwarded":true,"ready":true,"state":"running","reason":"UpToDate",)"
                    R"("image":"i","createdAt":"2026-01-01T00:00:00Z","failures":0})";
        }
        text += "]}";
        CHECK(member(read(text), "items").children.size() == 1000);
    }

    TEST_CASE("what is no JSON is said to be none") {
        for (const char* text : {"", "{\"a\":", "<html>: <b>: x", "\x01"}) {
            const auto tree = parse_reply(text);
            REQUIRE_FALSE(tree.ok());
            CHECK(tree.fault().message.starts_with("the reply is not JSON"));
        }
    }
}
