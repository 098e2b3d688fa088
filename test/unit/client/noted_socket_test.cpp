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

// A connection that the server has accepted.
struct Accepted {
    explicit Accepted(const BoundSocket& server) {
        sockaddr_storage name{};
        socklen_t size = sizeof name;
        fd = UniqueFd(::accept(server.fd.get(), reinterpret_cast<sockaddr*>(&name), &size));
        REQUIRE(fd.valid());
        peer = endpoint_of(name).value_or(Endpoint{});
    }
    UniqueFd fd;
    Endpoint peer;
};

// Who connected to it.
Endpoint accepted_peer(const BoundSocket& server) {
    return Accepted(server).peer;
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

    TEST_CASE("an engine can listen on the port that a connection of ours happens to have") {
        const BoundSocket engine(8);
        const SystemClock clock;
        OwnConnections own(clock);
        HttpProbes probes(own);
        probes.begin({1, "127.0.0.1", engine.port, "/", 5s, ProbeKind::http});
        CHECK(probes.wait(100ms).empty());
        const Accepted connection(engine);
        const int port = connection.peer.port;

        const UniqueFd other(::socket(AF_INET, SOCK_STREAM, 0));
        constexpr int on = 1;
        REQUIRE(::setsockopt(other.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
        sockaddr_in anywhere{};
        anywhere.sin_family = AF_INET;
        anywhere.sin_port = htons(static_cast<std::uint16_t>(port));
        CHECK(::bind(other.get(), reinterpret_cast<sockaddr*>(&anywhere), sizeof anywhere) == 0);
        CHECK(::listen(other.get(), 1) == 0);
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
