// The server and clients that are slow, huge, rude or many.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <list>
#include <string>
#include <thread>

#include "unit/http/server_help.h"

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

using std::chrono::steady_clock;

ServerLimits in_a_hurry() {
    ServerLimits limits;
    limits.idle = 200ms;
    limits.request = 200ms;
    limits.response = 200ms;
    limits.linger = 200ms;
    return limits;
}

// In KiB, of this program.
std::size_t most_memory_so_far() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::size_t>(usage.ru_maxrss);
}

// No file can be opened as long as it lives.
class NoMoreFiles {
  public:
    NoMoreFiles() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const UniqueFd lowest_free(::dup(0));
        rlimit none = before_;
        none.rlim_cur = static_cast<rlim_t>(lowest_free.get());
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    ~NoMoreFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoMoreFiles(const NoMoreFiles&) = delete;
    NoMoreFiles& operator=(const NoMoreFiles&) = delete;

  private:
    rlimit before_{};
};

}  // namespace

TEST_CASE("a client that does not get on is left, whatever it has sent so far") {
    const std::string whole = post("a body that never comes to its end");
    const std::string rows[] = {
        "",
        "GET / HT",
        "GET / HTTP/1.1\r\nHost: x\r\n",
        whole.substr(0, whole.size() - 1),
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n",
        get("/done") + "GE",
    };
    const LocalServer server(echo, in_a_hurry());
    for (const auto& bytes : rows) {
        CAPTURE(bytes);
        const auto begun = steady_clock::now();
        RawClient client(server.port(), bytes);
        const std::string all = client.read_to_end();
        const auto took = steady_clock::now() - begun;
        CHECK(client.ended());
        CHECK(has(all, "GET /done") == has(bytes, "/done"));
        CHECK(took >= 190ms);
        CHECK(took < 2s);
    }
}

