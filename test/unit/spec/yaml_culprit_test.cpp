// A broken text is reported at the line of the mistake, and invisible characters by name.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "edge/spec/yaml_tree.h"

using namespace roundhouse;

namespace {

// The place and the message of the one problem; "" if there is none.
std::string problem_of(const std::string& text) {
    const YamlDocuments parsed = parse_yaml(text);
    if (parsed.problems.empty()) return "";
    CHECK(parsed.problems.size() == 1);
    const YamlProblem& problem = parsed.problems.front();
    return std::to_string(problem.mark.line) + ":" + std::to_string(problem.mark.column) + ": " +
           problem.message;
}

struct Case {
    std::string text;
    std::string_view problem;  // how it begins
};

void check_all(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const std::string problem = problem_of(c.text);
        CHECK_MESSAGE(problem.starts_with(c.problem), problem);
        CHECK(!problem.empty());
    }
}

}  // namespace

TEST_CASE("a character that nobody sees is named at its place") {
    check_all({
        // Pasted from a web page.
        {"spec:\n\xC2\xA0 \xC2\xA0 replicas: 3\n  gateways: [gluetun]\n",
         "2:1: a no-break space (U+00A0), which is no space for YAML; remove it, or put a text "
         "that needs it in quotes"},
        {"a:\xC2\xA0"
         "1\nb: 2\n",
         "1:3: not valid YAML: a no-break space (U+00A0)"},
        {"a:\n  -\xC2\xA0x\n  - y\n", "2:4: a no-break space"},
        // Valid for YAML, and not what was meant.
        {"spec:\n\xC2\xA0 replicas: 3\n\xC2\xA0 gateways: [x]\n", "2:1: a no-break space (U+00A0)"},
        {"a: 1\n\xEF\xBB\xBFspec: 2\n", "2:1: a byte order mark (U+FEFF)"},
        {"a: 1\nb: acestream\xE2\x80\x8B\n", "2:13: a zero-width space (U+200B)"},
        {"a: [x, --port=1\xE2\x80\xAF]\n", "1:16: a narrow no-break space (U+202F)"},
        {"a: two\n  lines\xC2\xA0here\n", "2:8: a no-break space"},
        {"# caf\xC3\xA9\xC2\xA0\"\na: \"\xC2\xA0\"\nb:\xE3\x80\x80"
         "1\nc: d\n",
         "3:3: not valid YAML: an ideographic space (U+3000)"},
    });
}

TEST_CASE("in quotes, blocks and comments such a character is meant") {
    for (const char* text : {"a: \"x\xC2\xA0y\"\n", "a: 'x\xE2\x80\x8B'\n", "a: |\n  x\xC2\xA0y\n",
                             "# x\xC2\xA0y\na: 1 # \xE2\x80\x8B\n", "a: caf\xC3\xA9\n"}) {
        CAPTURE(text);
        CHECK(problem_of(text) == "");
    }
}

TEST_CASE("a tab in the indentation is named at its place") {
    const std::string_view tab = "a tab in the indentation; write spaces";
    const std::vector<Case> cases{
        {"spec:\n\treplicas: 3\n  gateways: [gluetun]\n", "2:1: not valid YAML: "},
        {"spec:\n  replicas: 3\n\t  gateways: [x]\n", "3:1: not valid YAML: "},
        {"spec:\n  \treplicas: 3\n  gateways: [x]\n", "2:3: not valid YAML: "},
        {"spec:\n  template:\n\t\timage: x\n", "3:1: not valid YAML: "},
        {"spec:\n\treplicas\n\n# more\n  gateways: [x]\n", "2:1: not valid YAML: "},
    };
    check_all(cases);
    for (const Case& c : cases)
        CHECK(problem_of(c.text).find(tab) != std::string::npos);
}

TEST_CASE("a mistake is reported at its own line, not where the parser notices") {
    check_all({
        {"spec:\n  image: \"x\n  b: 1\n  c: 2\n",
         "2:10: not valid YAML: this quote is not closed (noticed at 5:1: "},
        {"spec:\n  a: 'it''s'\n  image: 'x\n  b: \"y\"\n",
         "3:10: not valid YAML: this quote is not closed"},
        {"spec:\n  image: \"x\n  args: [\"--a\"]\n  b: 1\n",
         "2:10: not valid YAML: the text in quotes that begins here ends only at 3:10; close it"},
        {"spec:\n  args: [a, b\n  env: {A: 1}\n  b: 1\n",
         "2:9: not valid YAML: this [ is not closed (noticed at 3:6: "},
        {"spec:\n  env: {A: 1\n  b: 1\n  c: [d]\n", "2:8: not valid YAML: this { is not closed"},
        {"spec:\n  replicas 3\n  gateways: [x]\n",
         "2:3: not valid YAML: expected \"name: value\", and there is no colon (noticed at 3:11: "},
        {"spec:\n  replicas:3\n  gateways: [x]\n",
         "2:3: not valid YAML: expected \"name: value\", with a space after the colon"},
        {"spec:\n  gateways: [x]\n  replicas:3\n",
         "3:3: not valid YAML: expected \"name: value\", with a space after the colon"},
        {"spec: {replicas: ${A:-3}, b: 1}\n",
         "1:18: not valid YAML: there are no environment variables here"},
        {"spec:\n  args: [${A}]\n",
         "2:10: not valid YAML: there are no environment variables here"},
        // The parser is right.
        {"spec:\n    replicas: 3\n  gateways: [x]\n", "3:3: not valid YAML: end of map not found"},
        {"spec:\n  replicas: 3\n    gateways: [x]\n", "3:13: not valid YAML: illegal map value"},
        {"a: |\n  some text\nb: c: d\n", "3:5: not valid YAML: illegal map value"},
        {"spec:\n  args:\n  - a: b\n  - @x\n", "4:5: not valid YAML: unknown token"},
    });
}

TEST_CASE("the search for the mistake takes no longer than the parser") {
    for (const char* part : {"' ", "\" ", "'' ", "x' ", "\t\n", "# \xC2\xA0\n", "x\n"}) {
        CAPTURE(part);
        std::string text = "a: [x\nb:\n";
        while (text.size() < 1'000'000)
            text += part;
        const auto begin = std::chrono::steady_clock::now();
        CHECK(problem_of(text) != "");
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
    }
}
