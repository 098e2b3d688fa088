// Responses without an end.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <latch>
#include <list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "unit/http/server_help.h"

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

using std::chrono::steady_clock;

// What happened, for streams to tell; and how many streams there are.
class Story {
  public:
    void add(const std::string& text) {
        const std::lock_guard lock(mutex_);
        text_ += text;
    }

    // A stream of all that is added from its beginning on.
    Response follow() {
        Response response = text_response("");
        response.content_type = "text/event-stream";
        response.next = [this, told = std::size_t{0},
                         one = std::make_shared<Listener>(*this)]() mutable {
            const std::lock_guard lock(mutex_);
            const std::string news = text_.substr(told);
            told = text_.size();
            return news;
        };
        return response;
    }

    // Waits until there are as many streams as said.
    bool has_listeners(int wanted) {
        const auto deadline = steady_clock::now() + 5s;
        while (listeners_ != wanted && steady_clock::now() < deadline) {
            std::this_thread::sleep_for(1ms);
        }
        return listeners_ == wanted;
    }

  private:
    struct Listener {
        explicit Listener(Story& its_story) : story(its_story) { ++story.listeners_; }
        ~Listener() { --story.listeners_; }
        Listener(const Listener&) = delete;
        Listener& operator=(const Listener&) = delete;
        Story& story;
    };

    std::mutex mutex_;
    std::string text_;
    std::atomic<int> listeners_ = 0;
};

Server::Handler teller_of(Story& story) {
    return [&](const Request& request) {
        return request.target == "/events" ? story.follow() : echo(request);
    };
}

}  // namespace

TEST_CASE("a stream sends the text that there is, and then each new one") {
    Story story;
    LocalServer server(teller_of(story));
    story.add("one;");
    RawClient client(server.port(), get("/events"));
    const std::string head = client.read_until("\r\n\r\n");
    CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(has(head, "Content-Type: text/event-stream\r\n"));
    CHECK(has(head, "Cache-Control: no-store\r\n"));
    CHECK(has(head, "X-Accel-Buffering: no\r\n"));
    CHECK(has(head, "Connection: close\r\n"));
    CHECK_FALSE(has(head, "Content-Length"));
    CHECK(client.read_until(";") == "one;");
    for (const std::string event : {"two;", "three;"}) {
        story.add(event);
        server.wake_streams();
        CHECK(client.read_until(";") == event);
    }
}

TEST_CASE("news may come from any thread, at any time, and reach every stream") {
    Story story;
    LocalServer server(teller_of(story));
    std::list<RawClient> clients;
    for (int i = 0; i < 10; ++i)
        clients.emplace_back(server.port(), get("/events"));
    {
        std::list<std::jthread> tellers;
        for (int teller = 0; teller < 4; ++teller) {
            tellers.emplace_back([&] {
                for (int i = 0; i < 1000; ++i) {
                    story.add("n");
                    server.wake_streams();
                }
            });
        }
    }
    story.add("end;");
    server.wake_streams();
    for (auto& client : clients) {
        client.read_until("\r\n\r\n");
        CHECK(client.read_until("end;").size() == 4004);
    }
}

TEST_CASE("where nothing happens, a comment asks whether anybody is there") {
    Story story;
    ServerLimits limits;
    limits.heartbeat = 20ms;
    const LocalServer server(teller_of(story), limits);
    RawClient client(server.port(), get("/events"));
    client.read_until("\r\n\r\n");
    CHECK(client.read_until(":\n\n") == ":\n\n");
    CHECK(client.read_until(":\n\n") == ":\n\n");
}

TEST_CASE("a stream outlives every deadline as long as its client takes what it is sent") {
    Story story;
    ServerLimits limits;
    limits.idle = limits.request = limits.response = 50ms;
    limits.heartbeat = 200ms;  // silence for longer than each of them
    LocalServer server(teller_of(story), limits);
    RawClient client(server.port(), get("/events"));
    client.read_until("\r\n\r\n");
    REQUIRE(client.read_until(":\n\n") == ":\n\n");
    story.add("late;");
    server.wake_streams();
    CHECK(client.read_until(";") == "late;");
}

TEST_CASE("who leaves a stream is noticed at once, not at the next heartbeat") {
    Story story;
    const LocalServer server(teller_of(story));
    RawClient polite(server.port(), get("/events"));
    RawClient rude(server.port(), get("/events"));
    RawClient half(server.port(), get("/events"));
    CHECK(story.has_listeners(3));
    { const RawClient gone = std::move(polite); }
    CHECK(story.has_listeners(2));
    rude.reset();
    CHECK(story.has_listeners(1));
    half.close_sending_half();
    CHECK(story.has_listeners(0));
}

