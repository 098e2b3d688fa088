// What is read out of the last lines of an engine's log.
#include "core/last_lines.h"

#include <doctest/doctest.h>

#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

const EnginePorts own{19000, 20000, 21000, 22000};

std::string words_of(const EngineView& failed, const Observation& seen,
                     const EnginePool& pool = pool_of(2)) {
    return describe_words(pool, seen, failed);
}

}  // namespace

TEST_SUITE("last lines") {
    TEST_CASE("a port in use is recognised in the words of many programs") {
        const struct {
            const char* line;
            std::optional<int> port;
        } rows[] = {
            {"listen tcp 0.0.0.0:19000: bind: address already in use", 19000},
            {"OSError: [Errno 98] Address already in use", 0},
            {"[Errno 98] error while attempting to bind on address ('0.0.0.0', 6878): address "
             "already in use",
             6878},
            {"Error: listen EADDRINUSE: address already in use :::62062", 62062},
            {"2026-11-28 04:12:33 port 22000 is in use: Address already in use", 22000},
            {"28/Nov/2026:04:12:33 cannot bind: address already in use", 0},
            {"bind(8080) failed: Address in use, see 21000", 21000},
            {"bound to port 19000", std::nullopt},
            {"permission denied", std::nullopt},
        };
        for (const auto& row : rows) {
            CAPTURE(std::string(row.line));
            CHECK(port_in_use({row.line}, own) == row.port);
        }
        CHECK_FALSE(port_in_use({}, own));
    }

    TEST_CASE("the last line is told, unless one before it tells of a port") {
        CHECK(describe_last_lines({"one", "two"}) == "it wrote last: \"two\"");
        CHECK(describe_last_lines({"bind: address already in use", "goodbye"}) ==
              "it wrote last: \"bind: address already in use\"");
        CHECK(describe_last_lines({}).empty());
    }

    TEST_CASE("who uses the port is named where lists show it") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        EngineView failed = exited(seen.engines[0]);
        CHECK(words_of(failed, seen).empty());
        failed.last_lines = {"bind: 0.0.0.0:19001: address already in use"};
        const std::string told =
            "; it wrote last: \"bind: 0.0.0.0:19001: address already in use\"; port 19001 is in "
            "use in the network of gateway gluetun";
        CHECK(words_of(failed, seen) == told + " by acestream-1");
        seen.engines.pop_back();
        CHECK(words_of(failed, seen) == told);
        seen.neighbours.push_back(
            {"id", "other-1", "other", gateway_id("gluetun"), ports_of_slot(pool.ports, 1), noon});
        CHECK(words_of(failed, seen) == told + " by container other-1 of pool other");

        failed.last_lines = {"bind: 0.0.0.0:8000: address already in use"};
        CHECK(words_of(failed, seen)
                  .ends_with("port 8000 is in use in the network of gateway gluetun by the control "
                             "server of "
                             "gateway gluetun"));
    }

    TEST_CASE("the message of an engine that ended has what it wrote") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines = {exited(seen.engines[0])};
        seen.engines[0].last_lines = {"cannot open cache"};
        CHECK(plan(pool, seen, noon).decisions[0].message ==
              "exited with code 1: see docker logs acestream-0; it wrote last: \"cannot open "
              "cache\"");
    }
}
