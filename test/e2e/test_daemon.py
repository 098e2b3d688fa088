"""The Docker daemon goes away and comes back."""
import unittest

import docker_host
from docker_host import docker
from harness import PoolTest, ids
from private_docker import use_private_docker


class DaemonRestarts(PoolTest):
    @classmethod
    def setUpClass(cls):
        cls.daemon = use_private_docker(cls.addClassCleanup)

    def setUp(self):
        super().setUp()
        self.gateways[0].remove()
        # Docker before 23 runs no health checks any more after a restart with live-restore. If its
        # end interrupts a check, one failure must not leave the gateway unhealthy for good.
        self.gateways[0].make("--restart", "always", "--health-retries", "1000")
        self.write_spec(3)
        self.controller = self.start_controller()
        self.before = self.settle(3)

    def wait_for_complaint(self, logged):
        self.wait_until(lambda: "docker.sock" in self.controller.log[logged:],
                        "the controller says that Docker is away")

    def interval_s(self):
        """While Docker is away, looks are put off for longer and longer."""
        return super().interval_s() if docker_host.answers() else 60

    # PoolTest's account would ask the daemon that is away.
    def account(self):
        return super().account() if docker_host.answers() else self.controller.log[-6000:]

    def test_stopped_and_started(self):
        logged = len(self.controller.log)
        self.daemon.stop()
        self.wait_for_complaint(logged)
        self.let_rounds_pass(2)
        self.assertTrue(self.controller.alive)
        self.daemon.start()
        self.settle(3)
        self.assertEqual(0, self.controller.terminate())

    def test_stopped_while_engines_go_on(self):
        """live-restore: containers outlive the daemon. Nothing may be replaced."""
        self.daemon.stop()
        self.daemon.start("--live-restore")
        before = self.settle(3)
        logged = len(self.controller.log)
        self.daemon.stop()
        self.wait_for_complaint(logged)
        self.daemon.start("--live-restore")
        self.settle(3)
        self.assert_nothing_changes(3)
        self.assertEqual(ids(before), ids(self.engines()))
        docker("rm", "--force", self.engines()[1].name)
        self.settle(3)


if __name__ == "__main__":
    unittest.main()
