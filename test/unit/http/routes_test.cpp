// Which paths and methods the HTTP API takes, and what all its responses have in common.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "edge/http/dashboard.h"
#include "edge/text/json.h"
#include "unit/http/api_help.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

std::string message_of(const Response& response) {
    const auto reply = parse_json(response.body);
    REQUIRE_MESSAGE(reply, response.body);
    const Json& error = member(reply.value(), "error");
    CHECK(text_of(error, "code") == std::to_string(response.status));
    return text_of(error, "message");
}

}  // namespace

TEST_SUITE("api") {
    TEST_CASE("what can be read, of a pool that is as it should be") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.gateways[0].host_ports = {{19000, {"", 19000}}};
        ApiBench bench(pool, seen);
        bench.say_spec_valid(true);
        for (const auto& path : readable_paths) {
            CAPTURE(path);
            const Response got = bench.get(path);
            CHECK(got.status == 200);
            CHECK_FALSE(got.body.empty());

            const Response head = bench.ask(request("HEAD", path));
            CHECK(head.status == 200);
            CHECK(head.body == got.body);  // for its length
            CHECK(head.headers == got.headers);

            const Response options = bench.ask(request("OPTIONS", path));
            CHECK(options.status == 204);
            CHECK(options.body.empty());
            CHECK(header_of(options, "Allow") == "GET, HEAD, OPTIONS");
        }
    }

    TEST_CASE("other methods are refused, with those that would do") {
        ApiBench bench;
        for (const auto& path : readable_paths) {
            for (const std::string method :
                 {"POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW", "get", ""}) {
                CAPTURE(path);
                CAPTURE(method);
                const Response refused = bench.ask(request(method, path));
                CHECK(refused.status == 405);
                CHECK(header_of(refused, "Allow") == "GET, HEAD, OPTIONS");
                CHECK(message_of(refused) == path + " takes GET, HEAD, OPTIONS");
            }
        }
        for (const std::string method : {"GET", "HEAD", "PUT", "DELETE", "BREW"}) {
            CAPTURE(method);
            const Response refused = bench.ask(request(method, "/api/v1/reconcile"));
            CHECK(refused.status == 405);
            CHECK(header_of(refused, "Allow") == "POST, OPTIONS");
        }
        CHECK(bench.wakes == 0);
    }

    TEST_CASE("OPTIONS lists the methods of a path, or of all paths together") {
        ApiBench bench;
        CHECK(header_of(bench.ask(request("OPTIONS", "/api/v1/reconcile")), "Allow") ==
              "POST, OPTIONS");
        const Response all = bench.ask(request("OPTIONS", "*"));
        CHECK(all.status == 204);
        CHECK(header_of(all, "Allow") == "GET, HEAD, POST, OPTIONS");
        CHECK(bench.get("*").status == 404);
    }

    TEST_CASE("there is no other path, and the response does not repeat it") {
        ApiBench bench;
        for (const std::string target : {"",
                                         "?",
                                         "/api",
                                         "/api/v1",
                                         "/api/v1/",
                                         "/api/v1/pool/",
                                         "/api/v1/Pool",
                                         "//metrics",
                                         "/metrics/..",
                                         "/../metrics",
                                         "/./metrics",
                                         "/%6detrics",
                                         "/metrics%00",
                                         "/metrics#x",
                                         "/metrics;x",
                                         "/api/v1/engines/acestream-0",
                                         "/..%2f..%2fetc/passwd",
                                         "/../../../../etc/passwd",
                                         "http://127.0.0.1:9190/metrics",
                                         "metrics",
                                         "/<script>alert(1)</script>",
                                         "/\xff\xfe"}) {
            for (const std::string method : {"GET", "HEAD", "POST", "OPTIONS", "BREW"}) {
                CAPTURE(target);
                CAPTURE(method);
                const Response missing = bench.ask(request(method, target));
                CHECK(missing.status == 404);
                CHECK(missing.content_type == "application/json");
                CHECK(message_of(missing) ==
                      "there is no such path; there are: /, /healthz, /readyz, /metrics, "
                      "/api/v1/pool, /api/v1/engines, /api/v1/engines/best, /api/v1/gateways, "
                      "/api/v1/events, /api/v1/history, /api/v1/plan, /api/v1/reconcile, "
                      "/api/v1/engines/{name}/drain");
            }
        }
    }

    TEST_CASE("parameters that nobody knows change nothing") {
        ApiBench bench;
        CHECK(bench.get("/api/v1/pool?").body == bench.get("/api/v1/pool").body);
        CHECK(bench.get("/api/v1/pool?a=b&?/&&=").body == bench.get("/api/v1/pool").body);
    }

    TEST_CASE("nothing is to be kept, or to be taken for what it is not") {
        ApiBench bench;
        bench.metrics = []() -> std::string { throw std::runtime_error("out of order"); };
        for (const std::string target : {"/", "/healthz", "/metrics", "/api/v1/plan", "/nowhere",
                                         "/api/v1/events?watch=true", "/api/v1/reconcile"}) {
            CAPTURE(target);
            const Response response = bench.get(target);
            CHECK(header_of(response, "Cache-Control") == "no-store");
            CHECK(header_of(response, "X-Content-Type-Options") == "nosniff");
        }
    }

    TEST_CASE("the page at / is the dashboard, and is framed by nobody") {
        ApiBench bench;
        const Response page = bench.get("/");
        CHECK(page.content_type == "text/html; charset=utf-8");
        CHECK(page.body == dashboard_page());
        CHECK(header_of(page, "Content-Security-Policy") == "frame-ancestors 'none'");
    }

    TEST_CASE("metrics are what the source says, in Prometheus' format") {
        ApiBench bench;
        const Response scraped = bench.get("/metrics");
        CHECK(scraped.content_type == "text/plain; version=0.0.4; charset=utf-8");
        CHECK(scraped.body == bench.metrics());
    }

    TEST_CASE("a source that throws is an error without its insides") {
        ApiBench bench;
        bench.metrics = []() -> std::string { throw std::runtime_error("at 0x1234"); };
        bench.since_last_round = []() -> Duration { throw 42; };
        bench.wake = [] { throw std::bad_alloc(); };
        for (const auto& asked :
             {request("GET", "/metrics"), request("HEAD", "/metrics"), request("GET", "/healthz"),
              request("POST", "/api/v1/reconcile")}) {
            CAPTURE(asked.target);
            const Response failed = bench.ask(asked);
            CHECK(failed.status == 500);
            CHECK(message_of(failed) == "the controller failed to answer; ask again");
        }
    }

    TEST_CASE("healthy: as long as rounds end") {
        ApiBench bench;
        EnginePool pool = pool_of(1);
        pool.check_interval = 5s;
        bench.board.accept(pool);
        bench.since_last_round = [] { return Duration(45s); };
        CHECK(bench.get("/healthz").status == 200);
        CHECK(bench.get("/healthz").body == "ok\n");
        CHECK(bench.get("/healthz").content_type == "text/plain; charset=utf-8");
        bench.since_last_round = [] { return Duration(45'001ms); };
        CHECK(bench.get("/healthz").status == 503);
        CHECK(message_of(bench.get("/healthz")) == "no round has ended for 45001ms");

        pool.check_interval = 10s;
        bench.board.accept(pool);
        CHECK(bench.get("/healthz").status == 200);
    }

    TEST_CASE("healthy: without a spec there is a round each minute") {
        ApiBench bench;
        bench.since_last_round = [] { return Duration(210s); };
        CHECK(bench.get("/healthz").status == 200);
        bench.since_last_round = [] { return Duration(211s); };
        CHECK(bench.get("/healthz").status == 503);
    }

    TEST_CASE("ready: with a good spec, a Docker that answers, and a round") {
        const EnginePool pool = pool_of(1);
        ApiBench bench;
        CHECK(bench.get("/readyz").status == 503);
        CHECK(message_of(bench.get("/readyz")) == "no round was done yet");

        bench.say_spec_valid(false, "engines.yaml:3:1: unknown field");
        bench.board.set_conditions(judge_failed_look("no such socket"), noon);
        CHECK(message_of(bench.get("/readyz")) ==
              "SpecValid is False: engines.yaml:3:1: unknown field; "
              "RuntimeReachable is False: no such socket; no round was done yet");

        bench.say_spec_valid(true);
        bench.see(pool, {});  // no engine, no gateway: the controller is as ready as ever
        CHECK(bench.get("/readyz").status == 200);
        CHECK(bench.get("/readyz").body == "ok\n");

        bench.board.set_conditions(judge_failed_look("no such socket"), noon);
        CHECK(message_of(bench.get("/readyz")) == "RuntimeReachable is False: no such socket");
    }

    TEST_CASE("a plan is there once a round was done") {
        ApiBench bench;
        CHECK(bench.get("/api/v1/plan").status == 503);
        CHECK(mentions(message_of(bench.get("/api/v1/plan")), "no round was done yet"));
        const EnginePool pool = pool_of(1);
        Observation seen;
        seen.gateways = {gateway("gluetun")};
        bench.see(pool, seen);
        const Response planned = bench.get("/api/v1/plan");
        CHECK(planned.status == 200);
        CHECK(mentions(planned.body, "\"action\": \"create\""));
    }
}
