// People and a watchdog are told over HTTP, whatever the receiver does.
#include "edge/client/notifier.h"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "edge/system/system_clock.h"
#include "fakes/scripted_server.h"

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

class NoLog : public Journal {
  public:
    void record(const JournalEntry&) override {}
};

// A receiver that answers as told, the last answer again and again, and keeps what it was sent.
class Receiver {
  public:
    explicit Receiver(std::deque<int> statuses) : statuses_(std::move(statuses)) {}

    std::string url(const std::string& path) const {
        return "http://user:secret@127.0.0.1:" + std::to_string(server_.port()) + path;
    }
    // The request of that number, from 0; fails the test if it does not come.
    std::string request(std::size_t number) {
        std::unique_lock lock(mutex_);
        REQUIRE(changed_.wait_for(lock, 20s, [&] { return requests_.size() > number; }));
        return requests_[number];
    }
    std::size_t count() {
        const std::lock_guard lock(mutex_);
        return requests_.size();
    }

  private:
    void serve(ServedConnection& connection) {
        std::string request = connection.read_request();
        int status = 200;
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(std::move(request));
            status = statuses_.front();
            if (statuses_.size() > 1) statuses_.pop_front();
        }
        changed_.notify_all();
        if (status == 0) {
            connection.wait_until_closed();
        } else {
            connection.send(http_reply(status, "{}"));
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<int> statuses_;
    std::vector<std::string> requests_;
    ScriptedServer server_{[this](ServedConnection& connection) { serve(connection); }};
};

struct NotifierBench {
    NoLog log;
    SystemClock clock;
    EventLog events{log, clock};
    NotifySettings settings;

    explicit NotifierBench(const std::string& url = "") {
        if (!url.empty()) settings.url = [url] { return Result<std::string>(url); };
        settings.looks_every = 5ms;
        settings.heartbeat_interval = 5ms;
        settings.pace = {5ms, 5ms, 5ms, 20ms};
    }

    void waits(const std::string& engine) {
        events.record({Severity::warning, "engine waits", {{"engine", engine}}});
    }

    // The texts of the events that say so; waits for the first.
    std::vector<Event> wait_for(const std::string& what) {
        for (int i = 0; i < 4000; ++i) {
            std::vector<Event> found;
            for (const auto& event : events.latest(100)) {
                if (event.what == what) found.push_back(event);
            }
            if (!found.empty()) return found;
            std::this_thread::sleep_for(5ms);
        }
        return {};
    }
};

PoolOutlook serves() {
    return {"acestream: 3 of 3 engines ready", true};
}

}  // namespace

TEST_SUITE("notifier") {
    TEST_CASE("what a person has to know is posted, and nothing else") {
        Receiver receiver({200});
        NotifierBench bench(receiver.url("/hook"));
        const Notifier notifier(bench.settings, bench.events, bench.events, bench.clock, serves);
        bench.events.record({Severity::info, "engine created", {{"engine", "a"}}});
        bench.waits("a");
        const std::string request = receiver.request(0);
        CHECK(request.starts_with("POST /hook HTTP/1.1\r\n"));
        CHECK(request.find("engine waits: a") != std::string::npos);
        CHECK(request.find("acestream: 3 of 3 engines ready") != std::string::npos);
        CHECK(request.find("engine created") == std::string::npos);
        bench.events.record({Severity::info, "engine ready", {{"engine", "a"}}});
        CHECK(receiver.request(1).find("engine ready: a") != std::string::npos);
    }

    TEST_CASE("a receiver that fails is tried again, and reported once without its secrets") {
        Receiver receiver({500, 429, 503, 200});
        NotifierBench bench(receiver.url("/token"));
        const Notifier notifier(bench.settings, bench.events, bench.events, bench.clock, serves);
        bench.waits("a");
        CHECK(receiver.request(3).find("engine waits: a") != std::string::npos);
        REQUIRE(bench.wait_for("notifications are delivered again").size() == 1);
        const auto failed = bench.wait_for("notifications cannot be delivered");
        REQUIRE(failed.size() == 1);
        CHECK(failed[0].count == 1);
        CHECK(failed[0].message == "HTTP 500");
        bench.waits("b");
        CHECK(receiver.request(4).find("notifications") == std::string::npos);
    }

    TEST_CASE("what is refused is dropped, and a person is told where to look") {
        for (const int status : {301, 401, 404}) {
            CAPTURE(status);
            Receiver receiver({status, 200});
            NotifierBench bench(receiver.url("/"));
            const Notifier notifier(bench.settings, bench.events, bench.events, bench.clock,
                                    serves);
            bench.waits("a");
            const auto failed = bench.wait_for("notifications cannot be delivered");
            REQUIRE(failed.size() == 1);
            CHECK(failed[0].message ==
                  "HTTP " + std::to_string(status) + ": check the URL, its key and its format");
            bench.waits("b");
            CHECK(receiver.request(1).find("engine waits: a") == std::string::npos);
        }
    }

    TEST_CASE("a receiver that hangs holds up neither events nor the end") {
        Receiver receiver({0});
        NotifierBench bench(receiver.url("/"));
        const auto begun = bench.clock.monotonic();
        {
            const Notifier notifier(bench.settings, bench.events, bench.events, bench.clock,
                                    serves);
            bench.waits("a");
            receiver.request(0);
            for (int i = 0; i < 1000; ++i)
                bench.waits(std::to_string(i));
        }
        CHECK(bench.clock.monotonic() - begun < 5s);
    }

    TEST_CASE("a URL that cannot be read, or is none, is reported and tried again") {
        Receiver receiver({200});
        NotifierBench bench;
        std::atomic<bool> readable = false;
        bench.settings.url = [&] {
            return readable ? Result<std::string>(receiver.url("/"))
                            : Fault{FaultKind::rejected, "the secret file 'x' cannot be read"};
        };
        const Notifier notifier(bench.settings, bench.events, bench.events, bench.clock, serves);
        bench.waits("a");
        const auto failed = bench.wait_for("notifications cannot be delivered");
        REQUIRE(failed.size() == 1);
        CHECK(failed[0].message == "the secret file 'x' cannot be read");
        readable = true;
        CHECK(receiver.request(0).find("engine waits: a") != std::string::npos);
    }

    TEST_CASE("the watchdog hears of the pool while it serves") {
        Receiver receiver({200});
        NotifierBench bench;
        std::atomic<bool> is_serving = true;
        std::atomic<int> asked = 0;
        bench.settings.heartbeat_url = receiver.url("/ping?x=1");
        const Notifier notifier(bench.settings, bench.events, bench.events, bench.clock, [&] {
            const PoolOutlook outlook{"", is_serving};
            ++asked;
            return outlook;
        });
        CHECK(receiver.request(2).starts_with("GET /ping?x=1 HTTP/1.1\r\n"));
        is_serving = false;
        // It is asked only when no heartbeat is under way, and then does not begin one.
        const auto wait_until_asked = [&] {
            for (const int enough = asked + 3; asked < enough;)
                std::this_thread::yield();
        };
        wait_until_asked();
        const auto heard = receiver.count();
        wait_until_asked();
        CHECK(receiver.count() == heard);
        is_serving = true;
        receiver.request(heard);
    }
}
