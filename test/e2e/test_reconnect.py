"""The VPN reconnects, and gateways are lost and come back."""
import time
import unittest

from harness import PoolTest, ids

QUICKLY = {"checkInterval": "500ms"}


class ReconnectTest(PoolTest):
    restart_engines = True
    replicas = 2

    def setUp(self):
        super().setUp()
        self.gateway = self.gateways[0]
        self.watcher.cap = self.replicas
        self.write_spec(self.replicas, reconnect={"restartEngines": self.restart_engines},
                        failover={"after": "1h"}, **QUICKLY)
        self.start_controller()
        self.before = ids(self.settle(self.replicas))
        self.wait_for_rounds(self.gateway)
        self.begun = time.time()

    def health_fails_and_heals(self):
        self.gateway.set_health("unhealthy")
        self.wait_until_told("GatewayReady", "False")
        self.gateway.set_health("healthy")
        self.wait_until_healthy()

    def vpn_stops_and_starts(self):
        # Its public IP is the same afterwards, so only the status shows it.
        self.gateway.vpn("crashed")
        self.wait_until_told("GatewayReady", "False")
        self.gateway.vpn("running")

    def public_ip_changes(self):
        self.gateway.public_ip("198.51.100.7")


class Restarting(ReconnectTest):
    def check(self, reconnect):
        reconnect()
        self.wait_until(lambda: not set(ids(self.engines()).values()) & set(self.before.values()),
                        "every engine is replaced")
        self.settle(self.replicas)
        self.assertEqual(1, self.watcher.most_down_since(self.begun),
                         "more than maxUnavailable were down at a time")
        self.assertIn("GatewayReconnected", self.controllers[0].log)
        self.assert_nothing_changes(2)

    def test_a_health_check_that_fails_while_the_vpn_runs_is_no_reconnect(self):
        self.health_fails_and_heals()
        self.wait_until_told("GatewayReady", "True")
        self.assert_nothing_changes(2)
        self.assertEqual(self.before, ids(self.engines()))

    def test_vpn_status(self):
        self.check(self.vpn_stops_and_starts)

    def test_public_ip(self):
        self.check(self.public_ip_changes)

    def test_the_first_look_of_a_controller_is_no_reconnect(self):
        self.assertEqual(0, self.controllers[0].terminate())
        self.gateway.public_ip("198.51.100.7")
        self.start_controller()
        self.wait_for_rounds(self.gateway)
        self.assert_nothing_changes(2)

    def test_an_address_that_is_forgotten_and_known_again(self):
        def forget_and_know_again():
            for address in ("", "192.0.2.1"):  # the stand-in's
                self.gateway.public_ip(address)
                self.wait_for_rounds(self.gateway)

        self.check(forget_and_know_again)


class NotRestarting(ReconnectTest):
    restart_engines = False

    def test_nothing_is_replaced(self):
        for reconnect in (self.health_fails_and_heals, self.vpn_stops_and_starts,
                          self.public_ip_changes):
            with self.subTest(reconnect=reconnect.__name__):
                reconnect()
                self.wait_until_told("GatewayReady", "True")
                self.assert_nothing_changes(2)
        self.assertEqual(self.before, ids(self.engines()))


class FailoverAndReturn(PoolTest):
    gateway_count = 2
    failover_s = 2

    def setUp(self):
        super().setUp()
        self.lost = self.gateways[0]
        self.watcher.cap = 4
        self.wait_until_healthy()
        self.fields = {"failover": {"after": f"{self.failover_s}s"},
                       "reconnect": {"restartEngines": False}, **QUICKLY}
        self.write_spec(4, **self.fields)
        self.start_controller()
        self.settle(4)
        self.assertEqual([2, 2], self.spread())

    def spread(self):
        """Engines on each gateway, in the order of the gateways."""
        hosts = [self.gateway_of(engine) for engine in self.engines()]
        return [hosts.count(gateway) for gateway in self.gateways]

    def first_made_since(self, moment):
        """Seconds from `moment` until an engine was created."""
        return min(at for at, action, _, _ in self.watcher.changes_since(moment)
                   if action == "create") - moment

    def check(self, lose, heal):
        stayed = {engine.id for engine in self.engines() if self.gateway_of(engine) != self.lost}
        lost_at = time.time()
        lose()
        self.wait_until(lambda: self.spread() == [0, 4], "all engines moved")
        self.settle(4)
        self.assertGreaterEqual(self.first_made_since(lost_at), self.failover_s,
                                "failover.after was not kept")
        self.assertLessEqual(stayed, {engine.id for engine in self.engines()})

        healed_at = time.time()
        heal()
        self.wait_until(lambda: self.spread() == [2, 2], "an even spread is restored")
        self.settle(4)
        self.assertGreaterEqual(self.first_made_since(healed_at), self.failover_s,
                                "the gateway was not ready for long enough")
        self.assertEqual(1, self.watcher.most_down_since(healed_at),
                         "more than one engine was moved back at a time")
        self.assertIn("Rebalanced", self.controllers[0].log)
        self.assert_nothing_changes(self.failover_s + 1)

    def test_unhealthy(self):
        self.check(lambda: self.lost.set_health("unhealthy"),
                   lambda: self.lost.set_health("healthy"))

    def test_vpn_stopped(self):
        self.check(lambda: self.lost.vpn("stopped"), lambda: self.lost.vpn("running"))

    def test_each_gateway_has_ports_of_its_own(self):
        for number, gateway in enumerate(self.gateways):
            gateway.set_ports([40001 + number])
        self.write_spec(4, forwardedPort={"stableFor": "1s", "minInterval": "1s"}, **self.fields)

        def held():
            return {(self.gateway_of(engine), engine.p2p_port)
                    for engine in self.engines() if engine.forwarded}

        wanted = {(gateway, 40001 + number) for number, gateway in enumerate(self.gateways)}
        self.wait_until(lambda: held() == wanted, "each port is held behind its own gateway")
        self.settle(4)
        self.assertEqual([2, 2], self.spread())


if __name__ == "__main__":
    unittest.main()
