// The client of Gluetun's control server against servers that behave well, and very badly.
#include "edge/gluetun/client.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "edge/system/unique_fd.h"
#include "fakes/scripted_server.h"
#include "unit/gluetun/help.h"

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

using std::chrono::steady_clock;

struct TimedReading {
    GatewayReading reading;
    Duration took;
};

// The server's script answers every question in the same way.
TimedReading reading_of(ScriptedServer::Script script, Duration deadline) {
    const ScriptedServer server(std::move(script));
    const auto begun = steady_clock::now();
    auto reading = read(gateway_at(server.port()), deadline);
    const auto took = std::chrono::duration_cast<Duration>(steady_clock::now() - begun);
    CHECK(reading.vpn_status == VpnStatus::unknown);
    CHECK(reading.public_ip == std::nullopt);
    CHECK(reading.forwarded_ports.ports.empty());
    CHECK_FALSE(reading.forwarded_ports.detail.empty());
    return {std::move(reading), took};
}

// Has a port and does not listen there: connections are refused, and nobody else gets the port.
struct ClosedServer {
    ClosedServer() : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        REQUIRE(::bind(socket.get(), generic, size) == 0);
        REQUIRE(::getsockname(socket.get(), generic, &size) == 0);
        port = ntohs(address.sin_port);
    }
    UniqueFd socket;
    sockaddr_in address{};
    sockaddr* generic = reinterpret_cast<sockaddr*>(&address);
    int port = 0;
};

// Listens, accepts nobody, and has no room for another: a connection attempt gets no answer.
struct FullServer : ClosedServer {
    FullServer() {
        REQUIRE(::listen(socket.get(), 0) == 0);
        for (int i = 0; i < 8; ++i) {
            callers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            ::connect(callers.back().get(), generic, sizeof(address));
        }
    }
    std::vector<UniqueFd> callers;
};

// A socket that listens on [::1]; not valid where the machine has no IPv6.
UniqueFd listen_on_ipv6_loopback(int& port) {
    UniqueFd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd.get(), generic, size) != 0 || ::listen(fd.get(), 8) != 0) fd.reset();
    ::getsockname(fd.get(), generic, &size);
    port = ntohs(address.sin6_port);
    return fd;
}

std::size_t open_files() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        count += entry.path().empty() ? 0 : 1;
    }
    return count;
}

// What was given up ends in the background, and soon.
bool settles_at(std::size_t files) {
    const auto deadline = steady_clock::now() + 5s;
    while (open_files() > files && steady_clock::now() < deadline) {
        std::this_thread::sleep_for(10ms);
    }
    return open_files() <= files;
}

}  // namespace

TEST_CASE("a good reading") {
    const FakeGluetun gluetun(good_replies());
    const auto reading = read(gateway_at(gluetun.port()));
    CHECK(reading.forwarded_ports == ForwardedPortsAnswer{PortsAnswerKind::ports, {40001}, ""});
    CHECK(reading.vpn_status == VpnStatus::running);
    CHECK(reading.public_ip == "192.0.2.1");
    CHECK(gluetun.connections() == 3);
    CHECK_FALSE(mentions(gluetun.request_for("/v1/portforward"), "X-API-Key"));
    CHECK_FALSE(mentions(gluetun.request_for("/v1/portforward"), "Authorization"));
}

TEST_CASE("each version's way to the forwarded port") {
    const std::string port = http_reply(200, "{\"port\":40001}\n");
    struct Row {
        std::string version;
        std::map<std::string, std::string> replies;
    };
    const Row rows[] = {
        {"v3.38",
         {{"/v1/portforward", http_reply(400, "GET /portforward not found\n")},
          {"/v1/openvpn/portforwarded", port}}},
        {"v3.40", {{"/v1/openvpn/portforwarded", port}}},
        {"v3.41", {{"/v1/portforward", port}}},
        {"v3.41 behind a rewritten path",
         {{"/v1/portforward", redirect_to("/gluetun/v1/portforward")},
          {"/gluetun/v1/portforward", port}}},
        {"master", {{"/v1/portforward", http_reply(200, "{\"port\":40001,\"ports\":[40001]}\n")}}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.version);
        const FakeGluetun gluetun(row.replies);
        const auto reading = read(gateway_at(gluetun.port()));
        CHECK(reading.forwarded_ports.kind == PortsAnswerKind::ports);
        CHECK(reading.forwarded_ports.ports == std::vector<int>{40001});
        CHECK(reading.vpn_status == VpnStatus::unknown);
    }
}

TEST_CASE("a server that never answers, or drips, costs the deadline and no more") {
    const auto hang = [](ServedConnection& connection) { connection.wait_until_closed(); };
    const auto drip = [](ServedConnection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
        while (connection.send("x")) {
            std::this_thread::sleep_for(10ms);
        }
    };
    for (const ScriptedServer::Script& script : {ScriptedServer::Script(hang), {drip}}) {
        const auto timed = reading_of(script, 200ms);
        CHECK(timed.reading.forwarded_ports.kind == PortsAnswerKind::unreachable);
        CHECK(mentions(timed.reading.forwarded_ports.detail, "no whole reply within 200ms"));
        CHECK(timed.took >= 190ms);
        CHECK(timed.took < 2s);
    }
}

