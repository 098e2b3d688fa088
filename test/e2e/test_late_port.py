"""The forwarded port comes after Gluetun is called healthy: each engine is made once."""
import time
import unittest

from forwarded import ONCE, ForwardedTest
from harness import ids


class LatePort(ForwardedTest):
    """Healthy at once, its address after half a second, its port 3 s later."""

    late_s = 3
    gateway_environment = {"GLUETUN_PORTS": "40001", "VPN_PORT_FORWARDING": "on",
                           "GLUETUN_START": f"0,500,{late_s * 1000}"}

    def made(self, since):
        return len(self.made_since(since))

    def restart(self):
        before = set(ids(self.engines()).values())
        begun = time.time()
        self.gateway.restart()
        self.wait_until(lambda: len(self.engines()) == self.replicas and
                        not before & set(ids(self.engines()).values()), "all are replaced")
        return begun

    def test_each_engine_is_made_once_at_the_start_and_at_each_restart(self):
        """The port of each start is no move: minInterval, here an hour, does not matter."""
        begun = time.time()
        self.begin(3, ONCE)
        for _ in range(2):
            self.assertEqual(0, self.wait_for_holders([40001])[40001].slot)
            self.assert_nothing_changes(2)
            self.assertEqual(3, self.made(begun), self.account())
            first = min(self.made_since(begun)) - begun
            print(f"the first engines are made after {first:.2f} s, the port comes {self.late_s} s "
                  "after the gateway")
            begun = self.restart()

    def test_the_others_start_at_once_and_get_says_what_the_one_waits_for(self):
        self.gateway.remove()
        self.gateway.environment["GLUETUN_START"] = "0,500,600000"
        self.gateway.make()
        self.wait_until_healthy()
        self.spec_fields = {"forwardedPort": ONCE, "checkInterval": "500ms"}
        self.watcher.cap = 3
        self.scale(3)
        self.start_controller()
        self.wait_until(lambda: [engine.slot for engine in self.engines()] == [1, 2],
                        "two engines are made")
        self.assertIn("ForwardedPortAwaited", self.controllers[0].log)
        told = self.command("get", "engines", "-o", "wide", "--server", self.listen).stdout
        self.assertRegex(told, rf"gateway {self.gateway.name} forwards a port, or in \d+s")

    def test_a_port_that_does_not_come_is_waited_for_no_longer_than_the_spec_says(self):
        self.gateway.set_ports([])
        begun = time.time()
        self.begin(2, {"waitFor": "3s"})
        made = self.made_since(begun)
        self.assertEqual(2, len(made))
        self.assertGreaterEqual(made[1] - made[0], 1.5, "no engine waited")

    def test_nobody_waits_where_none_is_asked_for(self):
        self.gateway.remove()
        self.gateway.environment = {"VPN_PORT_FORWARDING": "off"}
        self.gateway.make()
        begun = time.time()
        self.begin(2, {"waitFor": "1h"})
        self.assertEqual(2, self.made(begun))


if __name__ == "__main__":
    unittest.main()
