// Probes over real sockets on the loopback interface.
#include "edge/client/probes.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "edge/system/unique_fd.h"
#include "fakes/scripted_server.h"

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

ProbeRequest request_to(int port, Duration timeout = 2s) {
    return {
        .engine_id = "engine", .host = "127.0.0.1", .port = port, .path = "/x", .timeout = timeout};
}

ProbeReply only_reply(HttpProbes& probes) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < deadline) {
        auto replies = probes.wait(1s);
        if (replies.empty()) continue;
        REQUIRE(replies.size() == 1);
        return replies[0];
    }
    REQUIRE_MESSAGE(false, "no reply came");
    return {};
}

ProbeReply probe(const ProbeRequest& request) {
    HttpProbes probes;
    probes.begin(request);
    return only_reply(probes);
}

// The reply of a probe of an engine that sends these bytes and then nothing.
ProbeReply probe_of(const std::string& bytes) {
    const ScriptedServer engine([&](ServedConnection& connection) {
        connection.read_request();
        connection.send(bytes);
        connection.wait_until_closed();
    });
    return probe(request_to(engine.port(), 300ms));
}

// A loopback socket that is bound, and listens where `backlog` is given.
struct BoundSocket {
    explicit BoundSocket(int backlog) : fd(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(fd.get(), generic, size) == 0);
        REQUIRE(::getsockname(fd.get(), generic, &size) == 0);
        port = ntohs(address.sin_port);
        if (backlog >= 0) REQUIRE(::listen(fd.get(), backlog) == 0);
    }
    UniqueFd fd;
    int port = 0;
};

// Fills the queue of a listener that accepts no connection.
std::vector<UniqueFd> fill_queue(int port) {
    std::vector<UniqueFd> callers;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    for (int i = 0; i < 8; ++i) {
        callers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
        ::connect(callers.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    }
    return callers;
}

}  // namespace

TEST_CASE("2xx and 3xx are answers") {
    for (const int status : {200, 204, 302}) {
        CAPTURE(status);
        const auto reply = probe_of(http_reply(status, ""));
        CHECK(reply.outcome == ProbeOutcome::answered);
        CHECK(reply.detail.empty());
        CHECK(reply.engine_id == "engine");
    }
}

TEST_CASE("an engine that is reached but does not answer well has failed") {
    struct Row {
        std::string what;
        std::string bytes;
        std::string detail;
    };
    const Row rows[] = {
        {"an error status", http_reply(500, "boom"), "HTTP 500"},
        {"not found", http_reply(404, ""), "HTTP 404"},
        {"silence", "", "no whole reply within 300ms"},
        {"half a head", "HTTP/1.1 200 OK\r\nCont", "no whole reply within 300ms"},
        {"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "no whole reply"},
        {"garbage", "\x16\x03\x01 hello\r\n\r\n", ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        const auto reply = probe_of(row.bytes);
        CHECK(reply.outcome == ProbeOutcome::failed);
        CAPTURE(reply.detail);
        CHECK(reply.detail.find(row.detail) != std::string::npos);
        CHECK_FALSE(reply.detail.empty());
    }
}

TEST_CASE("a refused connection means that the namespace was reached") {
    const BoundSocket nobody(-1);
    const auto reply = probe(request_to(nobody.port));
    CHECK(reply.outcome == ProbeOutcome::failed);
    CHECK(reply.detail == "connection refused");
}

TEST_CASE("a connection that is dropped or reset has failed") {
    const ScriptedServer engine([](ServedConnection& connection) {
        connection.read_request();
        connection.close();
    });
    CHECK(probe(request_to(engine.port())).outcome == ProbeOutcome::failed);
}

TEST_CASE("the kernel accepts for an engine that hangs: failed, not unreachable") {
    const BoundSocket hanging(8);
    const auto reply = probe(request_to(hanging.port, 200ms));
    CHECK(reply.outcome == ProbeOutcome::failed);
    CHECK(reply.detail == "no whole reply within 200ms");
}

TEST_CASE("an unanswered attempt to connect says nothing about the engine") {
    const BoundSocket full(0);
    const auto callers = fill_queue(full.port);
    const auto reply = probe(request_to(full.port, 300ms));
    CHECK(reply.outcome == ProbeOutcome::unreachable);
    CHECK_FALSE(reply.detail.empty());
}

TEST_CASE("a name that does not resolve is unreachable") {
    ProbeRequest request = request_to(80);
    request.host = std::string(64, 'x') + ".invalid";  // too long to be asked for anywhere
    CHECK(probe(request).outcome == ProbeOutcome::unreachable);
}

TEST_CASE("an IPv6 address is put in brackets") {
    ProbeRequest request = request_to(1);
    request.host = "::1";
    const auto reply = probe(request);
    // Refused where IPv6 is there, unreachable where it is switched off; never a bad URL.
    CHECK((reply.detail == "connection refused" || reply.outcome == ProbeOutcome::unreachable));
    CHECK(reply.detail.find("URL") == std::string::npos);
}

TEST_CASE("an endless body ends with the timeout") {
    const ScriptedServer engine([](ServedConnection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\n\r\n");
        while (connection.send("x"))
            std::this_thread::sleep_for(20ms);
    });
    const auto begun = std::chrono::steady_clock::now();
    const auto reply = probe(request_to(engine.port(), 300ms));
    CHECK(reply.outcome == ProbeOutcome::failed);
    CHECK(std::chrono::steady_clock::now() - begun < 2s);
}

TEST_CASE("a huge body is cut off, and its status counts") {
    const std::string huge(5'000'000, 'x');
    CHECK(probe_of(http_reply(200, huge)).outcome == ProbeOutcome::answered);
    CHECK(probe_of(http_reply(302, huge)).outcome == ProbeOutcome::answered);
    CHECK(probe_of(http_reply(500, huge)).detail == "HTTP 500");
}

TEST_CASE("many probes at once, slow and fast: one reply each, no probe waits for another") {
    const ScriptedServer fast([](ServedConnection& connection) {
        connection.read_request();
        connection.send(http_reply(200, "{}"));
    });
    const BoundSocket hanging(64);
    HttpProbes probes;
    constexpr int each = 20;
    for (int i = 0; i < each; ++i) {
        ProbeRequest good = request_to(fast.port(), 5s);
        good.engine_id = "fast";
        probes.begin(good);
        ProbeRequest bad = request_to(hanging.port, 500ms);
        bad.engine_id = "hanging";
        probes.begin(bad);
    }
    std::vector<std::string> order;
    const auto begun = std::chrono::steady_clock::now();
    while (order.size() < 2 * each && std::chrono::steady_clock::now() - begun < 5s) {
        for (const auto& reply : probes.wait(1s)) {
            order.push_back(reply.engine_id);
            CHECK((reply.outcome == ProbeOutcome::answered) == (reply.engine_id == "fast"));
        }
    }
    REQUIRE(order.size() == 2 * each);
    CHECK(std::vector<std::string>(order.begin(), order.begin() + each) ==
          std::vector<std::string>(each, "fast"));
    CHECK(probes.wait(0ms).empty());
    CHECK(fast.connections() == each);  // a fresh connection for every probe
}

TEST_CASE("waiting ends without a reply when its time is over, and early when interrupted") {
    HttpProbes probes;
    CHECK(probes.wait(10ms).empty());
    probes.interrupt();
    const auto begun = std::chrono::steady_clock::now();
    CHECK(probes.wait(10s).empty());
    std::jthread other([&] { probes.interrupt(); });
    CHECK(probes.wait(10s).empty());
    CHECK(std::chrono::steady_clock::now() - begun < 5s);
}
