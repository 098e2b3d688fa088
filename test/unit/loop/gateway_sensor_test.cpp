// A gateway's state, and the ages that only time shows.
#include <doctest/doctest.h>

#include <functional>

#include "unit/loop/sensor_bench.h"

using namespace roundhouse;
using namespace roundhouse::test;

TEST_SUITE("gateway sensor: state") {
    TEST_CASE("the first thing that keeps a gateway from being ready is its state") {
        struct Row {
            std::function<void(GatewaySighting&, GatewayMemory&)> given;
            GatewayState state;
            std::string detail;
        };
        const auto docker = [](const std::string& state) {
            return [=](GatewaySighting& seen, GatewayMemory&) {
                seen.container->running = state == "running";
                seen.container->state = state;
                seen.reading.vpn_status = VpnStatus::stopped;  // which does not matter then
            };
        };
        const auto with_health = [](Health health) {
            return [=](GatewaySighting& seen, GatewayMemory&) {
                seen.container->health = health;
                seen.reading.vpn_status = VpnStatus::running;  // which does not make up for it
            };
        };
        const auto said = [](VpnStatus status) {
            return [=](GatewaySighting& seen, GatewayMemory& memory) {
                seen.reading.vpn_status = status;
                memory.vpn_status = VpnStatus::crashed;  // which was a moment ago
            };
        };
        // What a control server says while Docker waits for its first health check.
        const auto before_check = [](VpnStatus status, const std::string& ip) {
            return [=](GatewaySighting& seen, GatewayMemory&) {
                seen.container->health = Health::starting;
                seen.reading.vpn_status = status;
                seen.reading.public_ip = ip;
            };
        };
        const auto recalled = [](VpnStatus status) {
            return [=](GatewaySighting&, GatewayMemory& memory) { memory.vpn_status = status; };
        };
        const auto started = [](int times, Duration runs) {
            return [=](GatewaySighting&, GatewayMemory& memory) {
                memory.starts = times;
                memory.running_for = runs;
            };
        };
        using enum GatewayState;
        const std::vector<Row> rows = {
            {[](GatewaySighting& seen, GatewayMemory&) { seen.container.reset(); }, missing,
             "does not exist"},
            {docker("paused"), paused, "is paused"},
            {docker("exited"), stopped, "is not running (exited)"},
            {docker("restarting"), stopped, "is not running (restarting)"},
            {[](GatewaySighting& seen, GatewayMemory&) {
                 seen.container->running = false;
                 seen.container->state = "restarting";
                 seen.container->restarts = 7;
                 seen.container->error = "no /dev/net/tun";
             },
             stopped,
             "is not running (restarting); Docker has restarted it 7 times: no /dev/net/tun"},
            {[](GatewaySighting& seen, GatewayMemory&) {
                 seen.container->health = Health::starting;
                 seen.container->first_check_after = 24h;
             },
             starting,
             "is starting: its health check has not run yet, and runs only every 24h: shorten its "
             "`interval`"},
            {with_health(Health::unhealthy), unhealthy, "is unhealthy"},
            {with_health(Health::starting), starting, "is starting"},
            {before_check(VpnStatus::running, "192.0.2.1"), ready, ""},
            {before_check(VpnStatus::running, ""), starting, "is starting"},
            {before_check(VpnStatus::starting, "192.0.2.1"), starting, "is starting"},
            {[](GatewaySighting& seen, GatewayMemory&) {
                 seen.container->health = Health::unhealthy;
                 seen.reading.vpn_status = VpnStatus::running;
                 seen.reading.public_ip = "192.0.2.1";
             },
             unhealthy, "is unhealthy"},
            {with_health(Health::healthy), ready, ""},
            {with_health(Health::none), ready, ""},
            {said(VpnStatus::running), ready, ""},
            {said(VpnStatus::starting), starting, "is starting its VPN"},
            {said(VpnStatus::stopping), unhealthy, "is stopping its VPN"},
            {said(VpnStatus::stopped), unhealthy, "runs, but its VPN is stopped"},
            {said(VpnStatus::crashed), unhealthy, "runs, but its VPN has crashed"},
            {said(VpnStatus::completed), unhealthy, "runs, but its VPN has ended"},
            {recalled(VpnStatus::unknown), ready, ""},
            {recalled(VpnStatus::stopped), unhealthy, "runs, but its VPN is stopped"},
            {started(2, 0s), ready, ""},
            {started(4, 59s), starting,
             "was started 4 times in the last ten minutes: it is used again once it has run for "
             "60 s"},
            {started(4, 60s), ready, ""},
        };
        for (const auto& row : rows) {
            CAPTURE(row.detail);
            GatewaySighting seen;
            seen.container = running_gateway();
            GatewayMemory memory;
            row.given(seen, memory);
            const auto judged = judge_gateway(seen.container, seen.reading, memory);
            CHECK(judged.state == row.state);
            CHECK(judged.detail == row.detail);
        }
    }

    TEST_CASE("a gateway whose control server has not answered yet is unknown, unless it is down") {
        SensorBench bench;
        bench.sighting.reading = {};
        bench.sighting.reading_awaited = true;
        GatewayView seen = bench.measure();
        CHECK(seen.state == GatewayState::unknown);
        CHECK(seen.detail == "is left as it is: its control server has not answered yet");
        bench.health(Health::unhealthy);
        CHECK(bench.measure().state == GatewayState::unhealthy);
        bench.health(Health::healthy);
        bench.measure();
        bench.sighting.reading_awaited = false;
        bench.vpn(VpnStatus::running);
        seen = bench.measure();
        CHECK(seen.state == GatewayState::ready);
        CHECK(!seen.reconnected_ago);  // the control server knows better than the health check
    }

    TEST_CASE("a port counts as reported up to the last answer, however old that is") {
        SensorBench bench;
        bench.report({40001});
        bench.measure(9s);
        CHECK(bench.measure(0s).reported_for.at(40001) == 9s);
        bench.sighting.reading_age = 3s;
        CHECK(bench.measure(3s).reported_for.at(40001) == 9s);
        bench.sighting.reading_age = 1s;
        CHECK(bench.measure(2s).reported_for.at(40001) == 13s);
    }

    TEST_CASE("the first sight is no change; from then on the ages grow") {
        SensorBench bench;
        bench.public_ip("");
        const auto ages = [&](Health health, Duration later) {
            bench.health(health);
            const GatewayView seen = bench.measure(later);
            return std::pair{seen.not_ready_for, seen.ready_for};
        };
        CHECK(ages(Health::unhealthy, 100s) == std::pair{Duration{0s}, Duration{0s}});
        CHECK(ages(Health::unhealthy, 3s) == std::pair{Duration{3s}, Duration{0s}});
        CHECK(ages(Health::starting, 57s) == std::pair{Duration{60s}, Duration{0s}});
        CHECK(ages(Health::healthy, 1s) == std::pair{Duration{0s}, Duration{0s}});
        CHECK(ages(Health::healthy, 9s) == std::pair{Duration{0s}, Duration{9s}});
        CHECK(ages(Health::unhealthy, 1s) == std::pair{Duration{0s}, Duration{0s}});
    }

    TEST_CASE("a gateway that is started again and again has to run for a minute") {
        SensorBench bench;
        CHECK(bench.measure().state == GatewayState::ready);  // the first look is no start
        CHECK(bench.start_again().state == GatewayState::ready);
        CHECK(bench.start_again().state == GatewayState::ready);
        CHECK(bench.start_again().state == GatewayState::starting);
        CHECK(bench.measure(50s).state == GatewayState::starting);
        const GatewayView fourth = bench.start_again();
        CHECK(fourth.state == GatewayState::starting);
        CHECK(fourth.detail.starts_with("was started 4 times"));
        CHECK(bench.measure(59s).state == GatewayState::starting);
        CHECK(bench.measure(1s).state == GatewayState::ready);
        bench.measure(10min);
        CHECK(bench.start_again().state == GatewayState::ready);
    }

    TEST_CASE("a gateway that is created again counts as one that is started; a pause does not") {
        SensorBench bench;
        bench.measure();
        for (const std::string id : {"second", "third", "fourth"}) {
            bench.sighting.container.reset();
            CHECK(bench.measure().state == GatewayState::missing);
            bench.sighting.container = running_gateway();
            bench.sighting.container->id = id;
            bench.sighting.container->running = false;  // created, and started after that
            bench.measure();
            bench.sighting.container->running = true;
            const bool is_third = id == "fourth";
            CHECK(bench.measure().state ==
                  (is_third ? GatewayState::starting : GatewayState::ready));
        }
        SensorBench paused;
        paused.measure();
        for (int i = 0; i < 9; ++i) {
            paused.sighting.container->running = i % 2 != 0;
            paused.measure();
        }
        paused.sighting.container->running = true;
        CHECK(paused.measure().state == GatewayState::ready);
    }
}