TEST_CASE("what a client sends into its stream is ignored") {
    Story story;
    LocalServer server(teller_of(story));
    RawClient client(server.port(), get("/events") + get("/more"));
    client.read_until("\r\n\r\n");
    client.send(std::string(100'000, 'x'));
    story.add("still here;");
    server.wake_streams();
    CHECK(client.read_until(";") == "still here;");
}

TEST_CASE("a client that stops reading its stream is left; nothing is piled up for it") {
    const auto pieces = std::make_shared<std::atomic<int>>(0);
    ServerLimits limits;
    limits.response = 200ms;
    const LocalServer server(
        [&](const Request& request) {
            Response response = echo(request);
            if (request.target == "/endless") {
                response.next = [pieces] {
                    ++*pieces;
                    return std::string(100'000, 'x');
                };
            }
            return response;
        },
        limits);
    RawClient client(server.port(), get("/endless"));
    CHECK(client.is_broken_off());
    CHECK(serves(server));
    const int when_left = *pieces;
    CHECK(when_left < 200);  // what the kernel takes
    CHECK(serves(server));
    CHECK(*pieces == when_left);
}

TEST_CASE("those who ask for a stream at the same moment are counted one by one") {
    Story story;
    std::latch all_have_asked(1);
    ServerLimits limits;
    limits.streams = 2;
    const auto teller = teller_of(story);
    LocalServer server(
        [&](const Request& request) {
            // What the others send lies ready when the first is answered.
            if (request.target == "/events") all_have_asked.wait();
            return teller(request);
        },
        limits);
    std::deque<RawClient> clients;
    for (int i = 0; i < 40; ++i) {
        clients.emplace_back(server.port(), get("/well"));
        clients.back().read_reply();
    }
    for (auto& client : clients)
        client.send(get("/events"));
    all_have_asked.count_down();
    int refused = 0;
    for (auto& client : clients)
        refused += has(client.read_until("\r\n\r\n"), "503") ? 1 : 0;
    CHECK(refused == 38);
}

TEST_CASE("more streams than there may be are answered, and others go on") {
    Story story;
    ServerLimits limits;
    limits.streams = 2;
    LocalServer server(teller_of(story), limits);
    RawClient first(server.port(), get("/events"));
    RawClient second(server.port(), get("/events"));
    CHECK(story.has_listeners(2));
    RawClient third(server.port(), get("/events"));
    const std::string refused = third.read_reply();
    CHECK(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(has(refused, "\"code\": 503"));
    third.send(get("/well"));
    CHECK(has(third.read_reply(), "GET /well\n"));

    first.reset();
    CHECK(story.has_listeners(1));
    third.send(get("/events"));
    CHECK(has(third.read_until("\r\n\r\n"), "200 OK"));
}

TEST_CASE("streams are no idle clients: they do not have to make room") {
    Story story;
    ServerLimits limits;
    limits.connections = 3;
    limits.streams = 2;
    LocalServer server(teller_of(story), limits);
    RawClient first(server.port(), get("/events"));
    RawClient second(server.port(), get("/events"));
    CHECK(story.has_listeners(2));
    for (int i = 0; i < 10; ++i)
        CHECK(serves(server));
    story.add("still here;");
    server.wake_streams();
    for (auto* client : {&first, &second}) {
        client->read_until("\r\n\r\n");
        CHECK(client->read_until(";") == "still here;");
    }
}

TEST_CASE("a stream whose source throws ends, and the server continues") {
    const LocalServer server([](const Request& request) {
        Response response = echo(request);
        if (request.target == "/bad") {
            response.next = []() -> std::string { throw std::runtime_error("no"); };
        }
        return response;
    });
    RawClient client(server.port(), get("/bad"));
    CHECK(client.read_to_end().starts_with("HTTP/1.1 200 OK"));
    CHECK(client.ended());
    CHECK(serves(server));
}

TEST_CASE("HEAD of a stream ends with its head") {
    Story story;
    const LocalServer server(teller_of(story));
    RawClient client(server.port(), "HEAD /events HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read_to_end().ends_with("Connection: close\r\n\r\n"));
    CHECK(client.ended());
    CHECK(story.has_listeners(0));
}

TEST_CASE("waking the streams of a server that does not listen does nothing") {
    Server server;
    server.wake_streams();
    server.stop();
    server.wake_streams();
}
