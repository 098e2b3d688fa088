// Which control servers are asked, and where.
#include <doctest/doctest.h>

#include <condition_variable>
#include <latch>
#include <mutex>
#include <set>

#include "loop/gateway_reader.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

constexpr Duration at_length = GatewayReader::full_patience;

GatewayReading with_status(VpnStatus status) {
    GatewayReading reading;
    reading.vpn_status = status;
    return reading;
}

GatewaySighting sighting(const std::string& name, const std::string& state = "running") {
    GatewaySighting seen;
    seen.name = name;
    seen.container = GatewayContainer{};
    seen.container->state = state;
    seen.container->running = state == "running";
    seen.container->addresses = {"172.18.0.2"};
    return seen;
}

GatewayReading read(const GatewayReading& reading) {
    ScriptedGateways api;
    api.say("gluetun", reading);
    std::vector<GatewaySighting> gateways = {sighting("gluetun")};
    ThreadWorkers workers;
    const ManualClock clock;
    GatewayReader(api, workers, clock, [] {}).read(pool_of(1), gateways, at_length);
    return gateways.front().reading;
}

// Answers only when as many are asked at the same time as there are gateways.
class AllAtOnce : public GatewayApi {
  public:
    explicit AllAtOnce(std::ptrdiff_t gateways) : together_(gateways) {}
    GatewayReading read(const GatewaySpec&, const std::string&) override {
        together_.arrive_and_wait();
        return with_status(VpnStatus::running);
    }

  private:
    std::latch together_;
};

// Answers at one address only.
class AtOneAddress : public GatewayApi {
  public:
    GatewayReading read(const GatewaySpec&, const std::string& address) override {
        const std::lock_guard lock(mutex_);
        asked.insert(address);
        if (address == right) return with_status(VpnStatus::running);
        GatewayReading silent;
        silent.forwarded_ports.detail = "no answer at " + address;
        silent.is_on_its_network = own.empty() || address == own;
        return silent;
    }

    std::string right;
    std::string own;  // the only one in a network of the controller's; empty: all are
    std::set<std::string> asked;

  private:
    std::mutex mutex_;
};

}  // namespace

