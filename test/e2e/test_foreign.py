"""Containers that only look like ours are left alone, whatever happens around them."""
import unittest

from docker_host import docker
from harness import ENGINE_IMAGE, PoolTest


class LookAlikes(PoolTest):
    def foreign(self, name, *options):
        identity = docker("run", "--detach", "--init", "--name", name, *options, ENGINE_IMAGE)
        self.watcher.protect(identity)
        # It is removed by the test's own cleaning up only.
        self.addCleanup(self.watcher.release, identity)
        return identity

    def test_a_taken_name_is_passed_over(self):
        self.foreign(f"{self.pool}-1")
        self.write_spec(3)
        self.watcher.cap = 3
        controller = self.start_controller()
        self.settle(3, slots=[0, 2, 3])
        self.assertIn("passed over", controller.log)
        self.write_spec(0)
        self.settle(0)

    def test_a_stopped_one_holds_its_name_too(self):
        identity = docker("create", "--name", f"{self.pool}-0", ENGINE_IMAGE)
        self.watcher.protect(identity)
        self.write_spec(1)
        self.start_controller()
        self.settle(1, slots=[1])

    def test_labels_of_another_pool(self):
        self.foreign(f"{self.pool}-x-0", "--label", f"roundhouse.pool={self.pool}-x",
                     "--label", "roundhouse.slot=0")
        self.foreign(f"{self.pool}0", "--label", "roundhouse.pool=", "--label", "roundhouse.slot=7")
        self.foreign(f"{self.pool}-", "--label", "roundhouse.slot=0")
        self.write_spec(2)
        self.start_controller()
        self.settle(2)
        self.write_spec(0)
        self.settle(0)
        self.controllers[0].terminate()
        done = self.pool_command("down")
        self.assertEqual(0, done.returncode, done.stderr)

    def test_our_pool_label_with_nothing_else_of_ours(self):
        self.foreign(f"{self.pool}-odd", "--label", f"roundhouse.pool={self.pool}")
        self.write_spec(2)
        self.start_controller()
        self.wait_until(lambda: [engine.slot for engine in self.engines()
                                 if engine.state == "running"] == [-1, 0, 1],
                        "two engines beside the stranger")
        self.write_spec(0)
        self.wait_until(lambda: [engine.slot for engine in self.engines()] == [-1],
                        "only the stranger is left")

    def test_the_gateway_itself_is_never_touched(self):
        gateway = self.gateways[0]
        self.watcher.protect(gateway.id)
        self.write_spec(3)
        self.start_controller()
        self.settle(3)
        self.assertEqual(0, self.controllers[0].terminate())
        self.assertEqual(0, self.pool_command("down").returncode)
        self.assertEqual([], self.engines())
        self.watcher.release(gateway.id)


if __name__ == "__main__":
    unittest.main()
