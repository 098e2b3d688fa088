// The committed schema and the reference agree with the table of fields.
#include <doctest/doctest.h>

#include <string>

#include "edge/spec/schema.h"
#include "unit/source_tree.h"
#include "unit/spec/help.h"

using namespace roundhouse;
using roundhouse::test::source_file;

TEST_CASE("the committed schema is the one that `roundhouse schema` prints") {
    CHECK_MESSAGE(source_file("manifests/enginepool.schema.json") == json_schema(),
                  "write it again: roundhouse schema > manifests/enginepool.schema.json");
}

TEST_CASE("manifests/spec.md has the table that `roundhouse schema -o markdown` prints") {
    CHECK_MESSAGE(contains(source_file("manifests/spec.md"), "\n" + field_table_markdown() + "\n"),
                  "write it again: roundhouse schema -o markdown, between the two comments");
}

TEST_CASE("the schema describes each kind of value for editors") {
    const std::string schema = json_schema();
    for (const char* part :
         {"https://json-schema.org/draft/2020-12/schema", "\"const\": \"EnginePool\"",
          "\"maximum\": 1000000", "\"additionalProperties\": false", "\"default\": 19000",
          "\"IfNotPresent\"", "\"required\""}) {
        CAPTURE(part);
        CHECK(contains(schema, part));
    }
}

TEST_CASE("the table of fields has a row for each field, with its default") {
    const std::string table = field_table_markdown();
    CHECK(contains(table, "| field | value | default | meaning |"));
    CHECK(contains(table, "| `spec.replicas` | a whole number from 0 to 1000000 | required |"));
    CHECK(contains(table, "| `spec.gateways[].host` |"));
    CHECK(contains(table, "| `\"5s\"` |"));
    CHECK(contains(table, "exclusive \\| shared \\| none"));
    CHECK_FALSE(contains(table, "||"));
}
