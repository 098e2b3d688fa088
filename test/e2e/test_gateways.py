"""Gateways come and go; engines follow their namespace."""
import time
import unittest

from docker_host import docker
from harness import PoolTest, ids


class OneGateway(PoolTest):
    def setUp(self):
        super().setUp()
        self.watcher.cap = 3
        self.gateway = self.gateways[0]
        self.write_spec(3)
        self.start_controller()
        self.before = self.settle(3)

    def settle_replaced(self):
        """Waits until none of the engines of before is left and three serve."""
        self.wait_until(lambda: not set(ids(self.engines()).values()) &
                        set(ids(self.before).values()), "the stranded engines are replaced")
        return self.settle(3)

    def healthy_again(self):
        self.wait_until_healthy()
        return time.monotonic()

    def test_restarted_with_the_same_id(self):
        self.gateway.restart()
        healthy_at = self.healthy_again()
        engines = self.settle_replaced()
        seconds = time.monotonic() - healthy_at
        print(f"three stranded engines serve {seconds * 1000:.0f} ms after their gateway is ready")
        for engine in engines:
            self.assertEqual(self.gateway.started_at,
                             engine.labels["roundhouse.gateway-started-at"])

    def test_removed_and_made_again(self):
        self.gateway.remove()
        self.gateway.make()
        self.healthy_again()
        for engine in self.settle_replaced():
            self.assertEqual("container:" + self.gateway.id, engine.network_mode)

    def test_stopped_for_a_while(self):
        self.gateway.stop()
        stopped_at = time.time()
        self.let_rounds_pass(4)  # longer than failover.after, and there is no other gateway
        made = [change for change in self.watcher.changes_since(stopped_at)
                if change[1] == "create"]
        self.assertEqual([], made, "an engine was made for a gateway that does not run")
        self.gateway.start()
        self.healthy_again()
        self.settle_replaced()

    def test_unhealthy_keeps_new_engines_out_and_old_ones_in(self):
        self.gateway.set_health("unhealthy")
        self.wait_until(lambda: self.gateway.health == "unhealthy", "Docker knows it")
        self.write_spec(5, reconnect={"restartEngines": False})
        self.assert_nothing_changes(2)
        self.gateway.set_health("healthy")
        self.watcher.cap = 5
        after = ids(self.settle(5))
        self.assertEqual(ids(self.before), {slot: after[slot] for slot in range(3)})

    def test_one_without_a_health_check(self):
        self.gateway.remove()
        self.gateway.make("--no-healthcheck")
        self.settle_replaced()

    def test_not_there_at_first(self):
        self.gateway.remove()
        self.wait_until(lambda: self.gateway.name in self.controllers[0].log, "it is missed")
        docker("rm", "--force", *[engine.id for engine in self.before])
        self.assertEqual([], self.engines())
        self.gateway.make()
        self.settle(3)

    def test_called_as_compose_calls_it(self):
        """The spec names a service; the container is called PROJECT-SERVICE-1."""
        name = self.gateway.name
        docker("rename", name, f"media-{name}-1")
        self.addCleanup(docker, "rename", f"media-{name}-1", name, check=False)

        def told():
            return self.command("get", "pool").stdout

        near = f"gateway {name} does not exist; did you mean media-{name}-1 (image "
        self.wait_until(lambda: near in told(), "the container that is near is named")
        self.assertRegex(told(), "PortsPublished +Unknown +PortsNotKnown")
        docker("rename", f"media-{name}-1", name)
        self.settle(3)


class TwoGateways(PoolTest):
    gateway_count = 2

    def setUp(self):
        super().setUp()
        self.watcher.cap = 4
        self.wait_until_healthy()
        self.write_spec(4)
        self.start_controller()
        self.before = self.settle(4)

    def count_by_gateway(self):
        hosts = [self.gateway_of(engine) for engine in self.engines()]
        return sorted(hosts.count(gateway) for gateway in self.gateways)

    def test_engines_are_spread(self):
        self.assertEqual([2, 2], self.count_by_gateway())

    def test_gone_and_another_has_room(self):
        self.gateways[0].remove()
        self.wait_until(lambda: self.count_by_gateway() == [0, 4], "all moved to the other gateway")
        self.settle(4)

    def test_unhealthy_for_longer_than_failover_after(self):
        self.gateways[0].set_health("unhealthy")
        self.wait_until(lambda: self.count_by_gateway() == [0, 4], "all moved to the other gateway")
        self.settle(4)

    def test_both_restarted_at_once(self):
        docker("restart", "--time", "1", *[gateway.name for gateway in self.gateways])
        self.wait_until(lambda: not set(ids(self.engines()).values()) &
                        set(ids(self.before).values()), "every engine is replaced")
        self.settle(4)


class TwoRanges(PoolTest):
    """Two gateways that publish different ports of one machine, reached as clients reach them."""

    gateway_count = 2
    bases = (19000, 19100)

    def setUp(self):
        super().setUp()
        self.watcher.cap = 4
        # A loopback address of the test's own: all ports are free there.
        octets = int(self.pool.removeprefix("e2e-"), 16).to_bytes(3, "big")
        self.published_at = "127." + ".".join(str(1 + octet % 254) for octet in octets)
        for gateway, base in zip(self.gateways, self.bases):
            ports = f"{base}-{base + 3}"
            gateway.remove()
            gateway.make("--publish", f"{self.published_at}:{ports}:{ports}")
        self.wait_until_healthy()

    def declare(self, second):
        self.write_spec(4, gateways=[self.gateways[0].name, second])
        if not self.controllers:
            self.start_controller()

    def assert_published(self, engines):
        """Each answers at its gateway's base and its slot, from outside of Docker."""
        for engine in engines:
            base = self.bases[self.gateways.index(self.gateway_of(engine))]
            self.assertEqual(base + engine.slot, engine.http_port)
            self.assertTrue(engine.answers(self.published_at), engine)

    def test_engines_listen_on_what_their_gateway_publishes_also_after_failover(self):
        self.declare({"container": self.gateways[1].name, "ports": {"http": 19100}})
        engines = self.settle(4)
        self.assertEqual([0, 0, 100, 100], sorted(engine.http_port - 19000 - engine.slot
                                                  for engine in engines))
        self.assert_published(engines)
        self.wait_until_told("PortsPublished", "True")
        self.gateways[1].remove()
        self.wait_until(lambda: {self.gateway_of(engine) for engine in self.engines()} ==
                        {self.gateways[0]} and len(self.engines()) == 4, "all are behind the other")
        self.assert_published(self.settle(4))

    def test_a_wrong_range_is_told_with_the_right_one(self):
        self.declare({"container": self.gateways[1].name})
        self.wait_until_told("PortsPublished", "False")
        told = self.command("get", "pool").stdout
        self.assertIn("publishes none of the ports 19000-19019, but 19100-19103", told)
        self.assertIn("write ports: {http: 19100} under this gateway in the spec", told)
        self.declare({"container": self.gateways[1].name, "ports": {"http": 19100}})
        self.wait_until_told("PortsPublished", "True")
        self.wait_until(lambda: all(engine.answers(self.published_at) for engine in self.engines()),
                        "every engine can be reached from outside")
        self.assert_published(self.settle(4))

    def test_what_a_missing_gateway_publishes_is_not_known(self):
        self.gateways[1].remove()
        self.declare({"container": self.gateways[1].name, "ports": {"http": 19100}})
        self.wait_until_told("PortsPublished", "Unknown")


if __name__ == "__main__":
    unittest.main()
