// Probes over real sockets on the loopback interface.
#include "edge/client/probes.h"
#include "edge/system/system_clock.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "edge/system/system_clock.h"
#include "fakes/scripted_server.h"
#include "loop/prober.h"
#include "unit/client/sockets.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

ProbeRequest request_to(int port, Duration timeout = 2s) {
    return {.ticket = 7,
            .host = "127.0.0.1",
            .port = port,
            .path = "/x",
            .timeout = timeout,
            .kind = ProbeKind::http};
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
    const SystemClock clock;
    OwnConnections own(clock);
    HttpProbes probes(own);
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

}  // namespace

TEST_CASE("2xx and 3xx are answers") {
    for (const int status : {200, 204, 302}) {
        CAPTURE(status);
        const auto reply = probe_of(http_reply(status, ""));
        CHECK(reply.outcome == ProbeOutcome::answered);
        CHECK(reply.detail.empty());
        CHECK(reply.ticket == 7);
    }
}

TEST_CASE("an engine that is reached but does not answer well has failed") {
    struct Row {
        std::string what;
        std::string bytes;
        ProbeOutcome outcome;
        std::string detail;
    };
    using enum ProbeOutcome;
    const Row rows[] = {
        {"an error status", http_reply(500, "boom"), failed, "HTTP 500"},
        {"not found", http_reply(404, ""), failed, ": does probe.path fit the image?"},
        {"silence", "", stalled, "no whole reply within 300ms"},
        {"half a head", "HTTP/1.1 200 OK\r\nCont", stalled, "no whole reply within 300ms"},
        {"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", stalled, "no whole reply"},
        {"garbage", "\x16\x03\x01 hello\r\n\r\n", failed, ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        const auto reply = probe_of(row.bytes);
        CHECK(reply.outcome == row.outcome);
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

TEST_CASE("the kernel accepts for an engine that hangs: its reply is awaited in vain") {
    const BoundSocket hanging(8);
    const auto reply = probe(request_to(hanging.port, 200ms));
    CHECK(reply.outcome == ProbeOutcome::stalled);
    CHECK(reply.detail == "no whole reply within 200ms");
}

TEST_CASE("an attempt to connect without a reply is silence, by address and by name") {
    const BoundSocket full(0);
    const auto callers = fill_queue(full.port);
    for (const std::string host : {"127.0.0.1", "localhost"}) {
        for (const auto kind : {ProbeKind::http, ProbeKind::connection}) {
            ProbeRequest request = request_to(full.port, 300ms);
            request.host = host;
            request.kind = kind;
            const auto reply = probe(request);
            CHECK(reply.outcome == ProbeOutcome::silent);
            CHECK_FALSE(reply.detail.empty());
        }
    }
}

TEST_CASE("a connection alone is answered where anything listens, and fails where it is refused") {
    const BoundSocket listening(8);
    const BoundSocket nobody(-1);
    ProbeRequest request = request_to(listening.port);
    request.kind = ProbeKind::connection;
    CHECK(probe(request).outcome == ProbeOutcome::answered);
    request.port = nobody.port;
    CHECK(probe(request).outcome == ProbeOutcome::failed);
}

TEST_CASE("an engine whose accept queue is full fails where its gateway's control server replies") {
    const BoundSocket hung(0);
    const auto callers = fill_queue(hung.port);
    const BoundSocket control_server(8);
    const SystemClock clock;
    OwnConnections own(clock);
    HttpProbes probes(own);
    Prober prober(probes, clock, [] {});
    ProbeSpec spec;
    spec.timeout = 300ms;
    ProbeTarget target;
    target.engine_id = "hung";
    target.host = "127.0.0.1";
    target.port = hung.port;
    const auto view_with_witness = [&](int port) {
        prober.set_targets({}, spec);
        target.witness_port = port;
        prober.set_targets({target}, spec);
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!prober.asked_all() && std::chrono::steady_clock::now() < deadline)
            prober.turn(1s);
        return prober.views()["hung"];
    };
    const ProbeView alone = view_with_witness(0);
    CHECK(alone.unreachable);
    CHECK(alone.failures == 0);
    const ProbeView witnessed = view_with_witness(control_server.port);
    CHECK_FALSE(witnessed.unreachable);
    CHECK(witnessed.failures == 1);
    CHECK(witnessed.detail ==
          "no reply to a connection attempt within 300ms, though 127.0.0.1 "
          "replies on port " +
              std::to_string(control_server.port) + ": its accept queue is full, or it hangs");
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
    CHECK(reply.outcome == ProbeOutcome::stalled);
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
    const SystemClock clock;
    OwnConnections own(clock);
    HttpProbes probes(own);
    constexpr int each = 20;
    constexpr int fast_ticket = 1;
    for (int i = 0; i < each; ++i) {
        ProbeRequest good = request_to(fast.port(), 5s);
        good.ticket = fast_ticket;
        probes.begin(good);
        ProbeRequest bad = request_to(hanging.port, 500ms);
        bad.ticket = fast_ticket + 1;
        probes.begin(bad);
    }
    std::vector<int> order;
    const auto begun = std::chrono::steady_clock::now();
    while (order.size() < 2 * each && std::chrono::steady_clock::now() - begun < 5s) {
        for (const auto& reply : probes.wait(1s)) {
            order.push_back(reply.ticket);
            CHECK((reply.outcome == ProbeOutcome::answered) == (reply.ticket == fast_ticket));
        }
    }
    REQUIRE(order.size() == 2 * each);
    CHECK(std::vector<int>(order.begin(), order.begin() + each) ==
          std::vector<int>(each, fast_ticket));
    CHECK(probes.wait(0ms).empty());
    CHECK(fast.connections() == each);  // a fresh connection for every probe
}

TEST_CASE("waiting ends without a reply when its time is over, and early when interrupted") {
    const SystemClock clock;
    OwnConnections own(clock);
    HttpProbes probes(own);
    CHECK(probes.wait(10ms).empty());
    probes.interrupt();
    const auto begun = std::chrono::steady_clock::now();
    CHECK(probes.wait(10s).empty());
    std::jthread other([&] { probes.interrupt(); });
    CHECK(probes.wait(10s).empty());
    CHECK(std::chrono::steady_clock::now() - begun < 5s);
}
