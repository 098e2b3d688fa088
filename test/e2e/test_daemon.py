"""The Docker daemon goes away and comes back. It is a daemon of the test's own, in a network
namespace of its own, so that nobody else's containers are restarted."""
import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import unittest

import docker_host
from docker_host import docker
from harness import PoolTest, ids, require

NEW_NETWORK_NAMESPACE = 0x40000000
SET_INTERFACE_FLAGS, IS_UP = 0x8914, 1
STANDIN_PROGRAMS = os.environ.get("STANDIN_PROGRAMS", "")
BUILD_IMAGES = os.path.join(os.path.dirname(__file__), "..", "standins", "build.sh")


def enter_own_network():
    """A network namespace of this process's own, with a loopback that works. False: may not."""
    if ctypes.CDLL(None).unshare(NEW_NETWORK_NAMESPACE) != 0:
        return False
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SET_INTERFACE_FLAGS, struct.pack("16sh14x", b"lo", IS_UP))
    return True


class Daemon:
    """A private dockerd."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = f"{folder}/docker.sock"
        self.process = None
        self.start()

    def start(self, *options):
        self.log = open(f"{self.folder}/log", "ab")
        self.process = subprocess.Popen(
            ["dockerd", "--data-root", f"{self.folder}/data", "--exec-root", f"{self.folder}/exec",
             "--pidfile", f"{self.folder}/pid", "--host", f"unix://{self.socket}",
             "--storage-driver", "vfs", *options], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 30
        while not docker_host.answers():
            assert time.monotonic() < deadline and self.process.poll() is None, self.tail()
            time.sleep(0.1)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(30)
        self.log.close()

    def tail(self):
        with open(f"{self.folder}/log", errors="replace") as text:
            return "".join(text.readlines()[-20:])


class DaemonRestarts(PoolTest):
    @classmethod
    def setUpClass(cls):
        require(os.geteuid() == 0 and shutil.which("dockerd"), "root and dockerd")
        require(os.path.exists(f"{STANDIN_PROGRAMS}/standin_engine"), "STANDIN_PROGRAMS")
        require(enter_own_network(), "a network namespace of its own")
        folder = tempfile.mkdtemp(prefix="roundhouse-dockerd-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        os.environ["DOCKER_HOST"] = f"unix://{folder}/docker.sock"
        cls.daemon = Daemon(folder)
        cls.addClassCleanup(cls.daemon.stop)
        subprocess.run([BUILD_IMAGES, STANDIN_PROGRAMS], check=True)

    def setUp(self):
        super().setUp()
        self.gateways[0].remove()
        self.gateways[0].make("--restart", "always")
        self.write_spec(3)
        self.controller = self.start_controller()
        self.before = self.settle(3)

    def wait_for_complaint(self, logged):
        self.wait_until(lambda: "docker.sock" in self.controller.log[logged:],
                        "the controller says that Docker is away")

    # PoolTest's account would ask the daemon that is away.
    def account(self):
        return self.controller.log[-6000:] + (str(self.engines()) if docker_host.answers() else "")

    def test_stopped_and_started(self):
        logged = len(self.controller.log)
        self.daemon.stop()
        self.wait_for_complaint(logged)
        time.sleep(2)
        self.assertTrue(self.controller.alive)
        self.daemon.start()
        self.settle(3)
        self.assertEqual(0, self.controller.terminate())

    def test_stopped_while_engines_go_on(self):
        """live-restore: containers outlive the daemon. Nothing may be replaced."""
        self.daemon.stop()
        self.daemon.start("--live-restore")
        before = self.settle(3)
        logged = len(self.controller.log)
        self.daemon.stop()
        self.wait_for_complaint(logged)
        self.daemon.start("--live-restore")
        self.settle(3)
        self.assert_nothing_changes(3)
        self.assertEqual(ids(before), ids(self.engines()))
        docker("rm", "--force", self.engines()[1].name)
        self.settle(3)


if __name__ == "__main__":
    unittest.main()
