"""Nobody's stream is cut by choice: viewers of real streams while the pool changes."""
import json
import unittest
import urllib.request

from harness import ANY_SLOTS, PoolTest, ids
from player import Viewer
from waiting import PATIENCE_S


class Drain(PoolTest):
    drain = {"timeout": "5m", "idleFor": "1s"}

    def declare(self, replicas, drain=None, **fields):
        self.write_spec(replicas, drain=drain or self.drain,
                        forwardedPort={"stableFor": "1s", "minInterval": "1s", "waitFor": "0s"},
                        **fields)

    def tells(self):
        """What the API says of each engine, by slot."""
        with urllib.request.urlopen(f"http://{self.listen}/api/v1/engines",
                                    timeout=PATIENCE_S) as answer:
            return {each["slot"]: each for each in json.load(answer)["items"]}

    def watch(self, *slots):
        address = self.gateways[0].address
        return {slot: Viewer(f"http://{address}:{19000 + slot}/ace/getstream?id={slot}")
                for slot in slots}

    def wait_until_used(self, *slots):
        self.wait_until(lambda: all((each.get("sessions", -1) > 0) == (slot in slots)
                                    for slot, each in self.tells().items()),
                        f"sessions on {slots}, and nowhere else")

    def wait_until_in_use(self, *slots):
        self.wait_until(lambda: all(self.tells()[slot]["reason"] == "InUse" for slot in slots),
                        f"{slots} wait for their viewers")

    def leave(self, viewer):
        """Nothing was lost until now."""
        self.assertEqual(("", False), (viewer.lost, viewer.ended))
        self.assertGreater(viewer.packets, 0)
        viewer.leave()

    def test_viewers_keep_their_streams_while_the_pool_changes(self):
        self.declare(4)
        controller = self.start_controller()
        before = ids(self.settle(4))
        viewers = self.watch(0, 1, 2, 3)
        self.wait_until_used(0, 1, 2, 3)

        # A new template: each engine is replaced after its viewer left, and no other.
        self.declare(4, template={"env": {"SLOT": "$(SLOT)", "EDIT": "1"}})
        self.wait_until_in_use(0, 1, 2, 3)
        told = self.tells()
        self.assertEqual([3], [slot for slot, each in told.items() if each["draining"]])
        self.assertIn("has 1 session", told[0]["message"])
        self.assertIn("due", told[0])
        self.leave(viewers[2])
        self.wait_until(lambda: ids(self.engines()).get(2, before[2]) != before[2],
                        "the idle engine is replaced")
        self.let_rounds_pass(3)
        self.assertEqual({slot: before[slot] for slot in (0, 1, 3)},
                         {slot: each for slot, each in ids(self.engines()).items() if slot != 2})
        for slot in (0, 1, 3):
            self.leave(viewers[slot])
        self.wait_until(lambda: not set(before.values()) & set(ids(self.engines()).values()),
                        "all are replaced")
        self.settle(4)

        # Fewer engines: the idle go.
        viewers = self.watch(0, 3)
        self.wait_until_used(0, 3)
        watched = {slot: each for slot, each in ids(self.engines()).items() if slot in viewers}
        template = {"env": {"SLOT": "$(SLOT)", "EDIT": "1"}}
        self.declare(2, template=template)
        self.wait_until(lambda: ids(self.engines()) == watched, "the idle engines go")

        # A forwarded port waits for the viewer, and then the engine follows it.
        self.gateways[0].steer("/ports", "40001")
        self.wait_until(lambda: any(each["reason"] == "InUse" for each in self.tells().values()),
                        "an engine is to take the port, and is in use")
        self.let_rounds_pass(2)
        self.assertEqual(watched, ids(self.engines()))
        self.leave(viewers[0])
        self.wait_until(lambda: [each.p2p_port for each in self.engines() if each.slot == 0]
                        == [40001], "the idle engine follows the port")
        self.assertEqual(watched[3], ids(self.engines())[3])

        # drain.timeout is over: the engine goes, and the log says so.
        template["env"]["EDIT"] = "2"
        self.declare(2, template=template, drain={"timeout": "4s", "idleFor": "1s"})
        self.wait_until_in_use(3)
        self.wait_until(lambda: ids(self.engines()).get(3, watched[3]) != watched[3],
                        "the engine in use is replaced")
        self.wait_until(lambda: "1 session ends, as drain.timeout (4s) is over" in controller.log,
                        "the log says why")
        self.wait_until(lambda: viewers[3].ended, "the stream ends")
        self.assertEqual("", viewers[3].lost)
        self.settle(2, ANY_SLOTS)

    def test_a_person_drains_an_engine(self):
        self.declare(2)
        self.start_controller()
        self.settle(2)
        viewers = self.watch(0, 1)
        self.wait_until_used(0, 1)
        before = ids(self.engines())
        unknown = self.command("drain", self.pool + "-7")
        self.assertEqual(1, unknown.returncode)
        self.assertIn(f"there are: {self.pool}-0, {self.pool}-1", unknown.stderr)
        self.assertEqual(0, self.command("drain", self.pool + "-1", "--replace").returncode)
        self.wait_until_in_use(1)
        self.leave(viewers[1])
        self.wait_until(lambda: ids(self.engines()).get(1, before[1]) != before[1],
                        "a new engine takes its place")
        self.assertEqual(0, self.command("drain", self.pool + "-0").returncode)
        self.wait_until_in_use(0)
        self.leave(viewers[0])
        self.settle(1, [1])
        self.assert_nothing_changes(2)
        self.declare(3)
        self.settle(3)

        # The end of all engines waits for viewers, too.
        self.controllers[0].terminate()
        viewer = self.watch(2)[2]
        started = self.start_down()
        self.wait_until(lambda: list(ids(self.engines())) == [2], "the idle engines go")
        self.leave(viewer)
        self.assertEqual(0, started.wait(PATIENCE_S))
        self.assertEqual([], self.engines())


if __name__ == "__main__":
    unittest.main()
