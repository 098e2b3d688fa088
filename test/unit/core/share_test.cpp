#include "core/share.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

using namespace roundhouse;

namespace {

std::vector<int> shares(int gateways, int replicas, int most = 20) {
    EnginePool pool;
    pool.replicas = replicas;
    pool.max_active_replicas = most;
    for (int i = 0; i < gateways; ++i) {
        GatewaySpec gateway;
        gateway.container = "gluetun-" + std::to_string(i);
        pool.gateways.push_back(gateway);
    }
    std::vector<int> result;
    for (const auto& gateway : pool.gateways)
        result.push_back(share_of(pool, gateway.container));
    return result;
}

}  // namespace

TEST_CASE("the shares of the gateways make up the engines of the pool") {
    CHECK(shares(1, 5) == std::vector{5});
    CHECK(shares(3, 0) == std::vector{0, 0, 0});
    CHECK(shares(3, 2) == std::vector{1, 1, 0});
    CHECK(shares(3, 7) == std::vector{3, 2, 2});
    CHECK(shares(2, 50, 7) == std::vector{4, 3});
}

TEST_CASE("one more replica is one more for one gateway") {
    for (int gateways = 1; gateways <= 5; ++gateways) {
        for (int replicas = 0; replicas < 20; ++replicas) {
            CAPTURE(gateways);
            CAPTURE(replicas);
            const std::vector<int> before = shares(gateways, replicas);
            const std::vector<int> after = shares(gateways, replicas + 1);
            std::vector<int> more(before.size());
            std::ranges::transform(after, before, more.begin(), std::minus<>());
            CHECK(std::accumulate(more.begin(), more.end(), 0) == 1);
            CHECK(std::ranges::count(more, 0) == gateways - 1);
        }
    }
}

TEST_CASE("a gateway that the pool does not name gets no engine") {
    EnginePool pool;
    pool.replicas = 3;
    CHECK(share_of(pool, "gluetun") == 0);
    GatewaySpec gateway;
    gateway.container = "gluetun";
    pool.gateways = {gateway};
    CHECK(share_of(pool, "gluetun-b") == 0);
}
