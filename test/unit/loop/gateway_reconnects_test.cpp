// Which signs are a reconnect of a gateway's VPN, and how often one is declared.
#include <doctest/doctest.h>

#include "unit/loop/sensor_bench.h"

using namespace roundhouse;
using namespace roundhouse::test;

TEST_SUITE("gateway reconnects") {
    TEST_CASE("the first observation never is one") {
        SensorBench bench;
        CHECK_FALSE(bench.reconnected_ago());
        SensorBench lost;
        lost.lose(VpnStatus::crashed);
        CHECK_FALSE(lost.reconnected_ago());
    }

    TEST_CASE("each of the four signs is one, and its age grows") {
        SensorBench health;
        health.silence();
        health.measure();
        health.health(Health::unhealthy);
        CHECK_FALSE(health.reconnected_ago());
        health.health(Health::healthy);
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
        ip.public_ip("192.0.2.2");
        CHECK(ip.reconnected_ago() == 0s);

        SensorBench forgotten;
        forgotten.measure();
        forgotten.public_ip("");
        CHECK_FALSE(forgotten.reconnected_ago());
        forgotten.public_ip("192.0.2.1");
        CHECK(forgotten.reconnected_ago() == 0s);
    }

    TEST_CASE("what is unknown for a while is no sign") {
        SensorBench bench;
        bench.measure();
        bench.silence();
        CHECK_FALSE(bench.reconnected_ago());
        bench.regain("192.0.2.1");
        CHECK_FALSE(bench.reconnected_ago());

        SensorBench never_known;
        never_known.public_ip("");
        never_known.measure();
        never_known.public_ip("192.0.2.1");
        CHECK_FALSE(never_known.reconnected_ago());
    }

    TEST_CASE("an IP that was forgotten before the VPN was seen to be down is one sign with that") {
        SensorBench bench;
        bench.measure();
        bench.public_ip("");
        bench.measure();
        bench.lose(VpnStatus::stopped);
        bench.regain("");
        bench.measure();
        bench.regain("192.0.2.1");
        bench.pass(10min);
        CHECK(bench.declared.size() == 1);
    }

    TEST_CASE("an IP that comes and goes costs one rotation per interval") {
        SensorBench bench;
        bench.measure();
        for (int i = 0; i < 75; ++i) {
            bench.public_ip(i % 2 == 0 ? "" : "192.0.2.1");
            bench.pass(8s);
        }
        CHECK(bench.declared.size() == 2);
    }

    TEST_CASE("a VPN that is down and then cannot be asked is not back yet") {
        SensorBench bench;
        bench.measure();
        bench.lose(VpnStatus::stopped);
        bench.silence();
        CHECK_FALSE(bench.reconnected_ago());
        bench.regain("192.0.2.1");
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
        // Its age is that of its first sign: what was created since then is not restarted.
        CHECK(bench.reconnected_ago() == 3s);
        CHECK(bench.reconnected_ago() == 4s);
    }

    TEST_CASE("a gateway that has another name for a moment keeps its memory") {
        SensorBench bench;
        bench.measure();
        bench.public_ip("192.0.2.2");
        CHECK(bench.reconnected_ago() == 0s);
        const auto container = std::exchange(bench.sighting.container, std::nullopt);
        CHECK_FALSE(bench.reconnected_ago());
        bench.sighting.container = container;
        bench.public_ip("192.0.2.3");
        const GatewayView view = bench.measure();
        CHECK(view.reconnected_ago == 2s);  // the next one waits for its turn
        CHECK(view.next_rotation_in);
    }

    TEST_CASE("a reconnect is declared once its gateway is ready") {
        SensorBench bench;
        bench.measure();
        bench.lose(VpnStatus::crashed);
        bench.regain("192.0.2.1");
        bench.health(Health::unhealthy);
        for (int i = 0; i < 3; ++i)
            CHECK_FALSE(bench.reconnected_ago());
        bench.health(Health::healthy);
        CHECK(bench.reconnected_ago() == 3s);
    }

    TEST_CASE("a public IP that does not come is waited for 30 s at most") {
        SensorBench bench;
        bench.measure();
        bench.lose(VpnStatus::stopped);
        bench.regain("");
        bench.measure();
        CHECK_FALSE(bench.measure(29s).reconnected_ago);
        CHECK(bench.measure(1s).reconnected_ago == 30s);
    }

    TEST_CASE("a public IP that comes 40 s late belongs to the reconnect that was declared") {
        SensorBench bench;
        bench.measure();
        bench.lose(VpnStatus::stopped);
        SUBCASE("unknown until then") {
            bench.regain("");
        }
        SUBCASE("the former one until then") {
            bench.regain("192.0.2.1");
        }
        bench.pass(40s);
        bench.public_ip("192.0.2.2");
        CHECK_FALSE(bench.measure().next_rotation_in);
        bench.pass(10min);
        CHECK(bench.declared.size() == 1);
        bench.public_ip("192.0.2.3");
        bench.measure();
        CHECK(bench.declared.size() == 2);
    }

    TEST_CASE("only the first other IP, and only within two minutes, belongs to a reconnect") {
        SensorBench late;
        late.measure();
        late.lose(VpnStatus::stopped);
        late.regain("192.0.2.1");
        late.pass(122s);
        late.public_ip("192.0.2.2");
        CHECK(late.measure().next_rotation_in == 178s);

        SensorBench second;
        second.measure();
        second.lose(VpnStatus::stopped);
        second.regain("192.0.2.2");
        second.measure();
        second.public_ip("192.0.2.3");
        CHECK(second.measure().next_rotation_in == 299s);
    }

    TEST_CASE("reconnects are declared once per interval, the latest with its first sign") {
        SensorBench bench;
        bench.measure();
        const auto reconnect = [&] {
            bench.lose(VpnStatus::stopped);
            bench.regain("192.0.2.1");
            return bench.measure();
        };
        CHECK(reconnect().reconnected_ago == 0s);
        const GatewayView second = reconnect();
        CHECK(second.reconnected_ago == 2s);
        CHECK(second.next_rotation_in == 298s);
        CHECK(reconnect().next_rotation_in == 296s);
        const GatewayView waits = bench.measure(295s);
        CHECK(waits.reconnected_ago == 299s);
        CHECK(waits.next_rotation_in == 1s);
        const GatewayView declared = bench.measure(1s);
        CHECK(declared.reconnected_ago == 296s);
        CHECK_FALSE(declared.next_rotation_in);
        bench.rotation_interval = 0s;
        CHECK(reconnect().reconnected_ago == 0s);
    }

    TEST_CASE("a public IP that alternates while the VPN runs costs one rotation per interval") {
        const auto alternate = [](SensorBench& bench, Duration time) {
            bench.measure();
            for (int i = 0; i * 8s < time; ++i) {
                bench.public_ip(i % 2 == 0 ? "192.0.2.2" : "192.0.2.1");
                bench.pass(8s);
            }
        };
        SensorBench brief;
        alternate(brief, 35s);
        CHECK(brief.declared.size() == 1);
        SensorBench lasting;
        alternate(lasting, 20min);
        CHECK(lasting.declared.size() == 4);
    }

    TEST_CASE("a health check that flaps is a reconnect only where no control server answers") {
        const auto flap = [](SensorBench& bench, Duration time) {
            bench.measure();
            for (; time > 0s; time -= 10s) {
                bench.health(Health::unhealthy);
                bench.pass(2s);
                bench.health(Health::healthy);
                bench.pass(8s);
            }
        };
        SensorBench asked;
        flap(asked, 12min);
        CHECK(asked.declared.empty());

        SensorBench silent_meanwhile;
        silent_meanwhile.measure();
        silent_meanwhile.health(Health::unhealthy);
        silent_meanwhile.silence();
        silent_meanwhile.pass(20s);
        silent_meanwhile.health(Health::healthy);
        silent_meanwhile.measure();
        silent_meanwhile.regain("192.0.2.1");
        silent_meanwhile.pass(10s);
        CHECK(silent_meanwhile.declared.empty());

        SensorBench not_known;
        not_known.measure();
        not_known.silence();
        not_known.health(Health::unhealthy);
        not_known.pass(62s);
        not_known.health(Health::healthy);
        not_known.sighting.reading_awaited = true;
        not_known.measure();
        not_known.sighting.reading_awaited = false;
        not_known.sighting.unknown = "Docker does not answer";
        not_known.measure();
        not_known.sighting.unknown.clear();
        not_known.regain("192.0.2.1");
        not_known.pass(1s);
        CHECK(not_known.declared.empty());

        SensorBench nobody_to_ask;
        nobody_to_ask.silence();
        flap(nobody_to_ask, 4min);
        CHECK(nobody_to_ask.declared.size() == 1);
        flap(nobody_to_ask, 8min);
        CHECK(nobody_to_ask.declared.size() == 3);

        SensorBench no_longer;
        no_longer.measure();
        no_longer.silence();
        no_longer.pass(62s);
        flap(no_longer, 20s);
        CHECK(no_longer.declared.size() == 1);
    }

    TEST_CASE("a new port comes after the new public IP, and belongs to the same reconnect") {
        SensorBench bench;
        bench.report({40001});
        bench.lose(VpnStatus::stopped);
        bench.report({});
        bench.regain("192.0.2.2");
        CHECK_FALSE(bench.reconnected_ago());
        CHECK(bench.report({40002}).reconnected_ago == 1s);
    }

    TEST_CASE("a gateway that was started again had no reconnect: its engines are stranded") {
        SensorBench bench;
        bench.measure();
        bench.sighting.container->id = "id-of-another";
        bench.public_ip("192.0.2.2");
        CHECK_FALSE(bench.reconnected_ago());
    }
}
