// A balancer's view of other controllers: who answers, who is left out, who comes back.
#include "edge/command/remote_controllers.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "edge/http/server.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

// A controller's API that can fail.
struct Remote {
    std::atomic<int> status = 200;
    Server server;

    explicit Remote(const std::string& engine) {
        const auto listening = server.listen({"127.0.0.1", 0}, [this, engine](const Request&) {
            Response response;
            response.status = status;
            response.body = R"({"items":[{"ready":true,"name":")" + engine + R"(","id":")" +
                            engine + R"(","gateway":"g","host":"g","port":19000}]})";
            return response;
        });
        REQUIRE(listening.ok());
    }
    Upstream upstream() const { return {"http://" + server.address(), "127.0.0.1", 0}; }
};

// Time passes for the balancer alone: the clock is moved by the test.
class SharedClock : public Clock {
  public:
    Time now() const override { return Time{}; }
    Monotonic monotonic() const override { return Monotonic{Duration{time_.load()}}; }
    void advance(Duration by) { time_ += by.count(); }

  private:
    std::atomic<Duration::rep> time_ = 0;
};

std::string names_of(const std::vector<EngineOffer>& engines) {
    std::string names;
    for (const auto& engine : engines)
        names += (names.empty() ? "" : " ") + engine.name;
    return names;
}

template <class Condition>
bool comes_true(const Condition& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(10ms);
    }
    return true;
}

}  // namespace

TEST_CASE("a controller that fails is left out after ten seconds, and comes back") {
    Remote first("one");
    Remote second("two");
    SharedClock clock;
    KeptJournal journal;
    RemoteControllers controllers({first.upstream(), second.upstream(), {"", "localhost", 1}}, "",
                                  clock, journal);
    const std::jthread asking([&](const std::stop_token& stop) { controllers.run(stop); });
    const auto offered = [&] { return names_of(controllers.engines()); };
    const bool first_is_first = first.upstream().url < second.upstream().url;
    const std::string both = first_is_first ? "one two" : "two one";
    CHECK(comes_true([&] { return offered() == both; }));

    first.status = 503;
    CHECK(comes_true([&] {
        return controllers.what_they_said().find("it answered HTTP 503") != std::string::npos;
    }));
    CHECK(offered() == both);
    clock.advance(RemoteControllers::left_out_after);
    CHECK(comes_true([&] { return offered() == "two"; }));
    first.status = 200;
    CHECK(comes_true([&] { return offered() == both; }));
}

TEST_CASE("what each controller said, where none has a ready engine") {
    Remote guarded("one");
    guarded.status = 401;
    SharedClock clock;
    KeptJournal journal;
    RemoteControllers controllers({guarded.upstream(), {"", "localhost", 1}}, "", clock, journal);
    CHECK(controllers.what_they_said() == "no controller was asked yet");
    const std::jthread asking([&](const std::stop_token& stop) { controllers.run(stop); });
    CHECK(comes_true([&] {
        const std::string said = controllers.what_they_said();
        return said.find(guarded.upstream().url + ": it answered HTTP 401") != std::string::npos &&
               said.find("127.0.0.1:1: ") != std::string::npos;
    }));
    CHECK(controllers.engines().empty());
}
