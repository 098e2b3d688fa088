// The whole loop over hours of a VPN's life, in no time: which engines are replaced for a forwarded
// port, and how often.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// Three engines behind one gateway; a round each five seconds.
struct PortStory : LoopBench {
    explicit PortStory(std::vector<int> ports = {}) : LoopBench(pool_of(3)) {
        docker.run_gateway("gluetun");
        report(std::move(ports));
        REQUIRE(converges());
        replaced();
    }

    void report(std::vector<int> ports) {
        GatewayReading reading;
        reading.vpn_status = VpnStatus::running;
        reading.forwarded_ports.kind =
            ports.empty() ? PortsAnswerKind::none : PortsAnswerKind::ports;
        reading.forwarded_ports.ports = std::move(ports);
        gateways.say("gluetun", std::move(reading));
    }

    void live(Duration duration) {
        for (Duration lived{0}; lived < duration; lived += 5s) {
            advance(5s);
            round();
        }
    }

    // Names of the engines that were created since the last call.
    std::vector<std::string> replaced() {
        std::vector<std::string> names;
        for (const auto& call : docker.changing_calls()) {
            if (call.operation == Operation::create) names.push_back(call.subject);
        }
        docker.clear_calls();
        std::ranges::sort(names);
        return names;
    }

    // "acestream-0:40001" for each holder.
    std::vector<std::string> holders() const {
        std::vector<std::string> names;
        for (const auto& container : docker.containers()) {
            const auto& labels = container.labels;
            const auto forwarded = labels.find("roundhouse.forwarded");
            if (forwarded == labels.end() || forwarded->second != "true") continue;
            names.push_back(container.name + ":" + labels.at("roundhouse.p2p-port"));
        }
        std::ranges::sort(names);
        return names;
    }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_SUITE("the story of a port") {
    TEST_CASE("it is there from the beginning, and stays") {
        PortStory story({40001});
        CHECK(story.holders() == Names{"acestream-0:40001"});
        story.live(6h);
        CHECK(story.replaced().empty());
    }

    TEST_CASE("it appears ten seconds after the engines, and is taken up after stableFor") {
        PortStory story;
        story.live(10s);
        story.report({40001});
        story.live(20s);
        CHECK(story.replaced().empty());
        story.live(10s);
        CHECK(story.replaced() == Names{"acestream-0"});
        CHECK(story.holders() == Names{"acestream-0:40001"});
    }

    TEST_CASE("it changes once, and its holder follows; the others are left alone") {
        PortStory story({40001});
        story.live(10s);
        story.report({40002});
        story.live(30s);
        CHECK(story.replaced() == Names{"acestream-0"});
        CHECK(story.holders() == Names{"acestream-0:40002"});
        story.live(1h);
        CHECK(story.replaced().empty());
    }

    TEST_CASE("it is 0 for half a day, and nothing happens, nor when it comes back") {
#ifdef ROUNDHOUSE_IS_SANITIZED
        constexpr Duration half_a_day = 1h;  // sanitizers see the same lines in an hour
#else
        constexpr Duration half_a_day = 12h;
#endif
        PortStory story({40001});
        story.report({});
        story.live(half_a_day);
        story.report({40001});
        story.live(1h);
        CHECK(story.replaced().empty());
    }

    TEST_CASE("it rotates each 45 s: one engine at most in each minInterval") {
        PortStory story({40001});
        for (int port = 40002; port < 40082; ++port) {
            story.report({port});
            story.live(45s);
        }
        const auto replaced = story.replaced();
        CHECK(replaced.size() >= 10);  // in an hour
        CHECK(replaced.size() <= 12);
        CHECK(std::ranges::count(replaced, "acestream-0") ==
              static_cast<std::ptrdiff_t>(replaced.size()));
    }

    TEST_CASE("it rotates each 10 s: it is never followed, and then the last one is") {
        PortStory story({40001});
        for (int port = 40002; port < 40200; ++port) {
            story.report({port});
            story.live(10s);
        }
        CHECK(story.replaced().empty());
        story.live(20s);
        CHECK(story.holders() == Names{"acestream-0:40199"});
    }

    TEST_CASE("it comes 15 s after a restart of the gateway: each engine is made once") {
        PortStory story({40001});
        story.docker.restart_container("gluetun");
        story.report({});
        story.live(15s);
        story.report({40002});
        story.live(1h);
        CHECK(story.replaced() == Names{"acestream-0", "acestream-1", "acestream-2"});
        CHECK(story.holders() == Names{"acestream-0:40002"});
    }

    TEST_CASE("it comes 40 s after each restart: it is followed, and that is no move") {
        PortStory story({40001});
        for (int port = 40002; port < 40005; ++port) {
            story.docker.restart_container("gluetun");
            story.report({});
            story.live(40s);
            CHECK(story.holders().empty());
            story.report({port});
            story.live(30s);
            CHECK(story.holders() == Names{"acestream-0:" + std::to_string(port)});
            story.live(11min);  // a gateway that starts often is not used at once
        }
    }

    TEST_CASE("two of them rotate in turn: two engines at most in each minInterval") {
        PortStory story({40001, 50001});
        for (int i = 2; i < 42; ++i) {
            story.report({40000 + i, 50001});
            story.live(45s);
            story.report({40000 + i, 50000 + i});
            story.live(45s);
            story.report({40000 + i, 50001});
        }
        CHECK(story.replaced().size() <= 24);
        CHECK(story.holders().size() == 2);
    }

    TEST_CASE("the control server fails in every way, and engines die meanwhile") {
        PortStory story({40001});
        for (const auto kind : {PortsAnswerKind::unreachable, PortsAnswerKind::malformed,
                                PortsAnswerKind::unauthorized, PortsAnswerKind::unsupported}) {
            GatewayReading reading;
            reading.forwarded_ports = {kind, {}, "trouble"};
            story.gateways.say("gluetun", reading);
            story.live(1h);
            CHECK(story.replaced().empty());
            story.docker.stop_container("acestream-0");
            story.live(15s);
            CHECK(story.replaced() == Names{"acestream-0"});
            CHECK(story.holders() == Names{"acestream-0:40001"});  // nobody said that it is gone
        }
    }

    TEST_CASE("the controller is started again, and changes nothing") {
        PortStory story({40001});
        story.report({});
        story.live(1min);
        Board board;
        Prober prober{story.probes, story.clock, [] {}};
        Puller puller{story.docker, story.workers, story.clock, story.journal, [] {}};
        StepRunner steps{story.docker,  story.workers, story.clock,
                         story.journal, story.meters,  [] {}};
        Reconciler next({story.docker, story.gateways, story.workers, story.clock, story.journal,
                         board, prober, puller, steps, story.last_lines, story.meters,
                         story.port_check, story.sockets, story.own, [] {},
                         GatewayReader::full_patience});
        board.accept(pool_of(3));
        GatewayReading reading;
        reading.vpn_status = VpnStatus::running;
        reading.public_ip = "198.51.100.7";
        reading.forwarded_ports = {PortsAnswerKind::ports, {40001}, ""};
        story.gateways.say("gluetun", reading);
        for (int i = 0; i < 100; ++i) {
            next.round({});
            prober.turn(Duration{0});
            story.advance(5s);
        }
        CHECK(story.replaced().empty());
    }
}
