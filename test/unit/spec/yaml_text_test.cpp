// Replies of the HTTP API as YAML.
#include "edge/text/yaml_text.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "edge/spec/yaml_tree.h"

using namespace roundhouse;

namespace {

std::string as_yaml_text(const std::string& json) {
    const auto value = parse_json(json);
    REQUIRE(value.ok());
    return as_yaml(value.value());
}

// What a YAML parser makes of `yaml`.
YamlNode parsed(const std::string& yaml) {
    auto read = parse_yaml(yaml);
    REQUIRE(read.problems.empty());
    REQUIRE(read.documents.size() == 1);
    return read.documents.front();
}

}  // namespace

TEST_SUITE("yaml text") {
    TEST_CASE("it reads well, and what could be mistaken is in quotes") {
        const std::string json = R"({"name":"acestream","status":{"ready":2,"ok":true,"for":90.5,)"
                                 R"("conditions":[{"type":"Ready","message":"2 of 3: wait"},)"
                                 R"({"type":"Capped","message":""}],"none":[]},)"
                                 R"("words":["yes","12","NO","~","gluetun:19000",null],)"
                                 R"("nested":[[1,[2]],{"a b":{}}]})";
        CHECK(as_yaml_text(json) == R"(name: acestream
status:
  ready: 2
  ok: true
  for: 90.5
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
nested:
- - 1
  - - 2
- "a b": {}
)");
        CHECK(as_yaml_text("{}") == "{}\n");
        CHECK(as_yaml_text("\"a\"") == "\"a\"\n");
    }

    TEST_CASE("a YAML parser reads every text back as the same text") {
        for (const std::string text : {"plain",      "",
                                       "n",          "Y",
                                       "true",       "Null",
                                       "OFF",        "1e3",
                                       "0x1F",       "-",
                                       "- a",        "a: b",
                                       "a #b",       "#",
                                       "*a",         "&a",
                                       "!a",         "|",
                                       ">",          "%",
                                       "@",          "`",
                                       "'",          "\"",
                                       "\\",         "[",
                                       "{",          " a ",
                                       "two\nlines", "tab\t",
                                       "\x1b[31m",   "\x7f",
                                       "\u0085",     "\u00fc \u732b",
                                       "2026-01-01"}) {
            CAPTURE(text);
            const YamlNode node = parsed(as_yaml(Json(text)));
            CHECK(node.kind == YamlNode::Kind::scalar);
            CHECK(node.text == text);
            const bool is_word = node.is_plain();
            CHECK(is_word == (text == "plain"));
            const YamlNode map = parsed(as_yaml(Json{{text, 1}}));
            REQUIRE(map.children.size() == 1);
            CHECK(map.children[0].key == text);
        }
    }

    TEST_CASE("colours of a terminal and letters that are not ASCII") {
        CHECK(as_yaml(Json("\x1b[31m")) == "\"\\u001b[31m\"\n");
        CHECK(as_yaml(Json("\u00fc \U0001F600")) == "\"\u00fc \U0001F600\"\n");
    }
}
