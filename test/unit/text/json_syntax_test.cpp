// What is a JSON object and what is not.
#include "edge/text/json_syntax.h"

#include <doctest/doctest.h>

#include <string>

using namespace roundhouse;

namespace {

std::string nested(int levels) {
    std::string text;
    for (int i = 0; i < levels; ++i)
        text += "{\"a\":";
    return text + "1" + std::string(static_cast<std::size_t>(levels), '}');
}

}  // namespace

TEST_SUITE("json syntax") {
    TEST_CASE("objects") {
        for (const char* text :
             {"{}", " \t\r\n{ } \n", R"({"a":1})", R"({"a" : 1 , "b" : [ ] , "c":{ }})",
              R"({"":""})", R"({"a":[1,-0,0.5,-1.25e+10,1E-2,2e5,10,true,false,null,"x",[[]]]})",
              R"({"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"})",
              "{\"\xC3\xA9\":\"\xF0\x9F\x98\x80\"}", "{\"a\":\"\x7F\"}"}) {
            CAPTURE(text);
            CHECK(is_json_object(text));
        }
    }

    TEST_CASE("everything else") {
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
        CHECK_FALSE(is_json_object(std::string_view("{}\0x", 4)));
    }

    TEST_CASE("depth takes no stack") {
        CHECK(is_json_object(nested(30'000)));
        CHECK_FALSE(is_json_object("{\"a\":" + std::string(65'536, '[')));
    }
}
