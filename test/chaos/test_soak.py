"""Soak: the controller runs for long in front of a world that changes, and must not grow.

    SOAK_MINUTES=600 SOAK_CSV=soak.csv python3 -m unittest -v test_soak

Not among the tests that CI runs. Each minute it prints what the process holds; in the end the last
third must not hold more than the first."""
import os
import random
import statistics
import sys
import time
import unittest

import test_chaos
from disturbances import Disturbances
from holdings import holdings

MINUTES = float(os.environ.get("SOAK_MINUTES", "0"))
CSV = os.environ.get("SOAK_CSV", "")


class Soak(test_chaos.Chaos):
    test_whatever_happens_it_comes_to_rest = None  # that is test_chaos

    @unittest.skipUnless(MINUTES, "a soak takes SOAK_MINUTES")
    def test_it_does_not_grow(self):
        self.begun = time.time()
        dice = random.Random(test_chaos.SEED)
        disturbances = Disturbances(self, dice)
        # One process for the whole time, and a daemon that stays.
        for kind in (disturbances.controller_is_killed, disturbances.daemon_is_restarted):
            disturbances.kinds.pop(kind)
        self.write_pool(4)
        controller = self.start_controller()
        rows = []
        while time.time() < self.begun + 60 * MINUTES:
            minute = time.time() + 60
            while time.time() < minute:
                self.say(disturbances.one())
                time.sleep(dice.expovariate(1 / 5))
            rows.append((time.time() - self.begun, *holdings(controller.process.pid)))
            line = "%.0f s: %d kB resident, %d files, %d threads, %.2f s of processor" % rows[-1]
            print(line, file=sys.stderr, flush=True)
            if CSV:
                with open(CSV, "a", encoding="ascii") as file:
                    file.write(",".join(f"{value:g}" for value in rows[-1]) + "\n")
            self.assertEqual([], self.watcher.violations, self.account())
        self.end_of_chaos(disturbances)
        self.judge(rows)

    def judge(self, rows):
        third = max(len(rows) // 3, 1)
        for column, what, slack in ((1, "kB resident", 1.1), (2, "files", 1), (3, "threads", 1)):
            first = statistics.median(row[column] for row in rows[:third])
            last = statistics.median(row[column] for row in rows[-third:])
            print(f"{what}: {first:g} in the first third, {last:g} in the last", file=sys.stderr)
            # Threads and files come and go with what is under way.
            self.assertLessEqual(last, first * slack + 5, what)


if __name__ == "__main__":
    unittest.main()
