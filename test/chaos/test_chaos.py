"""Chaos on real Docker: random things happen to a pool with two gateways, while independent
watchers follow Docker's events and the kernel's tables; then they end, and the pool has to come to
rest.

    CHAOS_SECONDS=120 CHAOS_SEED=1 python3 -m unittest -v test_chaos

The same seed makes the same list of disturbances; how the world meets them is its own."""
import os
import random
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))

from disturbances import Disturbances
from docker_host import docker
from harness import ANY_SLOTS, HASTY_PROBE, PoolTest
from namespaces import NamespaceWatcher
from private_docker import use_private_docker

SECONDS = float(os.environ.get("CHAOS_SECONDS", "120"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
CAP = 5


class Chaos(PoolTest):
    gateway_count = 2

    @classmethod
    def setUpClass(cls):
        cls.daemon = use_private_docker(cls.addClassCleanup)
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.timers = []
        self.told = []
        for gateway in self.gateways:
            gateway.remove()
            gateway.make("--restart", "always")
        self.watcher.cap = CAP
        self.namespaces = NamespaceWatcher(self.pool, self.gateways, self.watcher.violations)
        self.namespaces.start()
        self.addCleanup(self.namespaces.close)

    # --- what disturbances need

    def write_pool(self, replicas, edit="0", in_place=False):
        self.write_spec(replicas, template={"env": {"SLOT": "$(SLOT)", "EDIT": edit},
                                            "probe": HASTY_PROBE},
                        maxActiveReplicas=CAP, in_place=in_place,
                        forwardedPort={"stableFor": "1s", "minInterval": "5s"})

    def at_a_later_time(self, seconds, what):
        timer = threading.Timer(seconds, what)
        timer.start()
        self.timers.append(timer)

    def later(self, seconds, *command):
        self.at_a_later_time(seconds, lambda: docker(*command, check=False))

    def restart_daemon(self):
        self.daemon.stop()
        time.sleep(1)
        self.daemon.start()

    def say(self, line):
        self.told.append(f"{time.time() - self.begun:7.2f} s  {line}")

    def account(self):
        return (f"CHAOS_SEED={SEED} CHAOS_SECONDS={SECONDS:g}\n" + "\n".join(self.told[-40:]) +
                "\nviolations: " + "\n".join(self.watcher.violations) + "\n" + super().account())

    # --- the story

    def test_whatever_happens_it_comes_to_rest(self):
        self.begun = time.time()
        dice = random.Random(SEED)
        disturbances = Disturbances(self, dice)
        self.write_pool(4)
        self.start_controller()
        self.settle(4, ANY_SLOTS)
        while time.time() < self.begun + SECONDS and not self.watcher.violations:
            self.say(disturbances.one())
            time.sleep(dice.expovariate(1 / 0.7))
        self.assertEqual([], self.watcher.violations, self.account())
        self.end_of_chaos(disturbances)

        started = time.time()
        engines = self.settle(4, ANY_SLOTS)
        self.wait_until_told("Progressing", "False")
        print(f"\n{len(self.told)} disturbances (seed {SEED}), {self.namespaces.looks} looks at "
              f"the kernel's tables; at rest {time.time() - started:.1f} s after the last",
              file=sys.stderr)
        self.wait_until_silent()
        self.assertEqual(4, len(engines))
        self.assertEqual(0, self.controllers[-1].terminate())
        self.assertEqual(0, self.pool_command("down").returncode)
        self.assertEqual([], self.engines())

    def end_of_chaos(self, disturbances):
        for timer in self.timers:
            timer.cancel()
            timer.join()
        self.say("the disturbances end")
        self.controllers[-1].process.send_signal(signal.SIGCONT)
        disturbances.end()
        self.wait_until_healthy()
        if not self.controllers[-1].alive:
            self.fail("the controller has ended by itself\n" + self.account())
        self.write_pool(4)

    def wait_until_silent(self):
        """An even spread and the forwarded ports may take a few more steps."""
        def silent():
            return not self.watcher.changes_since(time.time() - 10)

        self.wait_until(silent, "nothing changes for 10 s")


if __name__ == "__main__":
    unittest.main()
