// The small pieces of the core: time, names, backoff, the template hash.
#include <doctest/doctest.h>

#include <functional>
#include <set>

#include "core/backoff.h"
#include "core/fingerprint.h"
#include "core/names.h"
#include "core/reason.h"
#include "core/time.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace std::chrono_literals;

TEST_SUITE("core values") {
    TEST_CASE("Docker's timestamps are read to the millisecond, everything else is refused") {
        const Time expected = Time{std::chrono::sys_days{2026y / 2 / 28}} + 23h + 59min + 58s;
        CHECK(parse_time("2026-02-28T23:59:58Z") == expected);
        CHECK(parse_time("2026-02-28T23:59:58.1Z") == expected + 100ms);
        CHECK(parse_time("2026-02-28T23:59:58.123456789Z") == expected + 123ms);
        CHECK(parse_time("2026-03-01T01:29:58.5+01:30") == expected + 500ms);
        CHECK(parse_time("2026-02-28T18:59:58-05:00") == expected);
        for (const char* text :
             {"", "now", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-02-28T24:00:00Z",
              "2026-02-28T23:59:58", "2026-02-28 23:59:58Z", "2026-02-28T23:59:58+0100",
              "0001-01-01T00:00:00Z", "2026-02-28T23:59:58Zjunk", "2026-02-28T23:5a:58Z"}) {
            CAPTURE(text);
            CHECK_FALSE(parse_time(text).has_value());
        }
        CHECK(format_time(expected + 999ms) == "2026-02-28T23:59:58Z");
    }

    TEST_CASE("durations are written the way specs write them") {
        CHECK(format_duration(0ms) == "0ms");
        CHECK(format_duration(250ms) == "250ms");
        CHECK(format_duration(5s) == "5s");
        CHECK(format_duration(1500ms) == "1500ms");
        CHECK(format_duration(87'455ms) == "1m27s455ms");
        CHECK(format_duration(90s) == "1m30s");
        CHECK(format_duration(2h) == "2h");
        CHECK(format_duration(-5s) == "-5s");
    }

    TEST_CASE("a slot's name is exactly <pool>-<slot>") {
        CHECK(engine_name("acestream", 12) == "acestream-12");
        CHECK(slot_of_name("acestream", "acestream-12") == 12);
        CHECK(slot_of_name("acestream", "acestream-0") == 0);
        for (const char* name : {"acestream", "acestream-", "acestream-01", "acestream-1a",
                                 "acestream--1", "acestream-+1", "acestream-1-2", "xacestream-1",
                                 "acestream2-1", "acestream-99999999999"}) {
            CAPTURE(name);
            CHECK_FALSE(slot_of_name("acestream", name).has_value());
        }
    }

    TEST_CASE("the backoff doubles from one second to five minutes, and never overflows") {
        const std::vector<std::pair<int, Duration>> rows = {
            {-1, 0s},  {0, 0s},    {1, 0s},    {2, 1s},    {3, 2s},   {4, 4s},
            {9, 128s}, {10, 256s}, {11, 300s}, {12, 300s}, {99, 300s}};
        for (const auto& row : rows) {
            CAPTURE(row.first);
            CHECK(backoff_after(row.first) == row.second);
        }
        CHECK(remaining(5s, 2s) == 3s);
        CHECK(remaining(5s, 9s) == 0s);
        CHECK(remaining(5s, -9s) == 5s);
    }

    TEST_CASE("a clock that was set does not give a negative age") {
        const Time now = test::noon;
        CHECK(elapsed_since(now - 3s, now) == 3s);
        CHECK(elapsed_since(now + 3s, now) == 0s);
        CHECK(elapsed_since(now + 24h, now) == longest_backoff);
    }

    TEST_CASE("the template hash covers what is baked into an engine, and nothing else") {
        const EnginePool pool = test::pool_of(1);
        const std::string before = template_hash(pool);
        CHECK(before.size() == 16);
        using Edit = std::function<void(EnginePool&)>;
        const std::vector<Edit> baked_in = {
            [](EnginePool& p) { p.engine_template.image += ":2"; },
            [](EnginePool& p) { p.engine_template.command = {"a"}; },
            [](EnginePool& p) { p.engine_template.args = {"a"}; },
            [](EnginePool& p) {
                p.engine_template.args = {"", "a"};
            },
            [](EnginePool& p) {
                p.engine_template.env = {{"A", "b"}};
            },
            [](EnginePool& p) {
                p.engine_template.labels = {{"A", "b"}};
            },
            [](EnginePool& p) { p.engine_template.volumes = {"v:/cache"}; },
            [](EnginePool& p) { p.engine_template.tmpfs = {"/cache"}; },
            [](EnginePool& p) { p.engine_template.resources.memory_bytes = 1; },
            [](EnginePool& p) { p.engine_template.resources.nano_cpus = 1; },
            [](EnginePool& p) { p.engine_template.resources.pids = 1; },
            [](EnginePool& p) { p.engine_template.user = "1000"; },
            [](EnginePool& p) { p.engine_template.logging.driver = "none"; },
            [](EnginePool& p) {
                p.engine_template.logging.options = {{"max-size", "1m"}};
            },
            [](EnginePool& p) { p.ports.http += 1; },
            [](EnginePool& p) { p.ports.p2p += 1; },
            [](EnginePool& p) { p.network = "bridge"; },
        };
        std::set<std::string> hashes = {before};
        for (const auto& edit : baked_in) {
            EnginePool edited = pool;
            edit(edited);
            hashes.insert(template_hash(edited));
        }
        CHECK(hashes.size() == baked_in.size() + 1);

        const std::vector<Edit> not_baked_in = {
            [](EnginePool& p) { p.replicas = 9; },
            [](EnginePool& p) { p.engine_template.probe.path = "/"; },
            [](EnginePool& p) { p.engine_template.stop_timeout = 1s; },
            [](EnginePool& p) { p.engine_template.pull_policy = PullPolicy::always; },
            [](EnginePool& p) {
                p.gateways.push_back({"other", "other", {}});
            },
            [](EnginePool& p) { p.max_unavailable = 5; },
        };
        for (const auto& edit : not_baked_in) {
            EnginePool edited = pool;
            edit(edited);
            CHECK(template_hash(edited) == before);
        }
    }

    TEST_CASE("every reason has a word of its own") {
        std::set<std::string_view> words;
        const int last = static_cast<int>(Reason::image_pull_backoff);
        for (int i = 0; i <= last; ++i)
            words.insert(to_string(static_cast<Reason>(i)));
        CHECK(words.size() == static_cast<std::size_t>(last) + 1);
        CHECK_FALSE(words.contains("Unknown"));
    }
}
