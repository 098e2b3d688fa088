"""What a command prints reaches its reader, or its exit code says that it did not."""
import subprocess
import time
import unittest

from harness import BINARY, PoolTest
from waiting import PATIENCE_S

SPEC = object()  # stands for the path of the spec


class Results(PoolTest):
    """Each command that prints a result, with one to print."""

    replicas = 1
    without_docker = (
        ("version",), ("--help",), ("get", "--help"), ("schema",), ("schema", "-o", "markdown"),
        ("validate", "-f", SPEC))
    with_docker = (("plan", "-f", SPEC), ("plan", "-o", "json", "-f", SPEC), ("apply", "-f", SPEC))
    of_controller = tuple(
        ("get", what, "-o", form, *follow) for what in ("pool", "engines", "gateways", "events")
        for form, follow in (("table", ()), ("wide", ()), ("json", ()), ("yaml", ("-w",))))

    def run_with(self, stdout, command):
        """Its exit code, and what it said on stderr. `stdout` is a shell's redirection."""
        words = [self.spec_path if word is SPEC else word for word in command]
        if words[0] == "get" and "--help" not in words:
            words += ["--server", self.listen]
        done = subprocess.run(["/bin/sh", "-c", f'exec "$@" {stdout}', "sh", BINARY, *words],
                              stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S,
                              env=self.environment())
        return done.returncode, done.stderr

    def check(self, commands):
        for command in commands:
            for stdout, why in ((">/dev/full", "No space left"), (">&-", "Bad file descriptor")):
                with self.subTest(command=[str(word) for word in command], stdout=stdout):
                    code, said = self.run_with(stdout, command)
                    self.assertEqual(1, code, said)
                    self.assertIn("the result cannot be written: " + why, said)

    def test_a_full_disk_and_a_closed_file_are_failures_of_each_command(self):
        self.watcher.cap = self.replicas
        self.write_spec(self.replicas)
        self.wait_until_healthy()
        self.check(self.without_docker + self.with_docker)
        self.start_controller()
        self.settle(self.replicas)
        self.check(self.of_controller)
        self.assertEqual(0, self.controllers[0].terminate())
        self.check((("down", "-f", SPEC),))

    def test_a_watch_ends_when_its_reader_leaves(self):
        """As `roundhouse get pool -w | head -1` does, although nothing more is printed."""
        self.write_spec(0)
        self.start_controller()
        self.settle(0)
        for what in ("pool", "engines", "gateways", "events"):
            with self.subTest(what=what):
                watch = subprocess.Popen(
                    [BINARY, "get", what, "-w", "--server", self.listen], stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, env=self.environment())
                self.addCleanup(watch.kill)
                self.assertTrue(watch.stdout.readline())
                begun = time.monotonic()
                watch.stdout.close()
                self.assertIn(watch.wait(PATIENCE_S), (0, -13))
                self.assertEqual(b"", watch.stderr.read())
                watch.stderr.close()
                self.assertLess(time.monotonic() - begun, 20)


if __name__ == "__main__":
    unittest.main()