TEST_SUITE("gateway reader") {
    TEST_CASE("what was answered is kept, but a key that is not accepted is reported once") {
        GatewayReading reading = with_status(VpnStatus::unknown);
        reading.vpn_detail = "the role lacks a route";
        reading.forwarded_ports.kind = PortsAnswerKind::ports;
        CHECK(read(reading).vpn_detail == "the role lacks a route");
        for (const auto kind : {PortsAnswerKind::unauthorized, PortsAnswerKind::lacks_route}) {
            reading.forwarded_ports.kind = kind;
            CHECK(read(reading).vpn_detail.empty());
        }
    }

    TEST_CASE("a gateway that does not run, or that the spec does not name, is not asked") {
        ScriptedGateways api;
        std::vector<GatewaySighting> gateways = {sighting("missing"), sighting("stopped", "exited"),
                                                 sighting("paused", "paused"), sighting("old")};
        gateways.front().container.reset();
        gateways.back().declared = false;
        ThreadWorkers workers;
        const ManualClock clock;
        GatewayReader(api, workers, clock, [] {
        }).read(pool_of(1, {"missing", "stopped", "paused", "old"}), gateways, at_length);
        CHECK(api.asked().empty());
    }

    TEST_CASE("each is asked at the address of the spec, else at the one that Docker knows") {
        ScriptedGateways api;
        EnginePool pool = pool_of(1, {"a", "b", "c"});
        pool.gateways[1].control_server.address = "localhost";
        std::vector<GatewaySighting> gateways = {sighting("a"), sighting("b"), sighting("c")};
        gateways[2].container->addresses.clear();
        ThreadWorkers workers;
        const ManualClock clock;
        GatewayReader(api, workers, clock, [] {}).read(pool, gateways, at_length);
        CHECK(api.asked() ==
              std::map<std::string, std::string>{{"a", "172.18.0.2"}, {"b", "localhost"}});
        CHECK(gateways[2].reading.forwarded_ports.detail ==
              "Docker knows no address of c: name one as controlServer.address");
    }

    TEST_CASE("all are asked at the same time") {
        AllAtOnce api(3);
        std::vector<GatewaySighting> gateways = {sighting("a"), sighting("b"), sighting("c")};
        ThreadWorkers workers;
        ManualClock clock;
        GatewayReader reader(api, workers, clock, [] {});
        reader.read(pool_of(1, {"a", "b", "c"}), gateways, at_length);  // else it would never end
        for (const auto& gateway : gateways)
            CHECK(gateway.reading.vpn_status == VpnStatus::running);
    }

    TEST_CASE(
        "of several addresses all are asked at once, and the one that answers is remembered") {
        AtOneAddress api;
        ThreadWorkers workers;
        ManualClock clock;
        GatewayReader reader(api, workers, clock, [] {});
        const auto look = [&] {
            std::vector<GatewaySighting> gateways = {sighting("gluetun")};
            gateways[0].container->addresses = {"10.0.0.2", "10.1.0.2", "10.2.0.2"};
            api.asked.clear();
            clock.advance(5s);
            reader.read(pool_of(1), gateways, at_length);
            return gateways[0];
        };
        using Asked = std::set<std::string>;
        const Asked all = {"10.0.0.2", "10.1.0.2", "10.2.0.2"};
        GatewaySighting seen = look();
        CHECK(api.asked == all);
        CHECK(seen.address == "10.0.0.2");
        CHECK(seen.reading.forwarded_ports.detail ==
              "no answer at 10.0.0.2; it was asked in vain at 10.0.0.2, 10.1.0.2, 10.2.0.2");

        // What is wrong with an address in a network of its own says more than the others do.
        api.own = "10.2.0.2";
        CHECK(look().reading.forwarded_ports.detail.starts_with("no answer at 10.2.0.2; "));

        api.right = "10.1.0.2";
        seen = look();
        CHECK(api.asked == all);
        CHECK(seen.address == "10.1.0.2");
        CHECK(seen.reading.vpn_status == VpnStatus::running);
        seen = look();
        CHECK(api.asked == Asked{"10.1.0.2"});
        CHECK(seen.address == "10.1.0.2");

        api.right.clear();  // silent for a while: engines are still asked where it answered
        seen = look();
        CHECK(api.asked == Asked{"10.1.0.2"});
        CHECK(seen.address == "10.1.0.2");
        api.right = "10.2.0.2";
        seen = look();
        CHECK(api.asked == all);
        CHECK(seen.address == "10.2.0.2");
    }

    TEST_CASE("where no control server answers, an engine that listens shows the right address") {
        class OneDoor : public PortCheck {
          public:
            std::vector<PortAnswer> ask(const std::vector<PortAddress>& doors) override {
                ++asked;
                std::vector<PortAnswer> answers;
                for (const auto& door : doors) {
                    const bool is_open = door == PortAddress{"10.1.0.2", 19000};
                    answers.push_back(is_open ? PortAnswer::listens : PortAnswer::silent);
                }
                return answers;
            }
            int asked = 0;
        };
        AtOneAddress api;
        ThreadWorkers workers;
        OneDoor ports;
        ManualClock clock;
        GatewayReader reader(api, workers, clock, [] {});
        const EnginePool pool = pool_of(1);
        std::vector<EngineView> engines;
        const auto look = [&] {
            std::vector<GatewaySighting> gateways = {sighting("gluetun")};
            gateways[0].container->id = gateway_id("gluetun");
            gateways[0].container->addresses = {"10.0.0.2", "10.1.0.2"};
            clock.advance(5s);
            reader.read(pool, gateways, at_length);
            reader.find_engines(ports, engines, gateways);
            return gateways[0].address;
        };
        CHECK(look() == "10.0.0.2");
        CHECK(ports.asked == 0);  // nobody is there who could listen
        engines = {engine(pool, 0)};
        CHECK(look() == "10.1.0.2");
        CHECK(look() == "10.1.0.2");
        CHECK(ports.asked == 1);
        api.right = "10.0.0.2";
        CHECK(look() == "10.0.0.2");  // Gluetun itself knows better
    }

    TEST_CASE("a gateway that never answered and is gone has no address") {
        class NoDoor : public PortCheck {
          public:
            std::vector<PortAnswer> ask(const std::vector<PortAddress>& doors) override {
                return std::vector<PortAnswer>(doors.size(), PortAnswer::silent);
            }
        };
        AtOneAddress api;
        ThreadWorkers workers;
        NoDoor ports;
        ManualClock clock;
        GatewayReader reader(api, workers, clock, [] {});
        const EnginePool pool = pool_of(1);
        std::vector<GatewaySighting> gateways = {sighting("gluetun")};
        gateways[0].container->addresses = {"10.0.0.2", "10.1.0.2"};
        clock.advance(5s);
        reader.read(pool, gateways, at_length);
        gateways[0] = {};
        gateways[0].name = "gluetun";
        clock.advance(5s);
        reader.read(pool, gateways, at_length);
        reader.find_engines(ports, {engine(pool, 0)}, gateways);
        CHECK(gateways[0].address.empty());
    }

    // A control server that answers once it may, at its own time.
    struct Slow : GatewayApi {
        GatewayReading read(const GatewaySpec&, const std::string&) override {
            std::unique_lock lock(mutex);
            ++asked;
            changed.wait(lock, [this] { return !hangs; });
            return answer;
        }
        void hang(bool now) {
            const std::lock_guard lock(mutex);
            hangs = now;
            changed.notify_all();
        }
        std::mutex mutex;
        std::condition_variable changed;
        bool hangs = false;
        int asked = 0;
        GatewayReading answer = with_status(VpnStatus::running);
    };

    struct Asking {
        Slow api;
        ManualClock clock;
        Wakeup late_answer;
        EnginePool pool = pool_of(1);
        GatewaySighting seen = sighting("gluetun");
        ThreadWorkers workers;
        GatewayReader reader{api, workers, clock, [this] { late_answer.notify(); }};

        GatewaySighting look(Duration patience = at_length) {
            std::vector<GatewaySighting> gateways = {seen};
            reader.read(pool, gateways, patience);
            return gateways[0];
        }
        int asked_after(Duration time) {
            clock.advance(time);
            const int before = api.asked;
            look();
            return api.asked - before;
        }
    };

    TEST_CASE("an answer that comes late delays nothing, and starts a round if it is news") {
        Asking bench;
        bench.pool.check_interval = 10s;
        bench.api.hang(true);
        CHECK(bench.look(1ms).reading_awaited);
        bench.clock.advance(3s);
        CHECK(bench.look(1ms).reading_awaited);
        bench.api.hang(false);
        REQUIRE(bench.late_answer.wait(10s, {}));
        GatewaySighting seen = bench.look(0ms);
        CHECK(seen.reading.vpn_status == VpnStatus::running);
        CHECK(seen.reading_age == 3s);
        CHECK_FALSE(seen.reading_awaited);

        bench.api.hang(true);
        bench.clock.advance(5s);
        seen = bench.look(GatewayReader::usual_patience);  // nor is it awaited the next time
        CHECK(seen.reading_age == 8s);
        bench.api.hang(false);
    }

    TEST_CASE("it is asked again after half a check interval, or if it may have changed") {
        Asking bench;
        bench.pool.check_interval = 10s;
        CHECK(bench.asked_after(0s) == 1);
        CHECK(bench.asked_after(4999ms) == 0);
        CHECK(bench.asked_after(1ms) == 1);
        bench.seen.container->health = GatewayContainer::Health::unhealthy;
        CHECK(bench.asked_after(0s) == 1);
        bench.seen.container->started_at = "again";
        CHECK(bench.asked_after(0s) == 1);
        bench.pool.gateways[0].control_server.port = 8001;
        CHECK(bench.asked_after(0s) == 1);
        bench.reader.forget_ages();
        CHECK(bench.asked_after(0s) == 1);
        CHECK(bench.asked_after(0s) == 0);
        bench.seen.container->health = GatewayContainer::Health::starting;
        CHECK(bench.asked_after(0s) == 1);
        CHECK(bench.asked_after(399ms) == 0);
        CHECK(bench.asked_after(1ms) == 1);
    }

    TEST_CASE("after word of a change it is asked at once, and some times soon after") {
        Asking bench;
        bench.pool.check_interval = 1min;
        CHECK(bench.asked_after(0s) == 1);
        CHECK_FALSE(bench.reader.next_look_in());
        bench.reader.expect_change();
        CHECK(bench.asked_after(0s) == 1);
        for (const auto pause : {300ms, 700ms, 1500ms}) {
            CHECK(bench.reader.next_look_in() == pause);
            CHECK(bench.asked_after(pause - 1ms) == 0);
            CHECK(bench.asked_after(1ms) == 1);
        }
        CHECK_FALSE(bench.reader.next_look_in());
        CHECK(bench.asked_after(20s) == 0);
        bench.reader.expect_change();
        CHECK(bench.asked_after(10s) == 1);  // one look is enough for all that are due
        CHECK_FALSE(bench.reader.next_look_in());
    }

    TEST_CASE("word of a change again and again brings no more looks for that") {
        Asking bench;
        bench.pool.check_interval = 1min;
        bench.look();
        bench.reader.expect_change();
        bench.clock.advance(999ms);
        bench.reader.expect_change();
        CHECK(bench.asked_after(0s) == 1);
        CHECK(bench.reader.next_look_in() == 1ms);
        bench.clock.advance(1ms);
        bench.reader.expect_change();
        CHECK(bench.reader.next_look_in() == 300ms);
    }

    TEST_CASE("after word of a change, one that has not answered yet is asked again when it has") {
        Asking bench;
        bench.pool.check_interval = 1min;
        bench.look();
        bench.api.hang(true);
        bench.reader.expect_change();
        bench.clock.advance(1ms);
        bench.look(1ms);
        bench.clock.advance(1600ms);
        bench.look(1ms);
        bench.clock.advance(100ms);
        bench.api.hang(false);
        REQUIRE(bench.late_answer.wait(10s, {}));
        CHECK(bench.look().reading_age == 0ms);  // asked just now, and not 100 ms ago
        CHECK(bench.asked_after(0s) == 0);
    }

    TEST_CASE("an answer older than two check intervals is none, and one of another life neither") {
        Asking bench;
        bench.look();
        bench.api.hang(true);
        bench.clock.advance(10s);
        CHECK(bench.look(1ms).reading.vpn_status == VpnStatus::running);
        bench.clock.advance(1ms);
        GatewaySighting seen = bench.look(1ms);
        CHECK(seen.reading.vpn_status == VpnStatus::unknown);
        CHECK(seen.reading_awaited);
        bench.seen.container->started_at = "again";
        seen = bench.look(1ms);
        CHECK(seen.reading_awaited);
        bench.api.hang(false);
    }
}
