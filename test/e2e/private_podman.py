"""A Podman of a test's own: its containers, its images, and its network namespace.

As a program it runs a command on one: private_podman.py COMMAND...
With TEST_DAEMON=docker all of this is about a Docker daemon instead (test/engines/run.sh)."""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import docker_host
from harness import require
from private_docker import (BUILD_IMAGES, DAEMON_ROOT, STANDIN_PROGRAMS, enter_own_network, inside,
                            use_private_docker)
from waiting import PATIENCE_S, wait_until

IS_PODMAN = os.environ.get("TEST_DAEMON", "podman") == "podman"

# Works without systemd, and without the right to raise limits. Nothing is shared with other Podmans
# of this user.
CONFIGURATION = """\
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
"""


class Podman:
    """The service behind Podman's Docker API; its containers live on without it."""

    def __init__(self, folder):
        self.folder = folder
        with open(f"{folder}/containers.conf", "w") as file:
            file.write(CONFIGURATION)
        self.log = open(f"{folder}/log", "ab")
        command = ["podman", "--root", f"{folder}/root", "--runroot", f"{folder}/run",
                   "--tmpdir", f"{folder}/tmp", "--network-config-dir", f"{folder}/networks",
                   "--storage-driver", "vfs", "system", "service", "--time", "0",
                   f"unix://{folder}/podman.sock"]
        configured = os.environ | {"CONTAINERS_CONF": f"{folder}/containers.conf"}
        self.service = subprocess.Popen(inside(folder, *command), env=configured, stdout=self.log,
                                        stderr=self.log)
        wait_until(lambda: self.service.poll() is not None or docker_host.answers(),
                   "Podman answers", self.tail)
        assert self.service.poll() is None, self.tail()

    def stop(self):
        # The engines first: Podman keeps a gateway that others joined.
        rows = docker_host.look("/containers/json", {"all": 1})
        rows.sort(key=lambda row: "roundhouse.pool" not in (row["Labels"] or {}))
        for row in rows:
            docker_host.docker("rm", "--force", "--volumes", row["Id"], check=False)
        self.service.terminate()
        self.service.wait(PATIENCE_S)
        self.log.close()

    def tail(self):
        with open(f"{self.folder}/log", errors="replace") as text:
            return "".join(text.readlines()[-20:])


def use_private_podman(add_cleanup):
    """As use_private_docker, with a Podman."""
    if not IS_PODMAN:
        use_private_docker(add_cleanup)
        return
    require(os.geteuid() == 0 and (DAEMON_ROOT or shutil.which("podman")), "root and podman")
    require(os.path.exists(f"{STANDIN_PROGRAMS}/standin_engine"), "STANDIN_PROGRAMS")
    require(enter_own_network(), "a network namespace of its own")
    folder = tempfile.mkdtemp(prefix="roundhouse-podman-")
    add_cleanup(shutil.rmtree, folder, ignore_errors=True)
    os.environ["DOCKER_HOST"] = f"unix://{folder}/podman.sock"
    add_cleanup(Podman(folder).stop)
    subprocess.run([BUILD_IMAGES, STANDIN_PROGRAMS], check=True, stdout=subprocess.DEVNULL)


def main():
    with contextlib.ExitStack() as stack:
        try:
            use_private_podman(stack.callback)
        except unittest.SkipTest as reason:
            print(f"OK (skipped={reason})")
            return 0
        return subprocess.run(sys.argv[1:]).returncode


if __name__ == "__main__":
    sys.exit(main())
