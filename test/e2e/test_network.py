"""A pool without gateways: engines on a Docker network, their ports published on this machine."""
import unittest

from harness import PoolTest

PORTS = {"http": 29100, "https": 29200, "api": 29300, "p2p": 29400}


class NetworkPool(PoolTest):
    gateway_count = 0

    def serving(self):
        return [engine.slot for engine in self.engines() if engine.answers("127.0.0.1")]

    def test_engines_are_reached_through_published_ports(self):
        self.watcher.cap = 3
        self.write_spec(3, gateways=None, failover=None, network=self.pool, ports=PORTS)
        self.start_controller()
        self.wait_until(lambda: self.serving() == [0, 1, 2], "three engines serve on this machine")
        self.wait_until_told("Ready", "True")
        for engine in self.engines():
            self.assertEqual(self.pool, engine.network_mode)
            self.assertEqual(PORTS["http"] + engine.slot, engine.http_port)
        self.write_spec(1, gateways=None, failover=None, network=self.pool, ports=PORTS)
        self.wait_until(lambda: self.serving() == [0] and len(self.engines()) == 1, "one is left")
        self.assert_nothing_changes(2)


if __name__ == "__main__":
    unittest.main()
