// What a gateway that does not exist may be meant to be.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "fakes/fake_runtime.h"
#include "loop/nearby_gateways.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

NameHolder container(const std::string& name, const std::string& image,
                     std::map<std::string, std::string> labels = {}) {
    return {"id-of-" + name, name, std::move(labels), image};
}

std::string names_of(const std::vector<NameHolder>& containers) {
    std::string names;
    for (const auto& each : containers)
        names += (names.empty() ? "" : " ") + each.name;
    return names;
}

std::vector<GatewayView> gateways_that_are(GatewayState state) {
    std::vector<GatewayView> gateways{gateway("gluetun", state)};
    gateways[0].detail = "does not exist";
    return gateways;
}

}  // namespace

TEST_SUITE("nearby gateways") {
    TEST_CASE(
        "near is what has the name as a part, or Gluetun's image; never ours, never an engine") {
        const EnginePool pool = pool_of(1, {"gluetun", "gluetun-2"});
        const std::vector<std::pair<std::vector<NameHolder>, std::string>> rows = {
            {{}, ""},
            {{container("media-gluetun-1", "qmcgaw/gluetun:v3.40")}, "media-gluetun-1"},
            {{container("media_gluetun_1", "mine")}, "media_gluetun_1"},
            {{container("Gluetun", "mine")}, "Gluetun"},
            {{container("vpn", "ghcr.io/qdm12/gluetun@sha256:01")}, "vpn"},
            {{container("vpn", "host:5000/gluetun")}, "vpn"},
            {{container("x", "y", {{"com.docker.compose.service", "gluetun"}})}, "x"},
            {{container("gluetunnel", "mine"), container("web", "nginx")}, ""},
            {{container("gluetun-2", "qmcgaw/gluetun")}, ""},
            {{container("gluetun-0", "engine", {{"roundhouse.pool", "gluetun"}})}, ""},
            {{container("vpn", "gluetun"), container("b-gluetun-1", "mine"),
              container("a-gluetun-1", "qmcgaw/gluetun"), container("z", "gluetun")},
             "a-gluetun-1 b-gluetun-1 vpn"},
        };
        for (const auto& [containers, near] : rows) {
            const std::string shown(near);
            CAPTURE(shown);
            CHECK(names_of(similar_containers(pool, "gluetun", containers)) == near);
        }
    }

    TEST_CASE("near is also the container with that id, or with an id that begins so") {
        const EnginePool pool = pool_of(1, {"c2b1dd03b177"});
        const std::vector<NameHolder> containers{{"c2b1dd03b1770f", "vpn", {}, "mine"},
                                                 {"c2b1dd0400", "web", {}, "nginx"}};
        CHECK(names_of(similar_containers(pool, "c2b1dd03b177", containers)) == "vpn");
        CHECK(similar_containers(pool, "c2b1", containers).empty());
    }

    TEST_CASE(
        "it asks when a gateway goes missing, then once a minute, and never in a healthy round") {
        const EnginePool pool = pool_of(1);
        FakeRuntime docker;
        docker.run_gateway("media-gluetun-1");
        NearbyGateways nearby;
        const auto detail_at = [&](Duration time, GatewayState state) {
            auto gateways = gateways_that_are(state);
            nearby.name_similar(docker, pool, gateways, Monotonic{time});
            return gateways[0].detail;
        };
        const auto asked = [&] {
            return std::ranges::count(docker.calls(), Operation::list_names, &FakeCall::operation);
        };
        CHECK(detail_at(0s, GatewayState::ready) == "does not exist");
        CHECK(asked() == 0);
        CHECK(detail_at(5s, GatewayState::missing)
                  .starts_with("does not exist; did you mean media-gluetun-1 (image "));
        CHECK(asked() == 1);
        CHECK(detail_at(64s, GatewayState::missing).find("media-gluetun-1") != std::string::npos);
        CHECK(asked() == 1);
        docker.remove_container("media-gluetun-1");
        CHECK(detail_at(65s, GatewayState::missing) == "does not exist");
        CHECK(asked() == 2);
        CHECK(detail_at(66s, GatewayState::ready) == "does not exist");
        CHECK(detail_at(67s, GatewayState::missing) == "does not exist");
        CHECK(asked() == 3);
    }

    TEST_CASE("a list that fails leaves what was known") {
        const EnginePool pool = pool_of(1);
        FakeRuntime docker;
        docker.run_gateway("media-gluetun-1");
        NearbyGateways nearby;
        auto first = gateways_that_are(GatewayState::missing);
        nearby.name_similar(docker, pool, first, Monotonic{0s});
        docker.fail_next(Operation::list_names);
        auto second = gateways_that_are(GatewayState::missing);
        nearby.name_similar(docker, pool, second, Monotonic{60s});
        CHECK(second[0].detail == first[0].detail);
    }
}
