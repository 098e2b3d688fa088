// Ages and waits as tables show them.
#include "edge/command/time_text.h"

#include <doctest/doctest.h>

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

const Time noon = *parse_time("2026-01-01T12:00:00Z");

}  // namespace

TEST_SUITE("time text") {
    TEST_CASE("ages are short") {
        CHECK(age_of("2026-01-01T12:00:00Z", noon) == "0s");
        CHECK(age_of("2026-01-01T12:00:07Z", noon) == "0s");
        CHECK(age_of("2026-01-01T11:50:03Z", noon) == "9m");
        CHECK(age_of("2025-12-31T12:00:00Z", noon) == "1d");
        CHECK(age_of("", noon) == "-");
    }

    TEST_CASE("a wait names all that ends it") {
        struct Row {
            std::optional<Time> due;
            const char* awaits;
            const char* then;
            const char* remedy;
            const char* text;
        };
        const Row rows[] = {
            {{}, "", "", "", "-"},
            {noon + 12s, "", "", "", "in 12s"},
            {noon + 12s, "", "replaced", "", "in 12s, then replaced"},
            {noon + 200ms, "", "", "", "in 1s"},
            {noon + 150s, "", "", "", "in 2m"},
            {noon, "", "created", "", "now, then created"},
            {noon - 1h, "", "", "", "now"},
            {{}, "acestream-2 is ready", "replaced", "", "acestream-2 is ready, then replaced"},
            {noon + 45s, "b is ready", "created", "", "b is ready, or in 45s, then created"},
            {{}, "", "", "publish 19000", "nothing by itself: publish 19000"},
            {noon + 1s, "b is gone", "removed", "remove it",
             "b is gone, or in 1s, then removed; or do this: remove it"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.text);
            CHECK(wait_text({row.due, row.awaits, row.then, row.remedy}, noon) == row.text);
        }
    }
}
