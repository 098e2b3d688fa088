"""Others live in a gateway's network, too: other pools and strangers. And what only a witness in
that network can tell: an engine that hangs, a gateway that was renamed."""
import json
import os
import time
import unittest

import docker_host
from docker_host import docker
from harness import ENGINE_IMAGE, HASTY_PROBE, Controller, Engine, PoolTest, ids
from steering import free_ports


class OtherPool:
    """Another pool with the same spec behind the same gateways, and a controller of its own."""

    def __init__(self, test):
        self.test = test
        self.name = test.pool + "x"  # it is removed with the test's own containers
        self.folder = os.path.join(test.folder, "other")
        self.spec_path = os.path.join(self.folder, "engines.yaml")
        self.variables = {"ROUNDHOUSE_LISTEN": f"127.0.0.1:{free_ports(1)[0]}",
                          "ROUNDHOUSE_STATE_DIR": os.path.join(self.folder, "state")}
        os.mkdir(self.folder)

    def environment(self, extra=None):
        return self.test.environment(self.variables | (extra or {}))

    def start_controller(self, replicas):
        spec = json.loads(self.test.spec(replicas))
        spec["metadata"]["name"] = self.name
        with open(self.spec_path, "w") as file:
            json.dump(spec, file)
        self.controller = Controller(self)
        self.test.addCleanup(lambda: self.controller.alive and self.controller.kill())

    def engines(self):
        rows = docker_host.list_by_label(f"roundhouse.pool={self.name}")
        return sorted((Engine(row) for row in rows), key=lambda engine: engine.slot)


class NeighboursTest(PoolTest):
    def setUp(self):
        super().setUp()
        self.gateway = self.gateways[0]
        self.wait_until_healthy()

    def get(self, what, environment=None):
        done = self.command("get", what, "-o", "json", environment=environment)
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout)

    def condition(self, kind, environment=None):
        conditions = self.get("pool", environment)["status"]["conditions"]
        return next(each for each in conditions if each["type"] == kind)


class TwoPools(NeighboursTest):
    def setUp(self):
        super().setUp()
        self.other = OtherPool(self)
        self.watcher.cap = 2
        self.write_spec(2)

    def settle_both(self):
        """Waits until both pools have two engines that serve; returns the slots of each."""
        def matched():
            engines, others = self.engines(), self.other.engines()
            slots = {engine.slot for engine in engines + others}
            return (len(engines) == len(others) == 2 and len(slots) == 4
                    and all(each.answers(self.gateway.address) for each in engines + others)
                    and self.controllers[0].says("Ready", "True")
                    and self.other.controller.says("Ready", "True"))

        self.wait_until(matched, f"both pools are ready; the other one has {self.other.name}")
        return set(ids(self.engines())), set(ids(self.other.engines()))

    def test_one_after_the_other(self):
        self.start_controller()
        before = ids(self.settle(2))
        self.other.start_controller(2)
        self.assertEqual(({0, 1}, {2, 3}), self.settle_both())
        self.assertEqual(before, ids(self.engines()), "an engine made room for another pool's")

        self.wait_until_told("PortsFree", "False")
        clash = self.condition("PortsFree")
        self.assertEqual("PortConflict", clash["reason"])
        self.assertIn(f"container {self.other.name}-2 of pool {self.other.name}", clash["message"])
        theirs = self.condition("PortsFree", self.other.variables)
        self.assertEqual(("False", "PortConflict"), (theirs["status"], theirs["reason"]))
        self.assertIn(f"container {self.pool}-0 of pool {self.pool}", theirs["message"])

        self.assert_nothing_changes(2)
        self.assertEqual(0, self.other.controller.terminate())
        docker("rm", "--force", *[engine.name for engine in self.other.engines()])
        self.wait_until_told("PortsFree", "True")
        self.assertEqual(before, ids(self.engines()))

    def test_both_at_the_same_time(self):
        self.start_controller()
        self.other.start_controller(2)
        self.settle_both()
        self.assert_nothing_changes(2)

    def test_no_port_is_left(self):
        self.write_spec(1, maxActiveReplicas=1)
        self.other.start_controller(1)
        self.wait_until(lambda: self.other.controller.says("Ready", "True"), "the other is ready")
        self.start_controller()
        self.wait_until(lambda: f"stop container {self.other.name}-0 of pool {self.other.name}" in
                        self.command("get", "engines", "-o", "wide").stdout, "it says what to do")
        waiting = self.get("engines")["items"]
        self.assertEqual(["PortConflict"], [engine["reason"] for engine in waiting])
        progressing = self.condition("Progressing")
        self.assertEqual(("False", "Stuck"), (progressing["status"], progressing["reason"]))
        self.assertIn("nothing happens by itself", progressing["message"])
        self.assert_nothing_changes(2)

        self.assertEqual(0, self.other.controller.terminate())
        docker("rm", "--force", f"{self.other.name}-0")
        self.settle(1)


class Strangers(NeighboursTest):
    def test_a_stranger_listens_on_the_port_of_a_slot(self):
        stranger = docker("run", "--detach", "--init", "--name", f"{self.pool}-stranger",
                          "--network", f"container:{self.gateway.name}",
                          "--env", "HTTP_PORT=19001", "--env", "BIND_ALL=1", ENGINE_IMAGE)
        self.watcher.protect(stranger)
        self.addCleanup(self.watcher.release, stranger)
        self.watcher.cap = 3
        self.write_spec(3)
        self.start_controller()
        engines = self.settle(3, slots=[0, 2, 3])
        self.assertEqual([0, 0, 0], [engine.failures for engine in engines])
        touched = [name for _, _, name, _ in self.watcher.changes_since(0)]
        self.assertNotIn(f"{self.pool}-1", touched, "slot 1 was tried")
        self.assert_nothing_changes(2)


class Hanging(NeighboursTest):
    def test_an_engine_that_accepts_no_more_is_replaced(self):
        self.watcher.cap = 3
        self.write_spec(3, {"probe": HASTY_PROBE})
        controller = self.start_controller()
        before = self.settle(3)
        begun = time.monotonic()
        docker("kill", "--signal", "USR1", before[1].name)
        self.wait_until(lambda: ids(self.engines()).get(1) not in (None, before[1].id),
                        "the hanging engine is replaced")
        print(f"an engine that accepts no more is replaced after {time.monotonic() - begun:.1f} s")
        after = ids(self.settle(3))
        self.assertEqual((before[0].id, before[2].id), (after[0], after[2]))
        self.assertIn("ProbeFailed", controller.log)


class Renamed(NeighboursTest):
    def test_a_gateway_is_renamed_and_the_spec_follows(self):
        self.write_spec(3)
        self.watcher.cap = 3
        self.start_controller()
        before = ids(self.settle(3))
        new_name = f"{self.pool}-renamed"
        docker("rename", self.gateway.name, new_name)
        self.gateway.name = new_name
        self.write_spec(3)
        self.wait_until(lambda: self.get("gateways")["items"][0]["name"] == new_name,
                        "the controller follows the spec")
        self.wait_for_rounds(self.gateway)
        self.assert_nothing_changes(2)
        self.settle(3)
        self.assertEqual(before, ids(self.engines()))


if __name__ == "__main__":
    unittest.main()
