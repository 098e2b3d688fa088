// Ports asked for over real sockets on the loopback interface.
#include "edge/client/connect_check.h"
#include "edge/system/system_clock.h"

#include <doctest/doctest.h>

#include <chrono>

#include "unit/client/sockets.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

TEST_CASE("a port listens, refuses or is silent, and all are asked at the same time") {
    const BoundSocket listening(8);
    const BoundSocket nobody(-1);
    const BoundSocket full(0);
    const auto callers = fill_queue(full.port);
    const SystemClock clock;
    OwnConnections own(clock);
    ConnectCheck check(&own);
    const auto begun = std::chrono::steady_clock::now();
    std::vector<PortAddress> addresses(20, {"127.0.0.1", full.port});
    addresses.push_back({"127.0.0.1", listening.port});
    addresses.push_back({"127.0.0.1", nobody.port});
    addresses.push_back({std::string(64, 'x') + ".invalid", 80});
    std::vector<PortAnswer> expected(addresses.size(), PortAnswer::silent);
    expected[20] = PortAnswer::listens;
    expected[21] = PortAnswer::refused;
    CHECK((check.ask(addresses) == expected));
    CHECK(std::chrono::steady_clock::now() - begun < 3s);
    CHECK(check.ask({}).empty());
}
