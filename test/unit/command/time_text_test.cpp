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
            const char* remedy;
            const char* text;
        };
        const Row rows[] = {
            {{}, "", "", "-"},
            {noon + 12s, "", "", "in 12s"},
            {noon + 200ms, "", "", "in 1s"},
            {noon + 150s, "", "", "in 2m"},
            {noon, "", "", "now"},
            {noon - 1h, "", "", "now"},
            {{}, "acestream-2 is ready", "", "acestream-2 is ready"},
            {noon + 45s, "gateway b is ready", "", "gateway b is ready, or in 45s"},
            {{}, "", "publish 19000-19019 on b", "publish 19000-19019 on b"},
            {noon + 1s, "b is gone", "remove it", "b is gone, or in 1s, or remove it"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.text);
            CHECK(wait_text(row.due, row.awaits, row.remedy, noon) == row.text);
        }
    }
}
