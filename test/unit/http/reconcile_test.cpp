// POST /api/v1/reconcile: who asks the loop to look again, and with what in hand.
#include <doctest/doctest.h>

#include "unit/http/api_help.h"

using namespace roundhouse;
using namespace roundhouse::test;

TEST_SUITE("api reconcile") {
    TEST_CASE("the loop is woken, with or without a JSON object") {
        struct Row {
            std::string type;
            std::string body;
            int status;
        };
        const std::string form = "application/x-www-form-urlencoded";
        const Row rows[] = {
            {"", "", 202},
            {"application/json", "", 202},
            {form, "", 202},  // curl -d '', wget --post-data ''
            {"application/json", "{}", 202},
            {"application/json", " {\"why\": [\"port\", 40001, null]}\n", 202},
            {"Application/JSON; charset=utf-8", "{}", 202},
            {"application/json;charset=utf-8", "{}", 202},
            {" application/json ", "{}", 202},
            {"", "{}", 415},
            {form, "{}", 415},
            {form, " ", 415},
            {form, "port=40001", 415},
            {"text/json", "{}", 415},
            {"application/jsonp", "{}", 415},
            {"application/json, text/plain", "{}", 415},
            {"text/plain; application/json", "{}", 415},
            {"application/json", "[]", 400},
            {"application/json", "null", 400},
            {"application/json", " ", 400},
            {"application/json", "{", 400},
            {"application/json", "{a: b}", 400},
            {"application/json", "{} {}", 400},
            {"application/json", std::string(1, '\0'), 400},
        };
        for (const auto& row : rows) {
            CAPTURE(row.type);
            CAPTURE(row.body);
            ApiBench bench;
            const Response response = bench.ask(
                request("POST", "/api/v1/reconcile", {{"content-type", row.type}}, row.body));
            CHECK(response.status == row.status);
            CHECK(response.content_type == "application/json");
            CHECK(bench.changes_told == (row.status == 202 ? 1 : 0));
            if (row.status == 202) CHECK(response.body == "{\n  \"accepted\": true\n}\n");
        }
    }

    TEST_CASE("what was sent is not repeated") {
        ApiBench bench;
        const Response refused = bench.ask(
            request("POST", "/api/v1/reconcile", {{"content-type", "text/sesame"}}, "sesame"));
        CHECK_FALSE(mentions(refused.body, "sesame"));
        CHECK(mentions(refused.body, "application/json"));
    }
}
