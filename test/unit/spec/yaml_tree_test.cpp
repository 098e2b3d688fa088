// YAML from people and from attackers: places of values, errors, limits.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "edge/spec/yaml_tree.h"

using namespace roundhouse;

namespace {

using Kind = YamlNode::Kind;

std::string repeated(std::string_view part, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes)
        text += part;
    return text;
}

// The message of the only problem, with its place before it; "" when there is none.
std::string only_problem(const std::string& text, const YamlLimits& limits = {}) {
    const YamlDocuments parsed = parse_yaml(text, limits);
    CHECK(parsed.problems.size() <= 1);
    if (parsed.problems.empty()) return "";
    const YamlProblem& problem = parsed.problems.front();
    return std::to_string(problem.mark.line) + ":" + std::to_string(problem.mark.column) + ": " +
           problem.message;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a tree holds the kind, the spelling and the place of each value") {
    const YamlDocuments parsed = parse_yaml(
        "name: pool\n"
        "count: 3\n"
        "quoted: \"3\"\n"
        "nothing:\n"
        "list:\n"
        "  - a\n"
        "  - {deep: true}\n"
        "block: |\n"
        "  5\n");
    REQUIRE(parsed.problems.empty());
    REQUIRE(parsed.documents.size() == 1);
    const auto& children = parsed.documents.front().children;
    REQUIRE(children.size() == 6);
    CHECK(children[0].key == "name");
    CHECK(children[0].text == "pool");
    CHECK(children[0].mark == TextMark{1, 7});
    CHECK(children[1].is_plain());
    CHECK(children[2].text == "3");
    CHECK_FALSE(children[2].is_plain());
    CHECK(children[3].kind == Kind::null);
    CHECK(children[3].mark == TextMark{4, 1});
    CHECK(children[4].kind == Kind::list);
    const YamlNode& deep = children[4].children.at(1).children.at(0);
    CHECK(deep.key_mark == TextMark{7, 6});
    CHECK(deep.mark == TextMark{7, 12});
    CHECK_FALSE(children[5].is_plain());
}

TEST_CASE("an error at the end of a text has its place there") {
    CHECK(parse_yaml("a:\n  -\n").documents.at(0).children.at(0).children.at(0).mark ==
          TextMark{3, 1});
    CHECK(only_problem("a: [").starts_with("1:5: "));
}

TEST_CASE("documents are separate, and empty ones are null") {
    CHECK(parse_yaml("").documents.empty());
    CHECK(parse_yaml("# only\n# comments\n").documents.empty());
    const YamlDocuments parsed = parse_yaml("a: 1\n---\n---\nb: 2\n");
    REQUIRE(parsed.documents.size() == 3);
    CHECK(parsed.documents[0].kind == Kind::map);
    CHECK(parsed.documents[1].kind == Kind::null);
    CHECK(parsed.documents[2].children.front().mark == TextMark{4, 4});
}

TEST_CASE("a byte order mark and the line ends of other systems change nothing") {
    const YamlDocuments parsed = parse_yaml(
        "\xEF\xBB\xBF"
        "a: 1\r\nb: 2\r\n");
    REQUIRE(parsed.problems.empty());
    const auto& children = parsed.documents.at(0).children;
    REQUIRE(children.size() == 2);
    CHECK(children[0].mark == TextMark{1, 4});
    CHECK(children[1].text == "2");
    CHECK(children[1].mark == TextMark{2, 4});
}

TEST_CASE("an alias has the value and the place of its anchor") {
    const YamlDocuments parsed = parse_yaml("a: &x {k: 1}\nb: *x\n&key c: &y 5\n*key : *y\n");
    const auto& children = parsed.documents.at(0).children;
    REQUIRE(children.size() == 3);
    CHECK(children[1].key == "b");
    CHECK(children[1].children.at(0).text == "1");
    CHECK(children[1].children.at(0).mark == TextMark{1, 11});
    REQUIRE(parsed.problems.size() == 1);
    CHECK(contains(parsed.problems[0].message, "duplicate key 'c'"));
}

TEST_CASE("every duplicate key is reported with both places, and the first value is kept") {
    const YamlDocuments parsed = parse_yaml("a: 1\nb: {c: 1, c: 2}\na: 3\n");
    REQUIRE(parsed.problems.size() == 2);
    CHECK(contains(parsed.problems[0].message, "duplicate key 'c'"));
    CHECK(contains(parsed.problems[0].message, "the first is at 2:5"));
    CHECK(parsed.problems[1].mark == TextMark{3, 1});
    CHECK(contains(parsed.problems[1].message, "the first is at 1:1"));
    CHECK(parsed.documents.at(0).children.at(0).text == "1");
}

