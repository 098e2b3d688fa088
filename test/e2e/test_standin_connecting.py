"""How the stand-in Gluetun connects: as the releases do, part by part."""
import json
import os
import tempfile
import time
import unittest

from local_gateway import LocalGateway
from test_standin_gluetun import StandinTest
from waiting import PATIENCE_S, wait_until


class Connecting(StandinTest):
    """What is known of a VPN comes in parts, in this order: it runs, its address, its ports."""

    def shown(self, gateway):
        return (json.loads(gateway.ask("GET /v1/vpn/status")[1])["status"],
                json.loads(gateway.ask("GET /v1/publicip/ip")[1])["public_ip"],
                json.loads(gateway.ask_for_ports()[1])["port"])

    def stages(self, gateway, last):
        """Everything that is shown until `last` is."""
        seen, deadline = [], time.monotonic() + PATIENCE_S
        while not seen or seen[-1] != last:
            self.assertLess(time.monotonic(), deadline, seen)
            now = self.shown(gateway)
            if now not in seen[-1:]:
                seen.append(now)
        return seen

    STOPPING, RUNNING = ("stopping", "", 0), ("running", "", 0)
    ADDRESS, ALL = ("running", "192.0.2.1", 0), ("running", "192.0.2.1", 40001)

    def test_again(self):
        gateway = self.start(environment={"GLUETUN_PORTS": "40001"})
        self.assertEqual(self.ALL, self.shown(gateway))
        gateway.reconnect(300, 300, 300)
        self.assertEqual([self.STOPPING, self.RUNNING, self.ADDRESS, self.ALL],
                         self.stages(gateway, self.ALL))

    def test_again_in_no_time(self):
        gateway = self.start(environment={"GLUETUN_PORTS": "40001"})
        gateway.reconnect()
        self.assertEqual(self.ALL, self.shown(gateway))

    def test_at_the_start_the_health_check_passes_first(self):
        gateway = self.start(environment={"GLUETUN_PORTS": "40001", "GLUETUN_START": "0,300,300"})
        self.assertEqual([self.RUNNING, self.ADDRESS, self.ALL], self.stages(gateway, self.ALL))
        slow = self.start(environment={"GLUETUN_START": "60000,0,0"})
        self.assertEqual([500, 200], [gate.health_status() for gate in (slow, gateway)])

    def test_not_understood(self):
        self.assertEqual(1, LocalGateway("v3.41", {"GLUETUN_START": "1,2"}).stop())
        gateway = self.start()
        with self.assertRaises(AssertionError):
            gateway.steer("/reconnect", "1,x,2")

    def test_commands(self):
        """The ports are there while the down command runs, and when the up command does."""
        with tempfile.TemporaryDirectory() as folder:
            def note(word):
                return f"/bin/sh -c \"sleep 0.2; echo {word} >>'{folder}/told'\""

            def told():
                try:
                    with open(f"{folder}/told") as file:
                        return file.read().split()
                except OSError:
                    return []

            gateway = self.start(environment={
                "PATH": os.environ["PATH"], "GLUETUN_PORTS": "40001",
                "VPN_PORT_FORWARDING_UP_COMMAND": note("up"),
                "VPN_PORT_FORWARDING_DOWN_COMMAND": note("down")})
            wait_until(lambda: told() == ["up"], "the up command ran")
            gateway.reconnect(100, 100, 100)
            self.assertEqual(self.ALL, self.shown(gateway))
            wait_until(lambda: told() == ["up", "down"], "the down command ran")
            self.stages(gateway, self.ALL)
            wait_until(lambda: told() == ["up", "down", "up"], "the up command ran again")


if __name__ == "__main__":
    unittest.main()
