// What time tells of a gateway: ages that grow, and reconnects that are neither missed nor
// invented.
#include <doctest/doctest.h>

#include <optional>

#include "loop/gateway_sensor.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// One gateway that is measured once a second.
struct SensorBench {
    GatewaySensor sensor;
    GatewayView view = gateway("gluetun");
    Monotonic now{1000s};

    SensorBench() {
        view.vpn_status = VpnStatus::running;
        view.public_ip = "192.0.2.1";
    }

    GatewayView measure(Duration later = 1s) {
        now += later;
        std::vector<GatewayView> gateways = {view};
        sensor.measure(gateways, now);
        return gateways.front();
    }

    GatewayView report(std::vector<int> ports, Duration later = 1s) {
        const auto kind = ports.empty() ? PortsAnswerKind::none : PortsAnswerKind::ports;
        view.forwarded = {kind, std::move(ports), ""};
        return measure(later);
    }

    std::optional<Duration> reconnected_ago() { return measure().reconnected_ago; }

    void lose(VpnStatus status) {
        view.vpn_status = status;
        view.state = GatewayState::unhealthy;
        view.public_ip = "";
        measure();
    }

    void regain(const std::string& ip) {
        view.vpn_status = VpnStatus::running;
        view.state = GatewayState::ready;
        view.public_ip = ip;
    }
};

}  // namespace

TEST_SUITE("gateway sensor") {
    TEST_CASE("the first sight is no change; from then on the ages grow") {
        SensorBench bench;
        const auto ages = [&](GatewayState state, Duration later) {
            bench.view.state = state;
            const GatewayView seen = bench.measure(later);
            return std::pair{seen.not_ready_for, seen.ready_for};
        };
        CHECK(ages(GatewayState::unhealthy, 100s) == std::pair{Duration{0s}, Duration{0s}});
        CHECK(ages(GatewayState::missing, 3s) == std::pair{Duration{3s}, Duration{0s}});
        CHECK(ages(GatewayState::starting, 57s) == std::pair{Duration{60s}, Duration{0s}});
        CHECK(ages(GatewayState::ready, 1s) == std::pair{Duration{0s}, Duration{0s}});
        CHECK(ages(GatewayState::ready, 9s) == std::pair{Duration{0s}, Duration{9s}});
        CHECK(ages(GatewayState::unhealthy, 1s) == std::pair{Duration{0s}, Duration{0s}});
    }
}

TEST_SUITE("gateway sensor: a VPN that is down") {
    TEST_CASE("is not up again for a lost reply, but for a minute of silence") {
        SensorBench bench;
        bench.measure();
        bench.lose(VpnStatus::crashed);
        bench.view.vpn_status = VpnStatus::unknown;
        bench.view.state = GatewayState::ready;  // Docker calls it healthy
        bench.view.detail = "";
        const GatewayView lost = bench.measure(59s);
        CHECK(lost.state == GatewayState::unhealthy);
        CHECK(lost.detail == "runs, but its VPN has crashed");
        CHECK(lost.not_ready_for == 59s);
        const GatewayView trusted = bench.measure(1s);
        CHECK(trusted.state == GatewayState::ready);
        CHECK_FALSE(trusted.reconnected_ago);
    }

    TEST_CASE("is given up for good when it is down each time that it answers") {
        SensorBench bench;
        for (int i = 0; i < 20; ++i) {
            const bool answers = i % 2 == 0;
            bench.view.vpn_status = answers ? VpnStatus::stopped : VpnStatus::unknown;
            bench.view.state = answers ? GatewayState::unhealthy : GatewayState::ready;
            CHECK(bench.measure(10s).not_ready_for == i * 10s);
        }
    }
}

TEST_SUITE("gateway sensor: ports") {
    TEST_CASE("a port is as old as the unbroken line of reports of it") {
        SensorBench bench;
        CHECK(bench.report({40001}).forwarded_for == std::map<int, Duration>{{40001, 0s}});
        CHECK(bench.report({40001}).forwarded_for.at(40001) == 1s);
        const auto both = bench.report({40001, 40002});
        CHECK(both.forwarded_for == std::map<int, Duration>{{40001, 2s}, {40002, 0s}});
        CHECK(both.port_changes == 1);
        CHECK(bench.report({}).forwarded_for.empty());
        CHECK(bench.report({40001}).forwarded_for.at(40001) == 0s);
    }

    TEST_CASE("no answer contradicts nothing") {
        SensorBench bench;
        bench.report({40001});
        for (const auto kind : {PortsAnswerKind::unreachable, PortsAnswerKind::malformed,
                                PortsAnswerKind::unauthorized, PortsAnswerKind::unsupported}) {
            bench.view.forwarded = {kind, {}, "trouble"};
            CHECK(bench.measure().forwarded_for.empty());
        }
        const auto again = bench.report({40001});
        CHECK(again.forwarded_for.at(40001) == 5s);
        CHECK(again.port_changes == 0);
    }

    TEST_CASE("a port that goes and comes back has not changed") {
        SensorBench bench;
        bench.report({40001});
        for (int i = 0; i < 3; ++i) {
            CHECK(bench.report({}).port_changes == 0);
            CHECK(bench.report({40001}).port_changes == 0);
        }
        bench.report({});
        CHECK(bench.report({40009}).port_changes == 1);
    }

    TEST_CASE("changes are counted for ten minutes") {
        SensorBench bench;
        for (int port = 40001; port <= 40005; ++port)
            bench.report({port}, 45s);
        CHECK(bench.measure(0s).port_changes == 4);
        CHECK(bench.measure(10min).port_changes == 1);
        CHECK(bench.measure(1s).port_changes == 0);
    }

    TEST_CASE("a gateway that was started anew begins anew") {
        SensorBench bench;
        bench.report({40001});
        bench.view.incarnation.started_at = "started-2";
        const auto seen = bench.report({40002});
        CHECK(seen.port_changes == 0);
        CHECK(seen.forwarded_for.at(40002) == 0s);
    }
}

