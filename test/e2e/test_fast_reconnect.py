"""A VPN that reconnects between two looks: Gluetun's commands make roundhouse look."""
import os
import re
import time
import unittest

import docker_host
from harness import PoolTest, ids

DOCUMENT = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "gluetun.md")


class FastReconnect(PoolTest):
    """A restart takes 0.1 s, as WireGuard's does, and looks come once a minute."""

    replicas = 2
    key = "of-this-test"

    def setUp(self):
        super().setUp()
        host = docker_host.look(f"/networks/{self.pool}")["IPAM"]["Config"][0]["Gateway"]
        self.listen = f"{host}:{self.listen.rsplit(':')[-1]}"
        self.watcher.cap = self.replicas
        self.write_spec(self.replicas, checkInterval="1m", failover={"after": "1h"},
                        forwardedPort={"stableFor": "1s", "minInterval": "1h"})

    def start(self, commands):
        """A gateway with these commands, and a controller that its namespace reaches."""
        key_file = os.path.join(self.folder, "key")
        with open(key_file, "w") as file:
            file.write(self.key)
        gateway = self.gateways[0]
        gateway.remove()
        gateway.environment = {"GLUETUN_PORTS": "40001"} | commands
        gateway.make()
        self.wait_until_healthy()
        self.start_controller(environment={"ROUNDHOUSE_API_KEY_FILE": key_file})
        before = ids(self.settle(self.replicas))
        self.assert_nothing_changes(2)  # the looks that follow a change are over
        return gateway, before

    def documented_command(self):
        """That of examples/gluetun.md, for the address and the key of this test."""
        with open(DOCUMENT, encoding="utf-8") as file:
            command = re.search(r"^VPN_PORT_FORWARDING_DOWN_COMMAND=(.*)$", file.read(), re.M)[1]
        return command.replace("ADDRESS:9190", self.listen).replace("KEY", self.key)

    def test_it_is_noticed_where_gluetun_tells(self):
        command = self.documented_command()
        gateway, before = self.start({"VPN_PORT_FORWARDING_UP_COMMAND": command,
                                      "VPN_PORT_FORWARDING_DOWN_COMMAND": command})
        begun = time.time()
        gateway.reconnect(100, 5000, 5000)  # a busy machine may take seconds to run the command
        self.wait_until(lambda: not set(ids(self.engines()).values()) & set(before.values()),
                        "all engines are replaced")
        self.assertIn("GatewayReconnected", self.controllers[0].log)
        noticed = min(at for at, action, _, _ in self.watcher.changes_since(begun)) - begun
        print(f"a reconnect of 0.1 s with the same address is acted upon after {noticed:.2f} s")

    def test_without_the_commands_nothing_shows_it(self):
        gateway, before = self.start({})
        gateway.reconnect(100, 2000, 2000)
        self.assert_nothing_changes(3)
        self.assertEqual(before, ids(self.engines()))


if __name__ == "__main__":
    unittest.main()
