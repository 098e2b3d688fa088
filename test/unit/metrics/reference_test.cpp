// The README's table of metrics is what /metrics says of itself.
#include <doctest/doctest.h>

#include <regex>
#include <sstream>
#include <string>

#include "unit/metrics/full_scrape.h"
#include "unit/source_tree.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// "{gateway,state}" of a line of a scrape; empty where it has no labels of its own.
std::string labels_of(const std::string& line) {
    static const std::regex label(R"re((\w+)="(?:[^"\\]|\\.)*")re");
    std::string names;
    for (std::sregex_iterator found(line.begin(), line.end(), label), end; found != end; ++found) {
        const std::string name = (*found)[1];
        if (name != "le") names += (names.empty() ? "" : ",") + name;
    }
    return names.empty() ? "" : "{" + names + "}";
}

std::string table_of(const std::string& scrape) {
    std::string table = "| metric | type | meaning |\n|---|---|---|\n";
    std::istringstream lines(scrape);
    std::string help;
    std::string type;
    std::string sample;
    while (std::getline(lines, help)) {
        if (!help.starts_with("# HELP ")) continue;
        std::getline(lines, type);
        std::getline(lines, sample);
        const auto name_end = help.find(' ', 7);
        const std::string name = help.substr(7, name_end - 7);
        if (!name.starts_with("roundhouse_")) continue;
        table += "| `" + name.substr(11) + labels_of(sample) + "` | " +
                 type.substr(type.rfind(' ') + 1) + " | " + help.substr(name_end + 1) + " |\n";
    }
    return table;
}

}  // namespace

TEST_SUITE("metrics_reference") {
    TEST_CASE("the README shows this table") {
        const std::string readme = source_file("README.md");
        const std::string table = table_of(full_scrape());
        CHECK(table.find("| `engines{gateway,state}` | gauge | ") != std::string::npos);
        CHECK_MESSAGE(readme.find("\n" + table + "\n") != std::string::npos,
                      "Its table of metrics should be:\n"
                          << table);
    }
}