TEST_CASE("a byte now and then does not renew the time for a request") {
    const LocalServer server(echo, in_a_hurry());
    for (const std::string start :
         {"G", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n"}) {
        CAPTURE(start);
        const auto begun = steady_clock::now();
        RawClient client(server.port(), start);
        while (client.send("a") && steady_clock::now() - begun < 5s) {
            std::this_thread::sleep_for(10ms);
        }
        CHECK(steady_clock::now() - begun < 2s);
    }
}

TEST_CASE("each request has its own time: a connection may live longer than any of them") {
    const LocalServer server(echo, in_a_hurry());
    RawClient client(server.port());
    const auto begun = steady_clock::now();
    while (steady_clock::now() - begun < 500ms) {
        client.send(get("/more"));
        REQUIRE(has(client.read_reply(), "GET /more\n"));
    }
}

TEST_CASE("200 idle connections disturb nobody") {
    const LocalServer server;
    const std::list<RawClient> idle = [&] {
        std::list<RawClient> clients;
        for (int i = 0; i < 200; ++i)
            clients.emplace_back(server.port(), i % 2 == 0 ? "" : "GET / HTTP/1.1\r\nHo");
        return clients;
    }();
    for (int i = 0; i < 100; ++i)
        CHECK(serves(server));
    for (const auto& client : idle)
        CHECK_FALSE(client.ended());
}

TEST_CASE("where there is no room, the client that was waited for longest makes room") {
    ServerLimits limits;
    limits.connections = 3;
    const LocalServer server(echo, limits);
    RawClient oldest(server.port(), get("/"));
    RawClient idle(server.port(), get("/"));
    RawClient busy(server.port(), get("/"));
    for (auto* client : {&oldest, &idle, &busy})
        REQUIRE(has(client->read_reply(), "GET /\n"));
    busy.send(get("/"));
    CHECK(has(busy.read_reply(), "GET /\n"));

    CHECK(serves(server));
    CHECK(oldest.read_to_end().empty());
    CHECK(oldest.ended());
    idle.send(get("/still-there"));
    CHECK(has(idle.read_reply(), "GET /still-there\n"));
    CHECK(serves(server));
    CHECK(serves(server));
    idle.send(get("/still-there"));
    CHECK(has(idle.read_reply(), "GET /still-there\n"));
}

TEST_CASE("a crowd that never ends locks nobody out") {
    ServerLimits limits;
    limits.connections = 8;
    const LocalServer server(echo, limits);
    std::atomic<bool> ending = false;
    std::jthread crowd([&] {
        std::list<RawClient> clients;
        while (!ending) {
            clients.emplace_back(server.port(), "GET / HTT");
            if (clients.size() > 50) clients.pop_front();
        }
    });
    // One that eight others push out before its request was read comes again.
    const auto gets_in = [&] {
        for (int i = 0; i < 10; ++i) {
            if (serves(server)) return true;
        }
        return false;
    };
    for (int i = 0; i < 20; ++i)
        CHECK(gets_in());
    ending = true;
}

TEST_CASE("a body of 100 MB is refused at once, is not kept, and the client reads why") {
    const LocalServer server;
    const auto before = most_memory_so_far();
    RawClient client(server.port(),
                     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n");
    const std::string part(1'000'000, 'x');
    for (int i = 0; i < 100; ++i)
        REQUIRE(client.send(part));
    const std::string reply = client.read_to_end();
    CHECK(client.ended());
    CHECK(reply.starts_with("HTTP/1.1 413 "));
    CHECK(has(reply, "the body of a request may have 65536 bytes"));
    CHECK(most_memory_so_far() - before < 30'000);
}

TEST_CASE("floods of headers and endless targets are refused") {
    const LocalServer server;
    std::string flood = "GET / HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 10'000; ++i)
        flood += "X-" + std::to_string(i) + ": y\r\n";
    for (const auto& bytes : {flood, "GET /" + std::string(100'000, 'a')}) {
        RawClient client(server.port(), bytes);
        const std::string reply = client.read_to_end();
        CHECK(reply.starts_with("HTTP/1.1 431 "));
        CHECK(has(reply, "the head of a request may have 16384 bytes"));
    }
}

TEST_CASE("a client that keeps sending after the last response is cut off") {
    const LocalServer server(echo, in_a_hurry());
    const auto begun = steady_clock::now();
    RawClient client(server.port(), "no request\r\n\r\n");
    while (client.send("more") && steady_clock::now() - begun < 5s) {
        std::this_thread::sleep_for(1ms);
    }
    CHECK(steady_clock::now() - begun < 2s);
}

TEST_CASE("clients that break off harm nobody") {
    const LocalServer server(
        [](const Request&) { return text_response(std::string(1'000'000, 'x')); });
    for (const auto& bytes : {std::string(), std::string("GET"), get("/"), get("/") + get("/")}) {
        for (int i = 0; i < 20; ++i)
            RawClient(server.port(), bytes).reset();
    }
    RawClient client(server.port(), get("/"));
    CHECK(client.read_reply().size() > 1'000'000);
}

TEST_CASE("a client that stops reading a response is left") {
    const std::size_t size = 32'000'000;
    const LocalServer server([=](const Request&) { return text_response(std::string(size, 'x')); },
                             in_a_hurry());
    const auto begun = steady_clock::now();
    RawClient client(server.port(), get("/"));
    CHECK(client.is_broken_off());
    CHECK(steady_clock::now() - begun < 2s);
}

TEST_CASE("where no file can be opened, somebody idle makes room, and all is well again later") {
    const LocalServer server;
    RawClient idle(server.port(), get("/"));
    idle.read_reply();
    RawClient first;
    RawClient second;
    {
        const NoMoreFiles limit;
        first.connect(server.port());
        first.send(get("/first"));
        CHECK(has(first.read_reply(), "GET /first\n"));
        CHECK(idle.read_to_end().empty());
        CHECK(idle.ended());
    }
    second.connect(server.port());
    second.send(get("/second"));
    CHECK(has(second.read_reply(), "GET /second\n"));
}

TEST_CASE("it ends at once with all kinds of clients connected, and calls nobody any more") {
    std::atomic<int> calls = 0;
    LocalServer server([&](const Request& request) {
        ++calls;
        Response response = echo(request);
        if (request.target == "/big") response.body = std::string(32'000'000, 'x');
        if (request.target == "/stream") response.next = [] { return std::string(65536, 'x'); };
        if (request.target == "/quiet") response.next = [] { return ""; };
        return response;
    });
    std::list<RawClient> clients;
    for (const auto& bytes :
         {std::string(), std::string("GE"), post("x").substr(0, 60), get("/"), get("/big"),
          get("/stream"), get("/quiet"), std::string("?\r\n\r\n")}) {
        for (int i = 0; i < 5; ++i)
            clients.emplace_back(server.port(), bytes);
    }
    CHECK(serves(server));
    const auto begun = steady_clock::now();
    server.stop();
    CHECK(steady_clock::now() - begun < 10s);
    const int calls_until_stop = calls;
    server.wake_streams();
    for (auto& client : clients) {
        client.send(get("/late"));
        client.read_to_end();
        CHECK(client.ended());
    }
    CHECK(calls == calls_until_stop);
}
