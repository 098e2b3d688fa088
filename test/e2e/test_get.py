"""`roundhouse get` in front of an API that says what a test likes."""
import json
import os
import subprocess
import tempfile
import threading
import unittest

from api_standin import ApiStandin, condition, engine
from harness import BINARY
from waiting import PATIENCE_S


class Get(unittest.TestCase):
    def setUp(self):
        self.api = ApiStandin()
        self.api.happens("spec accepted", message="pool=acestream")
        self.api.start()
        self.addCleanup(self.api.stop)

    def environment(self):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith("ROUNDHOUSE_")}
        return kept | {"ROUNDHOUSE_LISTEN": f"0.0.0.0:{self.api.port}"}

    def get(self, *arguments):
        return subprocess.run([BINARY, "get", *arguments], capture_output=True, text=True,
                              timeout=PATIENCE_S, env=self.environment())

    def lines_of(self, *arguments):
        done = self.get(*arguments)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return done.stdout.splitlines()

    def test_tables(self):
        self.api.engines[2] = engine(2, ready=False, state="exited", reason="Backoff", failures=4,
                                     message="exited with code 1")
        header, *rows = self.lines_of("engines")
        self.assertEqual(["ENGINE", "READY", "SESSIONS", "STATE"], header.split()[:4])
        self.assertEqual(["acestream-2", "no", "-", "exited", "Backoff"],
                         rows[2].split()[:5])
        self.assertTrue(self.lines_of("engines", "-o", "wide")[3].endswith("exited with code 1"))
        self.assertEqual(["gluetun", "yes", "ready", "2h", "running", "192.0.2.1", "40001", "3"],
                         self.lines_of("gateways")[1].split())
        self.assertTrue(self.lines_of("events")[1].endswith("pool=acestream"))
        self.api.conditions.append(condition("Capped", "True", "Capped", "5 asked for"))
        pool = self.lines_of("pool")
        self.assertEqual(["acestream", "3", "3", "2", "3", "20"], pool[1].split())
        self.assertTrue(pool[-1].endswith("5 asked for"))

    def test_json_and_yaml_hold_everything(self):
        for what in ("pool", "engines", "gateways", "events"):
            told = json.loads("\n".join(self.lines_of(what, "-o", "json")))
            expected = self.api.reply(f"/api/v1/{what}")
            for each in (told, expected):
                each.pop("observedAt", None)
            self.assertEqual(expected, told)
        self.assertEqual(["items:", "- id: 1"], self.lines_of("events", "-o", "yaml")[:2])

    def test_a_health_check_prints_nothing(self):
        done = self.get("pool", "--quiet")
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))
        self.api.alive = False
        done = self.get("pool", "--quiet")
        self.assertEqual((1, "", ""), (done.returncode, done.stdout, done.stderr))
        self.assertEqual(0, self.get("pool").returncode)
        self.api.stop()
        done = self.get("pool", "--quiet")
        self.assertEqual((69, "", ""), (done.returncode, done.stdout, done.stderr))

    def test_without_a_controller_it_says_where_it_asked(self):
        self.api.stop()
        done = self.get("pool")
        self.assertEqual((69, ""), (done.returncode, done.stdout))
        self.assertIn(f"http://127.0.0.1:{self.api.port} cannot be reached: connection refused",
                      done.stderr)

    def test_the_key_comes_from_a_file(self):
        self.api.key = "open-sesame"
        done = self.get("engines")
        self.assertEqual(1, done.returncode)
        self.assertIn("--api-key-file", done.stderr)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("open-barley\n")
            file.flush()
            done = self.get("engines", "--api-key-file", file.name)
            self.assertEqual(1, done.returncode)
            self.assertIn("refuses the API key in " + file.name, done.stderr)
            self.assertNotIn("barley", done.stderr)
            file.seek(0)
            file.write("open-sesame\n")
            file.flush()
            self.assertEqual(4, len(self.lines_of("engines", "--api-key-file", file.name)))

    def test_another_server_is_recognised(self):
        self.api.reply = lambda path: "not what was expected" if path == "/api/v1/pool" else None
        done = self.get("gateways")
        self.assertEqual(1, done.returncode)
        self.assertIn("answered HTTP 404: no such path", done.stderr)

    def follow(self, *arguments):
        process = subprocess.Popen([BINARY, "get", "-w", *arguments], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.environment())
        # A test that fails must end.
        guard = threading.Timer(20, process.kill)
        guard.start()
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(guard.cancel)
        return process

    def test_following_events_prints_each_once(self):
        following = self.follow("events", "-o", "json")
        self.assertEqual("spec accepted", json.loads(following.stdout.readline())["what"])
        for number in range(3):
            self.api.happens("engine created", engine=f"acestream-{number}")
        told = [json.loads(following.stdout.readline()) for _ in range(3)]
        self.assertEqual([2, 3, 4], [event["id"] for event in told])

    def test_following_engines_prints_what_changes(self):
        following = self.follow("engines")
        first = [following.stdout.readline() for _ in range(4)]
        self.assertIn("acestream-2", first[3])
        self.api.engines[2] = engine(2, ready=False, reason="Starting")
        self.assertEqual("\n", following.stdout.readline())
        second = [following.stdout.readline() for _ in range(4)]
        self.assertEqual(first[:3], second[:3])
        self.assertEqual(["acestream-2", "no"], second[3].split()[:2])

    def test_following_survives_a_controller_that_goes_away(self):
        following = self.follow("events")
        following.stdout.readline()
        self.assertIn("spec accepted", following.stdout.readline())
        self.api.stop()
        self.assertIn("cannot be reached", following.stderr.readline())
        # A new controller counts its events from the start.
        self.api.events = []
        self.api.happens("roundhouse starts", lastTime="2999-01-01T00:00:00Z")
        self.api.start()
        self.assertIn("answers again", following.stderr.readline())
        self.assertIn("roundhouse starts", following.stdout.readline())