TEST_CASE("what is not supported is a problem with its place") {
    struct Case {
        std::string text;
        std::string_view place;
        std::string_view message;
    };
    const std::vector<Case> cases{
        {"a: [1, 2\n", "1:4", "not valid YAML: this [ is not closed (noticed at 2:1: "},
        {"a: b: c\n", "1:5", "not valid YAML: illegal map value"},
        {"a:\n\tb: 1\n", "2:", "not valid YAML"},
        {"a: \"open\nb: 1\n", "1:4",
         "not valid YAML: this quote is not closed (noticed at 3:1: illegal EOF in scalar)"},
        {"a: 'open", "1:4", "not valid YAML: this quote is not closed"},
        {"a: \"\\\xC3\xA4\"", "1:7", "not valid YAML: unknown escape character: ?"},
        {"a: *nobody\n", "1:4", "not valid YAML"},
        {"a: &x [*x]\n", "1:8", "an alias to a value that contains the alias"},
        {"a: {<<: {b: 1}}\n", "1:5", "merge keys (<<) are not supported"},
        {"a: !!int 5\n", "1:", "the tag"},
        {"a: !custom {}\n", "1:", "the tag '!custom' is not supported; remove it"},
        {"? [a]\n: 1\n", "1:3", "expected a key"},
        {"? {a: 1}\n: 1\n", "1:3", "expected a key"},
        {"~: 1\n", "1:1", "expected a key"},
        {"a: &x [1]\n*x : 2\n", "1:", "expected a key"},
        {"a: \"x\\0y\"\n", "1:4", "NUL"},
        {std::string("a: \0b\n", 6), "1:4", "a control character (byte 0x00)"},
        {"a: 1\nb: \x1b[31m\n", "2:4", "a control character (byte 0x1b)"},
        {"a: 1\rb: 2\n", "1:5", "a control character (byte 0x0d)"},
        {"a: \xff\n", "1:4", "not UTF-8 (byte 0xff)"},
        {"\xFF\xFE"
         "a\0",
         "1:1", "not UTF-8"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const std::string problem = only_problem(c.text);
        CHECK_MESSAGE(problem.substr(0, c.place.size()) == c.place, problem);
        CHECK_MESSAGE(contains(problem, c.message), problem);
        CHECK(parse_yaml(c.text).documents.empty());
    }
}

TEST_CASE("a text may reach each limit, and one more is a problem") {
    YamlLimits limits;
    limits.depth = 3;
    CHECK(only_problem("[[[]]]", limits).empty());
    CHECK(contains(only_problem("[[[[]]]]", limits), "nested more than 3 levels deep"));

    limits = {};
    limits.nodes = 4;
    CHECK(only_problem("[1, 2, 3]", limits).empty());
    CHECK(contains(only_problem("[1, 2, 3, 4]", limits), "more than 4 values"));

    limits = {};
    limits.scalar_bytes = 6;
    CHECK(only_problem("[ab, cdef]", limits).empty());
    CHECK(contains(only_problem("[ab, cdefg]", limits), "more than 6 bytes of text"));

    limits = {};
    limits.documents = 2;
    CHECK(only_problem("a\n---\nb\n", limits).empty());
    CHECK(contains(only_problem("a\n---\nb\n---\nc\n", limits), "more than 2 documents"));

    limits = {};
    limits.text_bytes = 4;
    CHECK(only_problem("a: 1", limits).empty());
    CHECK(contains(only_problem("a: 12", limits), "larger than 4 bytes"));

    limits = {};
    limits.indicators = 3;
    CHECK(only_problem("[a,b]", limits).empty());
    CHECK(contains(only_problem("[a,b,]", limits), "more than 3 of the characters"));
}

TEST_CASE("nested aliases count as the values that they expand to") {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 10; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        std::string items = last;
        for (int j = 1; j < 9; ++j)
            items += ", " + last;
        const std::string name = "a" + std::to_string(i);
        text += name + ": &" + name + " [" + items + "]\n";
    }
    CHECK(contains(only_problem(text), "more than 20000 values, counting what aliases stand for"));

    const std::string large = "- &a " + std::string(900'000, 'x') + "\n" + repeated("- *a\n", 500);
    CHECK(contains(only_problem(large), "bytes of text, counting what aliases stand for"));
}

TEST_CASE("a hostile text of a mebibyte is parsed in linear time") {
    const std::size_t mebibyte = YamlLimits{}.text_bytes - 16;
    std::vector<std::string> texts;
    for (const char* part :
         {"[",   "{",      "[\n", "- ", "? ",  "a: ",     "---\n", "...\n",        "# c\n",
          "\n",  "\t",     "!a ", ": ", "&a ", "{a: ",    "[? ",   "%TAG !a! b\n", "]",
          "?\n", "k: v\n", "\"",  "'",  "|\n", "\xC3\xA9"}) {
        texts.push_back(repeated(part, mebibyte).substr(0, mebibyte));
    }
    for (const char* part : {"a,", "&a a,", "a: b,", ",", "{},", "*a,"}) {
        texts.push_back("[&a a," + repeated(part, mebibyte - 16));
        texts.push_back("[&a a," + repeated(part, 49'000));
    }
    for (const char* part : {"x", "x\n ", "''", "\\n", " "}) {
        texts.push_back("a: " + repeated(part, mebibyte - 16));
        texts.push_back("a: \"" + repeated(part, mebibyte - 16) + "\"");
    }
    std::string stairs;
    for (std::size_t i = 0; stairs.size() < mebibyte - 2000; ++i) {
        stairs += std::string(i, ' ') + "a:\n";
    }
    texts.push_back(stairs);
    for (const std::string& text : texts) {
        CAPTURE(text.substr(0, 20));
        // Each takes a fraction of a second. With quadratic time it would outlast ctest's limit.
        CHECK(parse_yaml(text).documents.size() <= YamlLimits{}.documents);
    }
}
