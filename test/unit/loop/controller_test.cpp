// The whole loop with its threads, on a Docker in memory: a wake-up starts a round at once. The
// check interval is an hour here.
#include <doctest/doctest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "edge/system/system_clock.h"
#include "loop/controller.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

// Answers every probe well, and waits like a real transport.
class WillingProbes : public ProbeTransport {
  public:
    void begin(const ProbeRequest& request) override {
        const std::lock_guard lock(mutex_);
        replies_.push_back({request.ticket, ProbeOutcome::answered, ""});
    }
    std::vector<ProbeReply> wait(Duration at_most) override {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, at_most, [this] { return interrupted_ || !replies_.empty(); });
        interrupted_ = false;
        return std::exchange(replies_, {});
    }
    void interrupt() override {
        const std::lock_guard lock(mutex_);
        interrupted_ = true;
        changed_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<ProbeReply> replies_;
    bool interrupted_ = false;
};

class RunningController {
  public:
    explicit RunningController(int replicas) {
        docker.add_image(EngineTemplate{}.image);
        docker.run_gateway("gluetun");
        declare(replicas);
        thread_ = std::jthread([this](const std::stop_token& stop) {
            controller.run(stop, [this](const RoundResult& round) {
                const std::lock_guard lock(mutex_);
                matches_ = round.matches;
                round_ended_.notify_all();
                return true;
            });
        });
    }

    void declare(int replicas) {
        EnginePool pool = pool_of(replicas);
        pool.check_interval = 1h;
        {
            const std::lock_guard lock(mutex_);
            matches_ = false;
        }
        controller.board().accept(pool);
        controller.wake();
    }

    // Waits until a round has found `what`; false when that takes more than ten seconds.
    bool comes_to(const std::function<bool()>& what) {
        std::unique_lock lock(mutex_);
        return round_ended_.wait_for(lock, 10s, [&] { return matches_ && what(); });
    }

    std::size_t running() const {
        std::size_t count = 0;
        for (const auto& container : docker.containers()) {
            const bool ours = container.labels.contains("roundhouse.pool");
            count += ours && container.state == EngineState::running ? 1 : 0;
        }
        return count;
    }

    FakeRuntime docker;
    SystemClock clock;
    ScriptedGateways gateways;
    WillingProbes probes;
    ScriptedPorts ports;
    KeptJournal journal;
    KeptMeters meters;
    ScriptedSockets sockets;
    OwnConnections own{clock};
    Controller controller{{docker, gateways, probes, ports, sockets, own, clock}, journal, meters};

  private:
    std::mutex mutex_;
    std::condition_variable round_ended_;
    bool matches_ = false;
    std::jthread thread_;
};

}  // namespace

TEST_SUITE("controller") {
    TEST_CASE("edits, deaths and gateways that come back are answered at once") {
        RunningController bench(3);
        REQUIRE(bench.comes_to([&] { return bench.running() == 3; }));
        bench.declare(5);
        REQUIRE(bench.comes_to([&] { return bench.running() == 5; }));

        REQUIRE(bench.docker.wait_until_followed(1));
        const std::string killed = bench.docker.find("acestream-2")->id;
        bench.docker.kill_container("acestream-2");
        REQUIRE(bench.comes_to([&] {
            const auto engine = bench.docker.find("acestream-2");
            return engine && engine->id != killed && bench.running() == 5;
        }));

        const std::string gateway = bench.docker.recreate_container("gluetun");
        REQUIRE(bench.comes_to([&] {
            const auto engine = bench.docker.find("acestream-4");
            return engine && engine->network_mode == "container:" + gateway;
        }));

        bench.declare(0);
        REQUIRE(bench.comes_to([&] { return bench.running() == 0; }));
    }

    TEST_CASE("it ends while Docker is away, and leaves the engines running") {
        RunningController bench(2);
        REQUIRE(bench.comes_to([&] { return bench.running() == 2; }));
        bench.docker.set_available(false);
        bench.controller.wake();
        // The end of this scope stops the controller and joins its thread.
        CHECK(bench.running() == 2);
    }

    TEST_CASE("a survey asks every engine once and changes nothing") {
        FakeRuntime docker;
        docker.add_image(EngineTemplate{}.image);
        docker.run_gateway("gluetun");
        SystemClock clock;
        ScriptedGateways gateways;
        WillingProbes probes;
        ScriptedPorts ports;
        KeptJournal journal;
        KeptMeters meters;
        ScriptedSockets sockets;
        OwnConnections own(clock);
        Controller controller({docker, gateways, probes, ports, sockets, own, clock}, journal,
                              meters);
        const auto survey = controller.survey(pool_of(2));
        REQUIRE(survey.ok());
        CHECK(survey.value().plan.steps.size() == 2);
        CHECK(docker.changing_calls().empty());
    }
}
