"""Gluetun's control server: releases, keys, addresses, faults, and what the VPN's status means."""
import os
import time
import unittest

import docker_host
from docker_host import docker
from forwarded import CHECK_S, ONCE, ForwardedTest
from harness import ids, require
from local_gateway import PROGRAM, LocalGateway


class ControlServerTest(ForwardedTest):
    gateway_environment = {"GLUETUN_PORTS": "40001"}

    def key_file(self, key):
        """A file with that key; called again, it replaces the key."""
        path = os.path.join(self.folder, "key")
        with open(path, "w") as file:
            file.write(key + "\n")
        return path


class Releases(ControlServerTest):
    gateway_count = 0
    key = "s3cret-key"
    releases = (("v3.38", ""), ("v3.40", ""), ("v3.41", ""), ("v3.41", key), ("master", key))

    def test_the_port_is_read_from_each_of_them(self):
        ports = list(range(40001, 40001 + len(self.releases)))
        for port, (profile, key) in zip(ports, self.releases):
            self.start_gateway(profile, {"GLUETUN_PORTS": str(port), "GLUETUN_API_KEY": key})
        access = {"apiKeyFile": self.key_file(self.key)}
        self.begin(len(ports), gateways=[{"container": gateway.name, "controlServer": access}
                                         for gateway in self.gateways])
        holders = self.wait_for_holders(ports)
        self.assertEqual(self.gateways, [self.gateway_of(holders[port]) for port in ports])


class Keys(ControlServerTest):
    gateway_environment = {"GLUETUN_API_KEY": "right-s3cret", "GLUETUN_PORTS": "40001"}

    def test_a_wrong_one_is_mended_without_a_restart(self):
        path = self.key_file("wrong-s3cret")
        self.begin(2, gateways=self.control_server(apiKeyFile=path))
        self.wait_until(lambda: "refuses the key" in self.controllers[0].log,
                        "the refusal is reported")
        self.wait_until_told("ForwardedPortReady", "False")
        self.assert_nothing_changes(2)
        self.assertEqual({}, self.holders())
        self.key_file("right-s3cret")
        self.wait_for_holders([40001])
        self.assertNotIn("s3cret", self.controllers[0].log)
        for engine in self.engines():
            self.assertNotIn("s3cret", str(docker_host.inspect(engine.id)))


class Address(ControlServerTest):
    engines_are_there = False

    def test_what_the_spec_says_is_asked_instead_of_the_gateway(self):
        require(os.access(PROGRAM, os.X_OK), "STANDIN_PROGRAMS, the folder of the stand-ins")
        other = LocalGateway("v3.41", {"GLUETUN_PORTS": "40007"})
        self.addCleanup(other.stop)
        self.begin(2, gateways=self.control_server(address="localhost", port=other.control_port),
                   template={"probe": {"period": "200ms", "startupTimeout": "1s"}})
        self.wait_for_holders([40007])
        self.assertEqual({}, self.gateway.requests())
        # Engines are probed there as well, and none is there: that is not held against them.
        self.wait_until(lambda: "ProbeUnreachable" in self.controllers[0].log, "it is logged")
        self.assert_nothing_changes(3)


class BrokenControlServer(ControlServerTest):
    faults = ("hang", "drop", "drip", "huge", "garbage", "noise", "500", "401", "404",
              "redirect http://192.0.2.9/v1/portforward", "redirect /v1/portforward")

    def test_no_reply_stops_or_removes_an_engine(self):
        self.begin(2)
        self.wait_for_holders([40001])
        begun = time.time()
        for fault in self.faults:
            with self.subTest(fault=fault):
                self.gateway.fault(fault)
                self.wait_for_rounds(self.gateway)
                self.assertEqual([], self.watcher.changes_since(begun), self.account())
        self.gateway.fault("refuse")
        self.assert_nothing_changes(2)
        self.assertTrue(self.controllers[0].alive)

    def test_no_reply_stops_the_loop_or_keeps_engines_out(self):
        self.gateway.fault("refuse")
        self.begin(2)
        for fault in ("hang", "garbage"):
            with self.subTest(fault=fault):
                self.gateway.fault(fault)
                lost = self.engines()[0]
                docker("rm", "--force", lost.name)
                self.wait_until(lambda: ids(self.engines()).get(0) not in (None, lost.id),
                                "a lost engine is replaced")
        self.gateway.fault("none")
        self.wait_for_holders([40001])


class VpnStates(ForwardedTest):
    """Gluetun is up and healthy, and its VPN is not: nothing new is made, nothing is removed."""

    def test_not_running_keeps_new_engines_out_and_old_ones_in(self):
        before = ids(self.begin(1, reconnect={"restartEngines": False},
                                failover={"after": "1h"}))
        self.watcher.cap = 2
        begun = time.time()
        self.gateway.vpn("stopped")
        self.wait_until_told("GatewayReady", "False")
        self.scale(2)
        for status in ("stopped", "starting", "stopping", "crashed"):
            with self.subTest(status=status):
                self.gateway.vpn(status)
                self.wait_for_rounds(self.gateway)
                self.assertEqual([], self.watcher.changes_since(begun), self.account())
        self.assert_nothing_changes(1)
        self.gateway.vpn("running")
        self.assertEqual(before[0], ids(self.settle(2))[0])


class Traffic(ControlServerTest):
    def test_one_read_in_a_round(self):
        # However many engines there are, each route is asked once.
        self.begin(4, ONCE)
        self.wait_for_holders([40001])
        self.wait_until(lambda: self.pool_command("plan").returncode == 0, "nothing is to be done")
        before, begun, rounds = self.gateway.requests(), time.monotonic(), 12

        def enough():
            asked = {route: count - before.get(route, 0)
                     for route, count in self.gateway.requests().items()}
            return asked if asked.get("GET /v1/portforward 200", 0) >= rounds else None

        asked = self.wait_until(enough, "rounds go by")
        # Some of the first may follow each other closely: Docker's events bring extra ones.
        self.assertGreater(time.monotonic() - begun, rounds / 2 * CHECK_S)
        for route, count in asked.items():
            self.assertLessEqual(count, asked["GET /v1/portforward 200"] + 1, route)


if __name__ == "__main__":
    unittest.main()