TEST_SUITE("gateway sensor: a VPN that is down") {
    TEST_CASE("is not up again for a lost reply, but for a minute of silence") {
        SensorBench bench;
        bench.measure();
        bench.lose(VpnStatus::crashed);
        bench.silence();
        const GatewayView lost = bench.measure(59s);
        CHECK(lost.state == GatewayState::unhealthy);
        CHECK(lost.vpn_status == VpnStatus::crashed);
        CHECK(lost.not_ready_for == 59s);
        const GatewayView trusted = bench.measure(1s);
        CHECK(trusted.state == GatewayState::ready);
        CHECK_FALSE(trusted.reconnected_ago);
    }

    TEST_CASE("is given up for good when it is down each time that it answers") {
        SensorBench bench;
        for (int i = 0; i < 20; ++i) {
            bench.vpn(i % 2 == 0 ? VpnStatus::stopped : VpnStatus::unknown);
            CHECK(bench.measure(10s).not_ready_for == i * 10s);
        }
    }
}

TEST_SUITE("gateway sensor: ports") {
    TEST_CASE("a port is as old as the unbroken line of reports of it") {
        SensorBench bench;
        CHECK(bench.report({40001}).reported_for == std::map<int, Duration>{{40001, 0s}});
        CHECK(bench.report({40001}).reported_for.at(40001) == 1s);
        const auto both = bench.report({40001, 40002});
        CHECK(both.reported_for == std::map<int, Duration>{{40001, 2s}, {40002, 0s}});
        CHECK(both.port_changes == 1);
        CHECK(bench.report({}).reported_for.empty());
        CHECK(bench.report({40001}).reported_for.at(40001) == 0s);
    }

    TEST_CASE("no answer contradicts nothing") {
        SensorBench bench;
        bench.report({40001});
        for (const auto kind : {PortsAnswerKind::unreachable, PortsAnswerKind::malformed,
                                PortsAnswerKind::unauthorized, PortsAnswerKind::unsupported}) {
            bench.sighting.reading.forwarded_ports = {kind, {}, "trouble"};
            CHECK(bench.measure().reported_for.empty());
        }
        const auto again = bench.report({40001});
        CHECK(again.reported_for.at(40001) == 5s);
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

    TEST_CASE("the ports of a new incarnation have no past") {
        SensorBench bench;
        bench.report({40001});
        bench.sighting.container->started_at = "started-2";
        const auto seen = bench.report({40002});
        CHECK(seen.port_changes == 0);
        CHECK(seen.reported_for.at(40002) == 0s);
    }

    TEST_CASE("a port is expected where one was asked for, or there was one in any incarnation") {
        SensorBench bench;
        CHECK_FALSE(bench.report({}).expects_port);
        bench.sighting.container->asks_for_port = true;
        CHECK(bench.measure().expects_port);
        bench.sighting.container->asks_for_port = false;
        bench.report({40001});
        bench.start_again();
        CHECK(bench.report({}).expects_port);
    }

    TEST_CASE("the first port of a start or of a reconnect is told from one that moved") {
        using Ports = std::set<int>;
        SensorBench bench;
        CHECK(bench.report({40001}).first_ports.empty());  // who knows since when
        bench.sighting.container->started_at = "started-2";
        CHECK(bench.report({40002}).first_ports == Ports{40002});
        CHECK(bench.report({}).first_ports.empty());
        CHECK(bench.report({40002}).first_ports == Ports{40002});
        CHECK(bench.report({40003}).first_ports.empty());
        bench.lose(VpnStatus::stopped);
        bench.report({});
        bench.regain("192.0.2.2");
        CHECK(bench.report({40004}).first_ports == Ports{40004});
        // The next reconnect is not declared yet.
        bench.lose(VpnStatus::stopped);
        bench.regain("192.0.2.3");
        CHECK(bench.report({40005}).first_ports.empty());

        SensorBench without;
        without.report({});
        CHECK(without.report({40001}).first_ports == Ports{40001});
    }

    TEST_CASE("a port is awaited from the first time that a gateway is ready, once per interval") {
        SensorBench bench;
        bench.rotation_interval = 2min;
        bench.public_ip("");
        bench.health(Health::starting);
        bench.measure();
        bench.health(Health::healthy);
        CHECK(bench.measure().port_awaited_for == 0s);
        for (int i = 0; i < 5; ++i) {
            bench.vpn(VpnStatus::stopping);
            bench.measure(10s);
            bench.vpn(VpnStatus::running);
            CHECK(bench.measure(10s).port_awaited_for == (i + 1) * 20s);
        }
        bench.vpn(VpnStatus::stopping);
        bench.measure(10s);
        bench.vpn(VpnStatus::running);
        CHECK(bench.measure(10s).port_awaited_for == 0s);
        CHECK(bench.measure(10min).port_awaited_for == 10min);
        CHECK(bench.start_again().port_awaited_for == 0s);
    }

    TEST_CASE("a gateway that started again between two looks has just become ready") {
        SensorBench bench;
        bench.measure();
        bench.pass(10s);
        CHECK(bench.start_again().ready_for == 0s);
        CHECK(bench.measure().ready_for == 1s);
    }
}
