"""Images that are missing or broken: reported, retried with a pause, and harmful to no engine."""
import json
import time
import unittest

from docker_host import docker
from harness import ENGINE_IMAGE, PoolTest, ids

# Port 9 of this machine: no registry answers there, and no network is needed to find out.
NO_SUCH_IMAGE = "127.0.0.1:9/roundhouse/none:1"


class Images(PoolTest):
    def creates_since(self, moment):
        return [change for change in self.watcher.changes_since(moment) if change[1] == "create"]

    def stable(self):
        conditions = json.loads(self.command("get", "pool", "-o", "json").stdout)
        return next(each for each in conditions["status"]["conditions"]
                    if each["type"] == "Stable")

    def last_lines(self):
        items = json.loads(self.command("get", "engines", "-o", "json").stdout)["items"]
        return items[0].get("lastLines")

    def test_one_that_does_not_exist(self):
        self.write_spec(2, template={"image": NO_SUCH_IMAGE, "pullPolicy": "IfNotPresent"})
        controller = self.start_controller()
        self.wait_until(lambda: NO_SUCH_IMAGE in controller.log, "the log names the image")
        self.assertEqual([], self.engines())
        self.write_spec(2)
        self.settle(2)

    def test_one_that_must_not_be_pulled(self):
        self.write_spec(1, template={"image": NO_SUCH_IMAGE, "pullPolicy": "Never"})
        controller = self.start_controller()
        self.wait_until(lambda: "ImageMissing" in controller.log, "the reason is logged")
        self.write_spec(1)
        self.settle(1)

    def test_a_bad_new_image_leaves_the_old_engines_serving(self):
        self.write_spec(3)
        self.start_controller()
        before = ids(self.settle(3))
        self.write_spec(3, template={"image": NO_SUCH_IMAGE, "pullPolicy": "IfNotPresent"})
        self.assert_nothing_changes(3)
        self.assertEqual(before, ids(self.settle(3)))

    def test_one_that_exits_at_once_is_retried_with_a_growing_pause(self):
        """And `get pool` names the cause, what the engine wrote last, and what to do."""
        begun = time.time()
        words = "listen tcp :$(HTTP_PORT): \x1b[31mbind: address already in use"
        self.write_spec(1, template={"args": ["exit", "7", "loading $(TOKEN)", words],
                                     "env": {"TOKEN": "do-not-tell"}})
        controller = self.start_controller()
        self.wait_until(lambda: len(self.creates_since(begun)) >= 4, "it is tried four times")
        moments = [change[0] for change in self.creates_since(begun)]
        pauses = [later - earlier for earlier, later in zip(moments, moments[1:])]
        self.assertGreater(pauses[1], 0.8, pauses)
        self.assertGreater(pauses[2], 1.6, pauses)
        wrote = 'it wrote last: "listen tcp :19000: bind: address already in use"'
        self.assertIn("7", controller.log)
        self.assertIn(f"engine={self.pool}-0", controller.log)
        self.wait_until(lambda: wrote in self.stable()["message"], "the last line is told")
        self.assertEqual(("False", "PortInUse"), (self.stable()["status"], self.stable()["reason"]))
        self.assertIn("template.args", self.stable()["message"])
        told = self.wait_until(self.last_lines, "the engine's last lines are known")
        self.assertEqual(["loading $(TOKEN)", "listen tcp :19000: bind: address already in use"],
                         told)
        self.wait_until(lambda: wrote in self.command("get", "events").stdout, "an event has it")
        self.assertNotIn("do-not-tell", controller.log)
        self.write_spec(1)
        self.settle(1)

    def test_a_rollout_to_an_image_that_exits_stops_at_the_first(self):
        self.write_spec(3)
        self.start_controller()
        before = set(ids(self.settle(3)).values())
        self.write_spec(3, template={"args": ["exit", "7"]})

        def left():
            return {engine.id for engine in self.engines() if engine.state == "running"} & before

        self.wait_until(lambda: len(left()) < 3, "the rollout begins")
        self.let_rounds_pass(4)
        self.assertEqual(2, len(left()), "the rollout went on over a broken engine")
        self.write_spec(3)
        self.settle(3)

    def test_a_slot_whose_port_a_stranger_uses_is_passed_over(self):
        docker("run", "--detach", "--init", "--name", f"{self.pool}-stranger",
               "--network", f"container:{self.gateways[0].name}", "--env", "BIND_ALL=1",
               "--env", "HTTP_PORT=19001", "--env", "HTTPS_PORT=18001", "--env", "API_PORT=18002",
               "--env", "P2P_PORT=18003", ENGINE_IMAGE)
        self.write_spec(4)
        self.start_controller()
        self.settle(4, slots=[0, 2, 3, 4])
        self.assert_nothing_changes(2)
        docker("rm", "--force", f"{self.pool}-stranger")
        self.assert_nothing_changes(2)  # what serves stays where it is


if __name__ == "__main__":
    unittest.main()