TEST_SUITE("gateway sensor: reconnects") {
    TEST_CASE("the first observation never is one") {
        SensorBench bench;
        CHECK_FALSE(bench.reconnected_ago());
        SensorBench lost;
        lost.lose(VpnStatus::crashed);
        CHECK_FALSE(lost.reconnected_ago());
    }

    TEST_CASE("each of the three signs is one, and its age grows") {
        SensorBench health;
        health.measure();
        health.view.state = GatewayState::unhealthy;
        CHECK_FALSE(health.reconnected_ago());
        health.view.state = GatewayState::ready;
        CHECK(health.reconnected_ago() == 0s);
        CHECK(health.reconnected_ago() == 1s);

        for (const auto status : {VpnStatus::starting, VpnStatus::stopping, VpnStatus::stopped,
                                  VpnStatus::crashed, VpnStatus::completed}) {
            SensorBench vpn;
            vpn.measure();
            vpn.lose(status);
            vpn.regain("192.0.2.1");
            CHECK(vpn.reconnected_ago() == 0s);
        }

        SensorBench ip;
        ip.measure();
        ip.view.public_ip = "192.0.2.2";
        CHECK(ip.reconnected_ago() == 0s);
    }

    TEST_CASE("what is unknown for a while is no sign") {
        SensorBench bench;
        bench.measure();
        bench.view.vpn_status = VpnStatus::unknown;
        bench.view.public_ip.reset();
        CHECK_FALSE(bench.reconnected_ago());
        bench.view.public_ip = "";
        CHECK_FALSE(bench.reconnected_ago());
        bench.regain("192.0.2.1");
        CHECK_FALSE(bench.reconnected_ago());
    }

    TEST_CASE("a VPN that is down and then cannot be asked is not back yet") {
        SensorBench bench;
        bench.measure();
        bench.lose(VpnStatus::stopped);
        bench.regain("192.0.2.1");
        bench.view.vpn_status = VpnStatus::unknown;
        CHECK_FALSE(bench.reconnected_ago());
        bench.view.vpn_status = VpnStatus::running;
        CHECK(bench.reconnected_ago() == 0s);
    }

    TEST_CASE("one reconnect with several signs is one: it waits for the public IP") {
        SensorBench bench;
        bench.measure();
        bench.lose(VpnStatus::crashed);
        bench.regain("");
        for (int i = 0; i < 3; ++i)
            CHECK_FALSE(bench.reconnected_ago());
        bench.regain("192.0.2.2");
        CHECK(bench.reconnected_ago() == 0s);
        CHECK(bench.reconnected_ago() == 1s);
    }

    TEST_CASE("a VPN that is back counts from when its gateway is ready") {
        SensorBench bench;
        bench.measure();
        bench.lose(VpnStatus::crashed);
        bench.regain("192.0.2.1");
        bench.view.state = GatewayState::starting;
        for (int i = 0; i < 3; ++i)
            CHECK_FALSE(bench.reconnected_ago());
        bench.view.state = GatewayState::ready;
        CHECK(bench.reconnected_ago() == 0s);
    }

    TEST_CASE("a public IP that does not come is not waited for for ever") {
        SensorBench bench;
        bench.measure();
        bench.lose(VpnStatus::stopped);
        bench.regain("");
        bench.measure();
        CHECK_FALSE(bench.measure(29s).reconnected_ago);
        CHECK(bench.measure(1s).reconnected_ago == 0s);
    }

    TEST_CASE("a VPN that comes and goes has to stay for a minute before it counts as back") {
        SensorBench bench;
        bench.measure();
        const auto flap = [&] {
            bench.lose(VpnStatus::stopped);
            bench.regain("192.0.2.1");
            return bench.reconnected_ago();
        };
        for (int i = 0; i < 5; ++i)
            CHECK(flap() == 0s);
        CHECK(flap() == 2s);  // that of the fifth
        CHECK(flap() == 4s);
        CHECK(bench.measure(59s).reconnected_ago == 63s);
        CHECK(bench.measure(1s).reconnected_ago == 0s);
    }

    TEST_CASE("a new port comes after the new public IP, and belongs to the same reconnect") {
        SensorBench bench;
        bench.report({40001});
        bench.lose(VpnStatus::stopped);
        bench.report({});
        bench.regain("192.0.2.2");
        CHECK_FALSE(bench.reconnected_ago());
        CHECK(bench.report({40002}).reconnected_ago == 0s);
    }

    TEST_CASE("a gateway that was started anew had no reconnect: its engines are stranded anyway") {
        SensorBench bench;
        bench.measure();
        bench.view.incarnation.id = "id-of-another";
        bench.view.public_ip = "192.0.2.2";
        CHECK_FALSE(bench.reconnected_ago());
    }
}
