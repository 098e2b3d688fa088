#include "edge/command/table.h"

#include <doctest/doctest.h>

#include "edge/command/terminal.h"

using namespace roundhouse;

TEST_CASE("columns are as wide as their widest cell, and no line ends in a space") {
    Table table({"ENGINE", "ACTION", "REASON"});
    table.add_row({"acestream-0", "create", "Missing"});
    table.add_row({"acestream-10", "none", ""});
    table.add_row({"x"});
    CHECK(table.text(false) ==
          "ENGINE        ACTION  REASON\n"
          "acestream-0   create  Missing\n"
          "acestream-10  none\n"
          "x\n");
}

TEST_CASE("a table without rows is its header") {
    const Table table({"A", "B"});
    CHECK(table.empty());
    CHECK(table.text(false) == "A  B\n");
}

TEST_CASE("cells beyond the header are dropped, missing ones are empty") {
    Table table({"A", "B"});
    table.add_row({"1", "2", "3"});
    table.add_row({"", "2"});
    CHECK(table.text(false) == "A  B\n1  2\n   2\n");
}

TEST_CASE("colours do not move the columns") {
    Table table({"A", "B"});
    table.add_row({{"red", Colour::red}, "plain"});
    CHECK(table.text(true) ==
          "\x1b[1mA\x1b[0m    \x1b[1mB\x1b[0m\n"
          "\x1b[31mred\x1b[0m  plain\n");
    CHECK(table.text(false) == "A    B\nred  plain\n");
}

TEST_CASE("text from outside can neither break a line nor reach the terminal") {
    Table table({"MESSAGE", "X"});
    table.add_row({"two\nlines \x1b[2J \xff", "."});
    CHECK(table.text(false) ==
          "MESSAGE           X\n"
          "two lines ?[2J ?  .\n");
}

TEST_CASE("columns align by characters, not by bytes") {
    Table table({"NAME", "X"});
    table.add_row({"h\u00e9ron", "1"});
    table.add_row({"heron", "2"});
    CHECK(table.text(false) ==
          "NAME   X\n"
          "h\u00e9ron  1\n"
          "heron  2\n");
}

TEST_CASE("a long text is cut between characters") {
    struct Row {
        std::string_view text;
        std::size_t columns;
        std::string_view shown;
    };
    const Row rows[] = {{"abcdef", 6, "abcdef"},         {"abcdef", 5, "abcd\u2026"},
                        {"abcdef", 1, "\u2026"},         {"abcdef", 0, ""},
                        {"h\u00e9ron", 5, "h\u00e9ron"}, {"h\u00e9ron", 3, "h\u00e9\u2026"},
                        {"h\u00e9ron", 2, "h\u2026"}};
    for (const Row& row : rows)
        CHECK(shortened(row.text, row.columns) == row.shown);
}
