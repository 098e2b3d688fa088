"""The controller's own life: killed, started again, started twice, asked to end."""
import random
import signal
import subprocess
import time
import unittest

from docker_host import docker
from harness import PoolTest, ids
from waiting import PATIENCE_S


class Life(PoolTest):
    def test_started_again_it_adopts_and_changes_nothing(self):
        self.write_spec(4)
        self.start_controller().process  # the first life
        before = ids(self.settle(4))
        self.controllers[0].kill()
        self.start_controller()
        self.assert_nothing_changes(4)
        self.assertEqual(before, ids(self.settle(4)))

    def test_killed_at_any_time(self):
        self.watcher.cap = 12
        moments = random.Random(2026)
        replicas = [0, 12]
        for life in range(12):
            self.write_spec(replicas[life % 2] if life < 11 else 6)
            controller = self.start_controller()
            time.sleep(moments.uniform(0.02, 0.6))  # the moment is the point of this test
            controller.kill()
        self.start_controller()
        # One that a killed scale-down left dead is one of the six, and comes back where it was.
        self.settle(6)
        self.assert_nothing_changes(2)

    def test_killed_while_engines_are_lost(self):
        self.watcher.cap = 4
        self.write_spec(4)
        moments = random.Random(7)
        for _ in range(5):
            controller = self.start_controller()
            engines = self.settle(4)
            docker("kill", engines[0].name, engines[2].name)
            time.sleep(moments.uniform(0, 0.3))  # the moment is the point of this test
            controller.kill()
        self.start_controller()
        self.settle(4)

    def test_it_catches_up_with_what_changed_while_it_was_away(self):
        self.write_spec(3)
        self.start_controller()
        before = self.settle(3)
        self.controllers[0].kill()
        docker("rm", "--force", before[0].name)
        self.gateways[0].restart()
        self.write_spec(5)
        self.start_controller()
        self.settle(5)

    def test_a_second_one_of_the_pool_is_locked_out(self):
        self.write_spec(2)
        first = self.start_controller()
        self.settle(2)
        second = self.start_controller()
        code = second.process.wait(PATIENCE_S)
        self.assertNotIn(code, (0, 3, 65, 69, 78))
        self.assertIn(str(first.process.pid), second.log)
        self.assertTrue(first.alive)
        first.kill()
        third = self.start_controller()
        self.wait_until(lambda: third.alive, "a stale lock does not block")
        docker("rm", "--force", self.engines()[0].name)
        self.settle(2)

    def test_signals_end_it_and_leave_engines(self):
        self.write_spec(3)
        for number in (signal.SIGTERM, signal.SIGINT):
            controller = self.start_controller()
            # The engines of the first are there at once: that says nothing of the second.
            self.wait_until(lambda: "spec accepted" in controller.log, "the controller is up")
            before = ids(self.settle(3))
            begun = time.monotonic()
            self.assertEqual(0, controller.terminate(number))
            self.assertLess(time.monotonic() - begun, 10)
            self.assertEqual(before, ids(self.settle(3)))

    def test_ending_in_the_middle_of_work(self):
        self.watcher.cap = 20
        self.write_spec(20)
        controller = self.start_controller()
        self.wait_until(lambda: len(self.engines()) >= 3, "some engines are made")
        begun = time.monotonic()
        self.assertEqual(0, controller.terminate())
        self.assertLess(time.monotonic() - begun, 20)
        self.start_controller()
        self.settle(20)

    def test_without_docker_it_waits(self):
        self.write_spec(1)
        controller = self.start_controller(
            environment={"DOCKER_HOST": f"unix://{self.folder}/none.sock"})
        self.wait_until(lambda: "none.sock" in controller.log, "it says what it cannot reach")
        with self.assertRaises(subprocess.TimeoutExpired):
            controller.process.wait(2)
        self.assertEqual(0, controller.terminate())


if __name__ == "__main__":
    unittest.main()
