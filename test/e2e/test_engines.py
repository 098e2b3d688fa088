"""Engines that die, are removed, or stop answering are replaced; the others are not touched."""
import os
import signal
import time
import unittest

import docker_host
from docker_host import docker
from harness import HASTY_PROBE, PoolTest, ids


class LostEngines(PoolTest):
    def setUp(self):
        super().setUp()
        self.watcher.cap = 3

    def lose(self, act):
        """Has three engines, loses the one in slot 1, waits for three again; returns seconds from
        the loss to the start of the new engine, by Docker's clock."""
        before = self.settle(3)
        begun = time.time()
        act(before[1])
        self.wait_until(lambda: ids(self.engines()).get(1) not in (None, before[1].id),
                        "the lost engine is replaced")
        after = ids(self.settle(3))
        self.assertEqual(before[0].id, after[0])
        self.assertEqual(before[2].id, after[2])
        return self.watcher.seconds_between("die", "start", before[1].name, begun)

    def test_killed_process(self):
        self.write_spec(3, checkInterval="1h")  # Docker's events tell of it
        self.start_controller()

        def kill_process(engine):
            # The namespace's first process is docker-init; its child is the engine.
            init = docker_host.inspect(engine.id)["State"]["Pid"]
            with open(f"/proc/{init}/task/{init}/children") as children:
                child = children.read().split()[0]
            os.kill(int(child), signal.SIGKILL)

        if os.geteuid() != 0:
            self.skipTest("needs root to kill a container's process")
        seconds = self.lose(kill_process)
        print(f"killed engine running again after {seconds * 1000:.0f} ms")

    def test_removed_by_hand(self):
        self.write_spec(3, checkInterval="1h")  # Docker's events tell of it
        self.start_controller()
        seconds = self.lose(lambda engine: docker("rm", "--force", engine.name))
        print(f"removed engine running again after {seconds * 1000:.0f} ms")

    def test_stopped_by_hand(self):
        self.write_spec(3)
        self.start_controller()
        self.lose(lambda engine: docker("stop", "--time", "1", engine.name))

    def test_several_at_once(self):
        self.write_spec(3)
        self.start_controller()
        before = self.settle(3)
        docker("kill", *[engine.name for engine in before])
        self.wait_until(lambda: not set(ids(self.engines()).values()) & set(ids(before).values()),
                        "all three are replaced")
        self.settle(3)

    def test_one_that_hangs(self):
        self.write_spec(1, template={"env": {"HANG_AFTER": "2500"}, "probe": HASTY_PROBE})
        self.start_controller()
        first = self.wait_until(self.engines, "an engine is made")[0]
        self.wait_until(lambda: ids(self.engines()).get(0) not in (None, first.id),
                        "the hanging engine is replaced")
        self.wait_until(lambda: self.engines()[:1] and
                        self.engines()[0].labels.get("roundhouse.failures") not in (None, "0"),
                        "the failure is counted in a label")

    def test_one_that_is_slow_to_start_is_waited_for(self):
        self.write_spec(2, template={"env": {"READY_AFTER": "3000"}})
        self.start_controller()
        self.wait_until(lambda: len(self.engines()) == 2, "two engines are made")
        made = ids(self.engines())
        self.assertEqual(made, ids(self.settle(2)), "it was replaced before it could be ready")

    def test_one_that_ignores_sigterm(self):
        self.write_spec(2, template={"env": {"IGNORE_SIGTERM": "1"}})
        self.start_controller()
        self.settle(2)
        self.write_spec(1, template={"env": {"IGNORE_SIGTERM": "1"}})
        self.settle(1)

    def test_engines_are_made_as_the_design_says(self):
        self.write_spec(1, template={"args": ["--port=$(P2P_PORT)"], "labels": {"team": "red"},
                                     "tmpfs": ["/scratch:size=1m"],
                                     "resources": {"memory": "64Mi", "cpus": "0.5", "pids": 50}})
        self.start_controller()
        engine = self.settle(1)[0]
        seen = docker_host.inspect(engine.id)
        host = seen["HostConfig"]
        self.assertEqual("no", host["RestartPolicy"]["Name"] or "no")
        self.assertEqual("container:" + self.gateways[0].id, host["NetworkMode"])
        self.assertTrue(host["Init"])
        self.assertEqual(64 << 20, host["Memory"])
        self.assertEqual(500_000_000, host["NanoCpus"])
        self.assertEqual(50, host["PidsLimit"])
        self.assertIn("/scratch", host["Tmpfs"])
        self.assertEqual(["NONE"], seen["Config"]["Healthcheck"]["Test"])
        self.assertEqual(["--port=22000"], seen["Config"]["Cmd"])
        for entry in ("HTTP_PORT=19000", "HTTPS_PORT=20000", "API_PORT=21000", "P2P_PORT=22000"):
            self.assertIn(entry, seen["Config"]["Env"])
        labels = seen["Config"]["Labels"]
        self.assertEqual("red", labels["team"])
        self.assertEqual(self.gateways[0].id, labels["roundhouse.gateway-id"])
        self.assertEqual(self.gateways[0].started_at, labels["roundhouse.gateway-started-at"])


if __name__ == "__main__":
    unittest.main()
