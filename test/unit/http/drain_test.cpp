// POST /api/v1/engines/{name}/drain.
#include <doctest/doctest.h>

#include "unit/http/api_help.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// What became of the engine's order in the next round's observation.
Observation applied(ApiBench& bench, const EnginePool& pool) {
    Observation seen = matching_world(pool);
    bench.board.drains().apply(pool, seen);
    return seen;
}

}  // namespace

TEST_SUITE("api drain") {
    TEST_CASE("an engine is drained, to be removed or replaced") {
        const EnginePool pool = pool_of(2);
        ApiBench bench(pool, matching_world(pool));
        CHECK(bench.ask(request("POST", "/api/v1/engines/acestream-1/drain")).status == 202);
        CHECK(bench.wakes == 1);
        CHECK(bench.changes_told == 0);
        CHECK(applied(bench, pool).engines[0].drain_request == DrainRequest::none);
        CHECK(applied(bench, pool).engines[1].drain_request == DrainRequest::remove);
        CHECK(applied(bench, pool).stood_down == 1);
        CHECK(bench.ask(request("POST", "/api/v1/engines/acestream-1/drain?replace=true")).status ==
              202);
        CHECK(applied(bench, pool).engines[1].drain_request == DrainRequest::replace);
        CHECK(applied(bench, pool).stood_down == 0);
    }

    TEST_CASE("what is not there, or not understood, is said") {
        const EnginePool pool = pool_of(2);
        ApiBench bench(pool, matching_world(pool));
        const Response unknown = bench.ask(request("POST", "/api/v1/engines/acestream-7/drain"));
        CHECK(unknown.status == 404);
        CHECK(mentions(unknown.body, "there are: acestream-0, acestream-1"));
        for (const char* path : {"/api/v1/engines//drain", "/api/v1/engines/a/b/drain",
                                 "/api/v1/engines/drain", "/api/v1/engines/a/drain/"}) {
            CAPTURE(path);
            CHECK(bench.ask(request("POST", path)).status == 404);
        }
        CHECK(bench.ask(request("POST", "/api/v1/engines/acestream-1/drain?replace=1")).status ==
              400);
        CHECK(bench.ask(request("GET", "/api/v1/engines/acestream-1/drain")).status == 405);
        CHECK(bench
                  .ask(request("POST", "/api/v1/engines/acestream-1/drain",
                               {{"origin", "http://elsewhere"}}))
                  .status == 403);
        CHECK(bench.ask(request("POST", "/api/v1/engines/acestream-1/drain", {}, "x")).status ==
              415);
        CHECK(bench.wakes == 0);
        ApiBench early;
        CHECK(early.ask(request("POST", "/api/v1/engines/acestream-1/drain")).status == 503);
    }
}
