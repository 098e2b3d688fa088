"""A Docker daemon of a test's own, in a network namespace of its own, so that nobody else's
containers are restarted, and no bridge of this machine is touched.

DAEMON_ROOT names the root of another system, whose daemon then runs (test/engines/run.sh)."""
import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import tempfile

import docker_host
from harness import require
from waiting import PATIENCE_S, wait_until

NEW_NETWORK_NAMESPACE = 0x40000000
SET_INTERFACE_FLAGS, IS_UP = 0x8914, 1
STANDIN_PROGRAMS = os.environ.get("STANDIN_PROGRAMS", "")
DAEMON_ROOT = os.environ.get("DAEMON_ROOT", "")
# As its root, not by chroot: runc changes the root of containers by pivot_root.
ENTER_ROOT = """
root=$0 folder=$1
shift
mount --rbind "$root" "$root"
for each in proc sys dev; do mount --rbind /$each "$root/$each"; done
mount -t tmpfs run "$root/run"
mkdir -p "$root/$folder" "$root/.host"
mount --rbind "$folder" "$root/$folder"
cd "$root"
pivot_root . .host
umount --lazy /.host
exec "$@"
"""
BUILD_IMAGES = os.path.join(os.path.dirname(__file__), "..", "standins", "build.sh")


def enter_own_network():
    """A network namespace of this process's own, with a loopback that works, where no client gets a
    port that engines are told to listen on (40001 and up). False: may not."""
    if ctypes.CDLL(None).unshare(NEW_NETWORK_NAMESPACE) != 0:
        return False
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SET_INTERFACE_FLAGS, struct.pack("16sh14x", b"lo", IS_UP))
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", "w", encoding="ascii") as file:
            file.write("42000 60999")
    except OSError:  # read-only, in a container
        return False
    return True


def inside(folder, *command):
    """The command in the system at DAEMON_ROOT, which has the folder at the same place."""
    if not DAEMON_ROOT:
        return command
    return ["unshare", "--mount", "--propagation", "slave", "sh", "-e", "-c", ENTER_ROOT,
            DAEMON_ROOT, folder, *command]


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
            inside(self.folder, "dockerd", "--data-root", f"{self.folder}/data",
                   "--exec-root", f"{self.folder}/exec", "--pidfile", f"{self.folder}/pid",
                   "--host", f"unix://{self.socket}", "--storage-driver", "vfs", *options),
            stdout=self.log, stderr=self.log)
        wait_until(lambda: self.process.poll() is not None or docker_host.answers(),
                   "the daemon answers", self.tail)
        assert self.process.poll() is None, self.tail()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(PATIENCE_S)
        self.log.close()

    def tail(self):
        with open(f"{self.folder}/log", errors="replace") as text:
            return "".join(text.readlines()[-20:])


def remove(folder):
    """With what a daemon left mounted there: its data folder, for one, on itself."""
    with open("/proc/self/mounts", encoding="ascii") as mounts:
        places = [line.split()[1] for line in mounts]
    for place in sorted(places, reverse=True):
        if place.startswith(folder + "/"):
            subprocess.run(["umount", "--lazy", place], check=False)
    shutil.rmtree(folder, ignore_errors=True)


def use_private_docker(add_cleanup):
    """From now on this process, and what it starts, has a daemon of its own, with the stand-in
    images; until what `add_cleanup` was given is called. Returns it."""
    require(os.geteuid() == 0 and (DAEMON_ROOT or shutil.which("dockerd")), "root and dockerd")
    require(os.path.exists(f"{STANDIN_PROGRAMS}/standin_engine"), "STANDIN_PROGRAMS")
    require(enter_own_network(), "a network namespace of its own")
    folder = tempfile.mkdtemp(prefix="roundhouse-dockerd-")
    add_cleanup(remove, folder)
    os.environ["DOCKER_HOST"] = f"unix://{folder}/docker.sock"
    daemon = Daemon(folder)
    add_cleanup(daemon.stop)
    subprocess.run([BUILD_IMAGES, STANDIN_PROGRAMS], check=True, stdout=subprocess.DEVNULL)
    return daemon
