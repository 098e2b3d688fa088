#include "edge/pod/gateway_health.h"

#include <doctest/doctest.h>

#include <atomic>

#include "fakes/scripted_server.h"
#include "unit/client/sockets.h"

using namespace roundhouse;

TEST_CASE("the health server counts, and without it whether the control server listens") {
    using Health = GatewayContainer::Health;
    std::atomic<int> status = 200;
    const ScriptedServer health([&](ServedConnection& connection) {
        connection.read_request();
        connection.send(http_reply(status, "", "text/plain"));
    });
    const test::BoundSocket listens(1);
    const test::BoundSocket refuses(-1);
    CHECK(ask_gateway_health(health.port(), refuses.port) == Health::healthy);
    status = 500;
    CHECK(ask_gateway_health(health.port(), listens.port) == Health::unhealthy);
    CHECK(ask_gateway_health(refuses.port, listens.port) == Health::none);
    CHECK(ask_gateway_health(refuses.port, refuses.port) == Health::unhealthy);
}
