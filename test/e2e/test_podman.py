"""The controller on Podman: what it does there is what it does on Docker."""
import time
import unittest

from docker_host import docker
from harness import PoolTest, ids
from private_podman import IS_PODMAN, use_private_podman

NAME = "Podman" if IS_PODMAN else "Docker"


class OnPodman(PoolTest):
    # Podman runs health checks by systemd's timers, which need not be there.
    gateway_options = ["--no-healthcheck"]
    gateway_environment = {"GLUETUN_PORTS": "40001"}

    @classmethod
    def setUpClass(cls):
        use_private_podman(cls.addClassCleanup)

    def begin(self, replicas):
        self.write_spec(replicas, forwardedPort={"stableFor": "1s", "minInterval": "2s"})
        self.controller = self.start_controller()
        return self.settle(replicas)

    def test_scale_heal_and_down(self):
        before = self.begin(2)
        self.assertEqual([True, False], [engine.forwarded for engine in before])
        docker("kill", before[1].name)
        self.wait_until(lambda: ids(self.engines()).get(1) not in (None, before[1].id),
                        "the killed engine is replaced")
        self.write_spec(4)
        healed = self.settle(4)
        self.assertEqual(before[0].id, healed[0].id, "the other engine was touched")
        self.assert_nothing_changes(2)
        self.write_spec(1)
        self.settle(1)

        shown = self.command("get", "pool", "-o", "wide", "--server", self.listen).stdout
        self.assertIn(NAME, shown)
        self.assertRegex(self.controller.log, f"container daemon name={NAME} version=[0-9]")
        self.assertIn(f"runs on {NAME}", self.command("version", "--server").stdout)
        self.assertEqual(0, self.controller.terminate())
        self.assertEqual(0, self.pool_command("down").returncode)
        self.assertEqual([], self.engines())

    def test_a_changed_port_is_followed(self):
        self.begin(2)
        self.gateways[0].set_ports([40002])
        self.wait_until(lambda: [engine.p2p_port for engine in self.engines()
                                 if engine.forwarded] == [40002], "the new port has an engine")
        self.settle(2)

    def test_a_restarted_gateway(self):
        before = set(ids(self.begin(2)).values())
        self.gateways[0].restart()
        self.wait_until(lambda: not before & set(ids(self.engines()).values()),
                        "engines without network are replaced")
        self.settle(2)

    def test_a_stopped_gateway_stays_stopped_and_can_be_made_again(self):
        gateway = self.gateways[0]
        self.begin(2)
        if IS_PODMAN:
            with self.assertRaisesRegex(AssertionError, "dependent containers"):
                gateway.remove()
            self.settle(2)
        stopped = time.time()
        gateway.stop()
        if IS_PODMAN:
            self.wait_until(lambda: not self.engines(), "nothing keeps the gateway")
        self.let_rounds_pass(2)
        starts = [change for change in self.watcher.changes_since(stopped) if change[1] == "start"]
        self.assertEqual([], starts)
        gateway.remove()
        gateway.make()
        self.settle(2)


if __name__ == "__main__":
    unittest.main()