TEST_CASE("a reply without end is cut off, wherever it is endless") {
    const std::string block(60000, '1');
    struct Row {
        std::string what;
        std::string start;
        std::string more;
        std::string detail = "more than 64 KiB";
    };
    const std::string not_http = "no whole HTTP reply";
    const Row rows[] = {
        {"body", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", block},
        {"body until the end", "HTTP/1.1 200 OK\r\n\r\n", block},
        {"chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n", block},
        {"size of a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", block,
         not_http},
        {"headers", "HTTP/1.1 200 OK\r\n", "X-A: " + block + "\r\n"},
        {"one header", "HTTP/1.1 200 OK\r\nX-A: ", block, not_http},
        {"status line", "HTTP/1.1 200 ", block, not_http},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        const auto timed = reading_of(
            [&](ServedConnection& connection) {
                connection.read_request();
                connection.send(row.start);
                while (connection.send(row.more)) {
                }
            },
            10s);
        CHECK(timed.reading.forwarded_ports.kind == PortsAnswerKind::malformed);
        CHECK(mentions(timed.reading.forwarded_ports.detail, row.detail));
        CHECK(timed.took < 5s);
    }
}

TEST_CASE("what is no whole HTTP reply is malformed") {
    const std::string rows[] = {
        "\x16\x03\x01 hello\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nCont",
        "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"port\":40001}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"por",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 abc OK\r\nContent-Length: 14\r\n\r\n{\"port\":40001}",
        http_reply(200, "<html></html>"),
        http_reply(200, ""),
        http_reply(500, "boom"),
    };
    for (const auto& bytes : rows) {
        CAPTURE(bytes);
        const auto timed = reading_of(
            [&](ServedConnection& connection) {
                connection.read_request();
                connection.send(bytes);
                connection.close();
            },
            5s);
        CHECK(timed.reading.forwarded_ports.kind == PortsAnswerKind::malformed);
        CHECK(timed.took < 4s);
    }
}

TEST_CASE("a redirect leads where its own head says, and nowhere by another head or a trailer") {
    const std::string rows[] = {
        "HTTP/1.1 103 Early Hints\r\nLocation: /v2/x\r\n\r\n"
        "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nLocation: /v2/x\r\n\r\n",
    };
    for (const auto& bytes : rows) {
        CAPTURE(bytes);
        const auto timed = reading_of(
            [&](ServedConnection& connection) {
                const bool follows = mentions(connection.read_request(), "/v2/x");
                connection.send(follows ? http_reply(200, "{\"port\":40001}") : bytes);
                connection.close();
            },
            5s);
        CHECK(timed.reading.forwarded_ports.kind == PortsAnswerKind::malformed);
        CHECK(mentions(timed.reading.forwarded_ports.detail, "another server"));
    }
}

#ifndef ROUNDHOUSE_IS_SANITIZED  // which takes descriptors itself, to look at memory
TEST_CASE("without a file descriptor left nothing is asked, and that is said") {
    rlimit usual{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
    const rlimit none{0, usual.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto answer = read(gateway_at(1)).forwarded_ports;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
    CHECK(answer.kind == PortsAnswerKind::unreachable);
    CHECK_MESSAGE(mentions(answer.detail, "could not be asked; check roundhouse's limits"),
                  answer.detail);
}
#endif

TEST_CASE("nobody there: refused, or closed without a word") {
    const auto closed = reading_of([](ServedConnection& connection) { connection.close(); }, 5s);
    CHECK(closed.reading.forwarded_ports.kind == PortsAnswerKind::unreachable);
    const ClosedServer nobody;
    const auto refused = read(gateway_at(nobody.port), 5s);
    CHECK(refused.forwarded_ports.kind == PortsAnswerKind::unreachable);
    CHECK(mentions(refused.forwarded_ports.detail, "127.0.0.1:" + std::to_string(nobody.port)));
}

TEST_CASE("no answer to the attempt to connect costs the deadline and no more") {
    const FullServer full;
    const auto files = open_files();
    const auto begun = steady_clock::now();
    CHECK(read(gateway_at(full.port), 200ms).forwarded_ports.kind == PortsAnswerKind::unreachable);
    CHECK(steady_clock::now() - begun < 2s);
    CHECK(settles_at(files));
}

TEST_CASE("a question that hangs holds up no other") {
    for (const std::string hanging : {"/v1/portforward", "/v1/vpn/status", "/v1/publicip/ip"}) {
        CAPTURE(hanging);
        const auto good = good_replies();
        const ScriptedServer server([&](ServedConnection& connection) {
            const auto path = path_of(connection.read_request());
            if (path != hanging && good.contains(path)) connection.send(good.at(path));
            connection.wait_until_closed();
        });
        const auto reading = read(gateway_at(server.port()), 300ms);
        CHECK((reading.forwarded_ports.kind == PortsAnswerKind::ports) ==
              (hanging != "/v1/portforward"));
        CHECK((reading.vpn_status == VpnStatus::running) == (hanging != "/v1/vpn/status"));
        CHECK((reading.public_ip == "192.0.2.1") == (hanging != "/v1/publicip/ip"));
        if (hanging == "/v1/portforward") {
            CHECK(mentions(reading.forwarded_ports.detail,
                           " answers /v1/vpn/status, but not /v1/portforward within 300ms"));
            CHECK_FALSE(mentions(reading.forwarded_ports.detail, "network"));
        }
        if (hanging == "/v1/vpn/status") {
            CHECK(mentions(reading.vpn_detail,
                           " answers /v1/portforward, but not /v1/vpn/status within 300ms"));
        }
    }
}

TEST_CASE("an address may be a name") {
    const FakeGluetun gluetun(good_replies());
    GluetunClient client;
    const auto reading = client.read(gateway_at(gluetun.port()), "localhost");
    CHECK(reading.forwarded_ports.ports == std::vector<int>{40001});
    CHECK(mentions(gluetun.request_for("/v1/portforward"),
                   "Host: localhost:" + std::to_string(gluetun.port()) + "\r\n"));

    // Too long for any resolver to ask anybody.
    const std::string impossible(64, 'a');
    const auto answer = client.read(gateway_at(gluetun.port()), impossible).forwarded_ports;
    CHECK(answer.kind == PortsAnswerKind::unreachable);
    CHECK(mentions(answer.detail, "cannot be resolved"));
}

TEST_CASE("a gateway without a known address is not asked, and the detail says to name one") {
    const auto answer = GluetunClient().read(gateway_at(8000), "").forwarded_ports;
    CHECK(answer.kind == PortsAnswerKind::unreachable);
    CHECK(mentions(answer.detail, "set controlServer.address"));
}

TEST_CASE("an address may be IPv6") {
    int port = 0;
    const UniqueFd listener = listen_on_ipv6_loopback(port);
    if (!listener.valid()) {
        MESSAGE("this machine has no IPv6");
        return;
    }
    std::string asked;
    std::jthread server([&] {
        const UniqueFd accepted(::accept(listener.get(), nullptr, nullptr));
        asked = ServedConnection(accepted.get()).read_request();
    });
    GluetunClient(within(500ms)).read(gateway_at(port), "::1");
    ::shutdown(listener.get(), SHUT_RDWR);
    server.join();
    CHECK(mentions(asked, "Host: [::1]:" + std::to_string(port) + "\r\n"));
}

TEST_CASE("many gateways at once, from many threads") {
    const FakeGluetun good(good_replies());
    const ScriptedServer bad([](ServedConnection& connection) { connection.wait_until_closed(); });
    GluetunClient client(within(500ms));
    std::mutex mutex;
    std::vector<PortsAnswerKind> kinds;
    {
        std::vector<std::jthread> readers;
        for (int i = 0; i < 16; ++i) {
            readers.emplace_back([&, port = i % 2 == 0 ? good.port() : bad.port()] {
                const auto reading = client.read(gateway_at(port), "127.0.0.1");
                const std::lock_guard lock(mutex);
                kinds.push_back(reading.forwarded_ports.kind);
            });
        }
    }
    CHECK(std::count(kinds.begin(), kinds.end(), PortsAnswerKind::ports) == 8);
    CHECK(std::count(kinds.begin(), kinds.end(), PortsAnswerKind::unreachable) == 8);
}

TEST_CASE("every request is measured, also one that does not end") {
    auto replies = good_replies();
    replies.erase("/v1/portforward");
    const FakeGluetun gluetun(replies);
    std::map<int, int> by_status;
    GluetunSettings settings;
    settings.on_request = [&](const GluetunRequest& request) {
        CHECK(request.gateway == "gluetun");
        CHECK(request.took >= 0ms);
        ++by_status[request.status];
    };
    GluetunClient(settings).read(gateway_at(gluetun.port()), "127.0.0.1");
    CHECK(by_status == std::map<int, int>{{200, 2}, {401, 2}});

    const ScriptedServer hanging(
        [](ServedConnection& connection) { connection.wait_until_closed(); });
    by_status.clear();
    settings.deadline = 100ms;
    GluetunClient(settings).read(gateway_at(hanging.port()), "127.0.0.1");
    CHECK(by_status == std::map<int, int>{{0, 3}});
}

TEST_CASE("reads that fail leave no open files behind") {
    GluetunClient client(within(20ms));
    const auto fail_once = [&] {
        const ScriptedServer hanging(
            [](ServedConnection& connection) { connection.wait_until_closed(); });
        return client.read(gateway_at(hanging.port()), "127.0.0.1").forwarded_ports.kind;
    };
    CHECK(fail_once() == PortsAnswerKind::unreachable);
    const std::size_t before = open_files();
    for (int i = 0; i < 30; ++i) {
        fail_once();
    }
    CHECK(settles_at(before));
}
