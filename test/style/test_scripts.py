"""The test run's own scripts."""
import os
import subprocess
import tempfile
import unittest

import tree

TEST = os.path.join(tree.ROOT, "test")

CTEST_OUTPUT = """\
  1/3 Test  #7: unit.a ...........   Passed    0.31 sec
  2/3 Test #12: sanitized.b ......***Failed  100.52 sec
50% tests passed, 1 tests failed out of 2
  3/3 Test  #1: e2e.c ............   Passed   20.00 sec

67% tests passed, 1 tests failed out of 3

The following tests FAILED:
\t 12 - sanitized.b (Failed)
"""


class Kept(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.runs = os.path.join(self.folder, "runs")

    def kept(self, text, result):
        """The exit code, and how often the command ran so far."""
        done = subprocess.run(
            [f"{TEST}/kept.sh", f"{self.folder}/passed", "sh", "-c",
             f"echo >>'{self.runs}'; exit {result}"], input=text, text=True, capture_output=True)
        with open(self.runs, encoding="utf-8") as file:
            return done.returncode, len(file.readlines())

    def test_a_pass_is_kept_for_the_same_input(self):
        self.assertEqual((0, 1), self.kept("a", 0))
        self.assertEqual((0, 1), self.kept("a", 0))
        self.assertEqual((0, 2), self.kept("b", 0))

    def test_a_failure_is_not_kept(self):
        self.assertEqual((3, 1), self.kept("a", 3))
        self.assertEqual((3, 2), self.kept("a", 3))


class Slowest(unittest.TestCase):
    def test_the_summary_of_ctest_stays_last(self):
        said = subprocess.run(["python3", "-B", f"{TEST}/slowest.py", "61"],
                              input=CTEST_OUTPUT, text=True, capture_output=True).stdout
        tests, summary = CTEST_OUTPUT.split("\n67%")
        self.assertEqual(tests + "\nWhat took longest, in seconds:\n"
                         "      61  the build\n     101  sanitized.b\n      20  e2e.c\n"
                         "       0  unit.a\n\n67%" + summary, said)


if __name__ == "__main__":
    unittest.main()
