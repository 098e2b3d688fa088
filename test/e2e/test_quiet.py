"""A world that matches is left alone, and watching it costs next to nothing."""
import os
import time
import unittest

from harness import PoolTest
from holdings import holdings

WATCHED_SECONDS = float(os.environ.get("QUIET_SECONDS", "15"))


class Quiet(PoolTest):
    def test_nothing_happens_in_a_matching_world(self):
        self.watcher.cap = 20
        template = {"probe": {}}  # as shipped
        self.write_spec(20, template=template, checkInterval="5s")
        controller = self.start_controller(log_level="info")
        self.settle(20, ready=False)  # which is told at level debug
        self.wait_until(lambda: "all engines are ready" in controller.log, "all are ready")
        self.wait_until(lambda: self.pool_command("plan").returncode == 0, "nothing is to be done")
        self.let_rounds_pass(2)
        logged = len(controller.log)
        begun, before = time.monotonic(), holdings(controller.process.pid)
        self.assert_nothing_changes(WATCHED_SECONDS)
        after = holdings(controller.process.pid)
        used = after.processor_seconds - before.processor_seconds
        share, memory = used / (time.monotonic() - begun), after.resident_mib
        print(f"20 engines, 5 s interval: {share:.2%} of one core, {memory:.1f} MiB resident")
        self.assertLess(share, 0.03)
        self.assertLess(memory, 64)
        self.assertEqual("", controller.log[logged:], "states were logged, not transitions")


if __name__ == "__main__":
    unittest.main()
