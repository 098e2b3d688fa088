// The engines of another controller, and what another program may say in its place.
#include "edge/http/remote_engines.h"

#include <doctest/doctest.h>

#include "unit/http/api_help.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

std::vector<EngineOffer> offers(const std::string& reply) {
    auto read = read_engine_offers(reply, "host-a");
    REQUIRE_MESSAGE(read.ok(), read.fault().message);
    return std::move(read.value());
}

std::string list_of_one(const std::string& members) {
    return R"({"items":[{"ready":true,"id":"a","gateway":"gluetun",)" + members + "}]}";
}

}  // namespace

TEST_SUITE("remote engines") {
    TEST_CASE("what a controller says of its engines is what its own balancer knows") {
        EnginePool pool = pool_of(4, {"gluetun", "other"});
        pool.gateways[1].host = "nas.example.org";
        Observation seen = matching_world(pool);
        seen.gateways[0].host_ports = {{19000, {"", 29000}}, {19002, {"127.0.0.1", 19002}}};
        seen.engines[0].usage = UsageView{2, 0s};
        seen.engines[1] = holding(seen.engines[1], 40001);
        seen.engines[2].probe = {};
        seen.engines[2].created_at = noon;
        ApiBench bench(pool, seen);
        const auto round = bench.board.round();
        auto expected = engine_offers(*round->pool, round->seen, round->plan);
        for (auto& offer : expected)
            offer.machine = "host-a";
        CHECK(offers(bench.get("/api/v1/engines").body) == expected);
        CHECK(expected.size() == 3);
    }

    TEST_CASE("without a gateway the host is the engine's own name") {
        const auto found = offers(
            R"({"items":[{"ready":true,"name":"e","gateway":"","host":"ace-0","port":19000}]})");
        REQUIRE(found.size() == 1);
        CHECK(found[0].given_host.empty());
        CHECK(found[0].inside_host == "ace-0");
    }

    TEST_CASE("an engine that no redirect could name is left out, and the others stay") {
        for (const std::string members :
             {R"("host":"evil.example/x","port":19000)", R"("host":"","port":19000)",
              R"("host":"a\r\nX: y","port":19000)", R"("host":"nas","port":0)",
              R"("host":"nas","port":65536)", R"("host":"nas","port":"x")", R"("host":"nas")",
              R"("port":19000)", R"("host":"nas","port":19000,"ready":false)",
              R"("host":["nas"],"port":19000)"}) {
            CAPTURE(members);
            CHECK(offers(list_of_one(members)).empty());
        }
        CHECK(offers(R"({"items":[7,null,"x",[],{},)" +
                     list_of_one(R"("host":"gluetun","port":19000)").substr(10))
                  .size() == 1);
        const auto odd = offers(list_of_one(
            R"("host":"gluetun","port":19000,"publishedPort":70000,"sessions":-1,"slot":"x")"));
        REQUIRE(odd.size() == 1);
        CHECK(odd[0].published == std::nullopt);
        CHECK(odd[0].sessions == std::nullopt);
    }

    TEST_CASE("what is no list of engines is a fault") {
        for (const std::string text : {"", "{", "[]", "{}", R"({"items":{}})", "<html>"}) {
            CAPTURE(text);
            CHECK_FALSE(read_engine_offers(text, "host-a").ok());
        }
    }
}
