"""examples/quickstart.sh, run as the README says, at an address of this test's own."""
import os
import re
import secrets
import shutil
import subprocess
import unittest
import urllib.request

import docker_host
from docker_host import docker
from harness import ENGINE_IMAGE, require
from waiting import PATIENCE_S, wait_until

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
SPEC = f"{TOP}/examples/quickstart/engines.yaml"
PACKET_BYTES = 188


def quickstart(*arguments):
    """What it prints, and its log."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("VPN_")}
    return subprocess.run([f"{TOP}/examples/quickstart.sh", *arguments], capture_output=True,
                          text=True, timeout=400, env=settings, stdin=subprocess.DEVNULL)


def running():
    return docker("ps", "--filter", "label=roundhouse.pool=quickstart", "--format", "{{.Names}}")


class Quickstart(unittest.TestCase):
    def setUp(self):
        require(docker_host.look("/version"), "Docker")
        require(shutil.which("cmake"), "cmake")
        if os.path.exists(f"{TOP}/examples/quickstart/.env"):
            self.skipTest("examples/quickstart/.env has somebody's VPN settings")
        self.address = "127." + ".".join(str(1 + secrets.randbelow(250)) for _ in range(3))
        self.addCleanup(quickstart, "--down")

    def test_from_nothing_to_a_stream_and_back(self):
        with open(SPEC, encoding="utf-8") as file:
            tracked = file.read()
        done = quickstart("--address", self.address)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertLess(len(done.stderr.splitlines()), 12, done.stderr)
        with self.subTest("the addresses work"):
            page = re.search(r"^Look +(\S+)$", done.stdout, re.M)[1]
            with urllib.request.urlopen(page, timeout=PATIENCE_S) as shown:
                self.assertIn(b"<title>roundhouse", shown.read())
            stream = re.search(r"^Play +ffplay '(\S+)'$", done.stdout, re.M)[1]
            with urllib.request.urlopen(stream, timeout=PATIENCE_S) as picture:
                self.assertEqual(b"\x47", picture.read(PACKET_BYTES)[:1], "MPEG-TS")
        with self.subTest("an edit of the copy is followed, and no tracked file is touched"):
            copy = re.search(r"^Edit +(\S+)$", done.stdout, re.M)[1]
            with open(copy, encoding="utf-8") as file:
                edited = file.read().replace("replicas: 3", "replicas: 5")
            with open(copy, "w", encoding="utf-8") as file:
                file.write(edited)
            wait_until(lambda: len(running().split()) == 5, "five engines run", running)
            with open(SPEC, encoding="utf-8") as file:
                self.assertEqual(tracked, file.read())
        with self.subTest("--down removes what runs, and keeps what was built"):
            down = quickstart("--down")
            self.assertEqual(0, down.returncode, down.stderr)
            self.assertEqual("", docker("ps", "--all", "--quiet", "--filter", "name=^quickstart-"))
            self.assertFalse(os.path.exists(copy))
            self.assertTrue(os.path.exists(re.search(r"^Watch +(\S+) get", done.stdout, re.M)[1]))

    def test_what_hinders_it_is_said_at_once(self):
        blocker = f"quickstart-blocker-{secrets.token_hex(3)}"
        self.addCleanup(docker, "rm", "--force", blocker)
        docker("run", "--detach", "--name", blocker, "--publish",
               f"{self.address}:19003:19003", ENGINE_IMAGE)
        done = quickstart("--address", self.address)
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn("19000-19019", done.stderr.strip().splitlines()[-2])


if __name__ == "__main__":
    unittest.main()
