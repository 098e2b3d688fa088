// Connections of ours are on record, under the address that the other side sees.
#include <doctest/doctest.h>

#include "edge/client/connect_check.h"
#include "edge/client/noted_socket.h"
#include "edge/client/probes.h"
#include "edge/system/socket_rows.h"
#include "edge/system/system_clock.h"
#include "unit/client/sockets.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

// Who connected to it.
Endpoint accepted_peer(const BoundSocket& server) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const UniqueFd taken(::accept(server.fd.get(), reinterpret_cast<sockaddr*>(&peer), &size));
    REQUIRE(taken.valid());
    return endpoint_of(peer).value_or(Endpoint{});
}

}  // namespace

TEST_SUITE("noted sockets") {
    TEST_CASE("a probe is on record while the engine has its connection, and a while after") {
        const BoundSocket engine(8);
        const SystemClock clock;
        OwnConnections own(clock);
        Endpoint peer;
        {
            HttpProbes probes(own);
            probes.begin({1, "127.0.0.1", engine.port, "/", 5s, ProbeKind::http});
            CHECK(probes.wait(100ms).empty());
            peer = accepted_peer(engine);
            CHECK(peer.address == "127.0.0.1");
            CHECK(own.is_open(peer));
            CHECK_FALSE(own.is_open({peer.address, peer.port + 1}));
            CHECK_FALSE(own.is_open({"127.0.0.2", peer.port}));
        }
        CHECK(own.was_open(peer));
    }

    TEST_CASE("a check of a port is on record") {
        const BoundSocket engine(8);
        const SystemClock clock;
        OwnConnections own(clock);
        ConnectCheck check(&own);
        CHECK(check.ask({{"127.0.0.1", engine.port}}).front() == PortAnswer::listens);
        CHECK(own.was_open(accepted_peer(engine)));
    }

    TEST_CASE("where nothing listens, or there is no route, the answer is as ever") {
        const BoundSocket closed(-1);
        const SystemClock clock;
        OwnConnections own(clock);
        ConnectCheck check(&own);
        CHECK(check.ask({{"127.0.0.1", closed.port}}).front() == PortAnswer::refused);
        CHECK(check.ask({{"255.255.255.255", 1}}).front() == PortAnswer::silent);
    }
}