class Several(unittest.TestCase):
    """The controllers at the addresses of one name, of which the last one does not answer."""

    def setUp(self):
        self.first = self.standin("127.0.0.1", "gluetun-a-pod")
        self.second = self.standin("127.0.0.2", "gluetun-b-pod", port=self.first.port)
        for number, api in enumerate((self.first, self.second)):
            api.engines = [engine(0, gateway=f"gluetun-{number}")]
            api.happens("spec accepted", message=f"pool={number}")
        hosts = tempfile.NamedTemporaryFile("w", encoding="utf-8")
        self.addCleanup(hosts.close)
        hosts.write("".join(f"127.0.0.{n} agents.test\n" for n in (2, 3, 1)))
        hosts.flush()
        os.chmod(hosts.name, 0o644)
        # Only in its own view of the file system has the name these addresses.
        self.apart = ["unshare", "--mount", "--map-root-user", "sh", "-c",
                      'mount --bind "$0" /etc/hosts && exec "$@"', hosts.name]
        done = subprocess.run([*self.apart, "true"], capture_output=True, text=True,
                              timeout=PATIENCE_S)
        if done.returncode != 0 and os.environ.get("CI") != "true":
            self.skipTest(done.stderr)

    def standin(self, host, name, port=0):
        api = ApiStandin(host=host, name=name)
        api.port = port
        api.start()
        self.addCleanup(api.stop)
        return api

    def get(self, *arguments):
        return subprocess.run(
            [*self.apart, BINARY, "get", *arguments, "--server",
             f"dns:agents.test:{self.first.port}"], capture_output=True, text=True,
            timeout=PATIENCE_S)

    def test_one_table_has_the_engines_of_all_and_who_does_not_answer(self):
        done = self.get("engines")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        header, *rows = (line.split() for line in done.stdout.splitlines())
        self.assertEqual(["CONTROLLER", "ENGINE"], header[:2])
        self.assertEqual(["gluetun-a-pod", "acestream-0", "yes"], rows[0][:3])
        self.assertEqual(["gluetun-b-pod", "acestream-0", "yes"], rows[1][:3])
        self.assertEqual("127.0.0.3", rows[2][0])
        self.assertIn("cannot be reached: connection refused", " ".join(rows[2]))
        self.assertEqual(3, len(rows))

    def test_json_says_whose_each_item_is(self):
        for what in ("pool", "engines", "gateways", "events"):
            told = json.loads(self.get(what, "-o", "json").stdout)
            self.assertEqual(["gluetun-a-pod", "gluetun-b-pod"],
                             [item["controller"] for item in told["items"]])
            self.assertEqual({"127.0.0.1": True, "127.0.0.2": True, "127.0.0.3": False},
                             {each["address"]: each["answers"] for each in told["controllers"]})

    def test_health_is_that_of_all_who_answer(self):
        self.assertEqual(0, self.get("pool", "--quiet").returncode)
        self.second.alive = False
        self.assertEqual(1, self.get("pool", "--quiet").returncode)
        self.first.stop()
        self.second.stop()
        self.assertEqual(69, self.get("pool", "--quiet").returncode)
        said = self.get("pool").stderr
        self.assertIn("of the 3 controllers at 'agents.test' none answers: ", said)
        self.assertIn("http://127.0.0.2:", said)


if __name__ == "__main__":
    unittest.main()
