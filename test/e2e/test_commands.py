"""The commands that end by themselves: what they print, what they change, how they exit."""
import json
import os
import unittest

from docker_host import docker
from harness import ENGINE_IMAGE, PoolTest, ids


class Commands(PoolTest):
    def setUp(self):
        super().setUp()
        self.wait_until_healthy()

    def test_plan_prints_and_changes_nothing(self):
        self.write_spec(2)
        pending = self.pool_command("plan")
        self.assertEqual(2, pending.returncode, pending.stderr)
        self.assertIn(f"{self.pool}-0", pending.stdout)
        self.assertIn(f"{self.pool}-1", pending.stdout)
        as_json = self.pool_command("plan", "-o", "json")
        self.assertEqual(2, as_json.returncode, as_json.stderr)
        json.loads(as_json.stdout)
        self.assertEqual([], self.engines())
        self.assertEqual(0, self.pool_command("apply", "--timeout", "30s").returncode)
        matching = self.pool_command("plan")
        self.assertEqual(0, matching.returncode, matching.stdout + matching.stderr)

    def test_plan_works_beside_a_controller(self):
        self.write_spec(2)
        self.start_controller()
        before = ids(self.settle(2))
        self.assertEqual(0, self.pool_command("plan").returncode)
        self.assertEqual(before, ids(self.settle(2)))

    def test_apply_ends_when_the_world_matches(self):
        self.write_spec(3)
        done = self.pool_command("apply", "--timeout", "30s")
        self.assertEqual(0, done.returncode, done.stderr)
        before = ids(self.settle(3))
        again = self.pool_command("apply", "--timeout", "30s")
        self.assertEqual(0, again.returncode, again.stderr)
        self.assertEqual(before, ids(self.settle(3)))

    def test_apply_that_cannot_succeed_says_what_is_missing(self):
        self.write_spec(1, template={"args": ["exit", "7"]})
        done = self.pool_command("apply", "--timeout", "3s")
        self.assertEqual(3, done.returncode, done.stdout + done.stderr)
        self.assertIn(f"{self.pool}-0", done.stdout + done.stderr)

    def test_apply_without_a_gateway_says_so(self):
        self.gateways[0].remove()
        self.write_spec(1)
        done = self.pool_command("apply", "--timeout", "2s")
        self.assertEqual(3, done.returncode, done.stdout + done.stderr)
        self.assertIn(self.gateways[0].name, done.stdout + done.stderr)

    def test_down_removes_this_pool_only(self):
        other = docker("run", "--detach", "--name", f"{self.pool}-other",
                       "--label", "roundhouse.pool=another", ENGINE_IMAGE)
        self.watcher.protect(other)
        self.addCleanup(self.watcher.release, other)
        self.write_spec(3)
        self.assertEqual(0, self.pool_command("apply", "--timeout", "30s").returncode)
        done = self.pool_command("down")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual([], self.engines())
        self.assertEqual(0, self.pool_command("down").returncode, "nothing left to remove is fine")

    def test_validate(self):
        self.write_spec(3)
        good = self.command("validate", "-f", self.spec_path)
        self.assertEqual(0, good.returncode, good.stderr)
        text = self.spec(3).replace('"replicas": 3', '"replicaz": 3').replace('"1s"', '"soon"')
        self.write_text(text)
        bad = self.command("validate", "-f", self.spec_path)
        self.assertEqual(65, bad.returncode)
        told = bad.stdout + bad.stderr
        self.assertIn("spec.replicaz", told)
        self.assertIn("did you mean", told.lower())
        self.assertIn("stopTimeout", told)
        self.assertRegex(told, r"engines\.yaml:\d+:\d+")

    def test_a_bad_spec_stops_apply_and_plan(self):
        self.write_text("kind: Nonsense\n")
        for name in ("apply", "plan", "down"):
            with self.subTest(name):
                self.assertEqual(65, self.pool_command(name).returncode)

    def test_docker_out_of_reach(self):
        self.write_spec(1)
        nowhere = {"DOCKER_HOST": f"unix://{self.folder}/none.sock"}
        for name in ("plan", "down"):
            with self.subTest(name):
                done = self.pool_command(name, environment=nowhere)
                self.assertEqual(69, done.returncode, done.stderr)
                self.assertIn("none.sock", done.stderr)

    def test_flags_and_environment(self):
        self.write_spec(1)
        self.assertEqual(78, self.command("run", "--no-such-flag").returncode)
        self.assertEqual(78, self.command("run").returncode, "-f is required")
        for name, value in (("MAX_ACTIVE_REPLICAS", "many"), ("ROUNDHOUSE_LOG_LEVEL", "loud")):
            done = self.pool_command("run", environment={name: value})
            self.assertEqual(78, done.returncode)
            self.assertIn(name, done.stderr)
            self.assertIn(value, done.stderr)

    def test_schema_and_version(self):
        schema = self.command("schema")
        self.assertEqual(0, schema.returncode)
        self.assertIn("properties", json.loads(schema.stdout))
        self.assertEqual(0, self.command("version").returncode)
        self.assertEqual(0, self.command("--help").returncode)

    def test_results_on_stdout_and_logs_on_stderr(self):
        self.write_spec(1)
        done = self.pool_command("plan", "-o", "json", "--log-level", "debug")
        json.loads(done.stdout)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "engines.yaml")))


if __name__ == "__main__":
    unittest.main()
