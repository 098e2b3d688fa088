"""SIGTERM ends every command in time, whatever the disk with the spec does."""
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from harness import BINARY, require
from steering import free_ports
from waiting import PATIENCE_S, wait_until

# Docker kills a container 10 s after it asked it to stop.
IN_TIME_S = 10

# A disk that does not reply any more, as a network file system whose server is gone: once the file
# $HANGS exists, every look at a spec sleeps for ever, and notes in that file that it does.
DISK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void hang(const char* path) {
    if (strstr(path, "engines.yaml") == NULL) return;
    int fd = open(getenv("HANGS"), O_WRONLY | O_APPEND);
    if (fd < 0) return;
    if (write(fd, "x", 1) != 1) abort();
    while (1) pause();
}

int stat(const char* restrict path, struct stat* restrict found) {
    hang(path);
    return ((int (*)(const char*, struct stat*))dlsym(RTLD_NEXT, "stat"))(path, found);
}

int lstat(const char* restrict path, struct stat* restrict found) {
    hang(path);
    return ((int (*)(const char*, struct stat*))dlsym(RTLD_NEXT, "lstat"))(path, found);
}
"""
SPEC = """apiVersion: roundhouse/v1
kind: EnginePool
metadata: {name: hanging}
spec: {replicas: 1, gateways: [gluetun]}
"""


class HangingDisk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require(shutil.which("cc"), "a C compiler")
        cls.folder = tempfile.mkdtemp(prefix="roundhouse-disk-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        with open(f"{cls.folder}/disk.c", "w") as file:
            file.write(DISK)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", f"{cls.folder}/disk.so",
                        f"{cls.folder}/disk.c"], check=True)

    def setUp(self):
        self.own = tempfile.mkdtemp(dir=self.folder)
        self.spec = f"{self.own}/engines.yaml"
        with open(self.spec, "w") as file:
            file.write(SPEC)
        self.hangs = f"{self.own}/hangs"

    def start(self, *arguments):
        self.log = open(f"{self.own}/log", "w+")
        self.addCleanup(self.log.close)
        process = subprocess.Popen(
            [BINARY, *arguments, "-f", self.spec], stdout=self.log, stderr=self.log,
            env=os.environ | {"LD_PRELOAD": f"{self.folder}/disk.so", "HANGS": self.hangs,
                              "DOCKER_HOST": "tcp://127.0.0.1:1", "ROUNDHOUSE_STATE_DIR": self.own,
                              "ROUNDHOUSE_LISTEN": f"127.0.0.1:{free_ports(1)[0]}"})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def said(self):
        with open(f"{self.own}/log") as file:
            return file.read()

    def wait_until(self, condition, what):
        wait_until(condition, what, self.said)

    def hang(self):
        open(self.hangs, "w").close()

    def wait_until_it_hangs(self):
        self.wait_until(lambda: os.path.getsize(self.hangs), "the disk is asked")

    def check_end(self, process, expected):
        begun = time.monotonic()
        process.terminate()
        self.assertEqual(expected, process.wait(PATIENCE_S), self.said())
        took = time.monotonic() - begun
        print(f"with a disk that hangs, SIGTERM ends it after {took:.1f} s")
        self.assertLess(took, IN_TIME_S)

    def run_until_it_is_up(self):
        process = self.start("run")
        self.wait_until(lambda: "spec accepted" in self.said(), "the spec is accepted")
        return process

    def test_while_it_watches(self):
        process = self.run_until_it_is_up()
        self.hang()
        self.wait_until_it_hangs()
        self.check_end(process, 0)

    def test_after_sighup(self):
        process = self.run_until_it_is_up()
        self.hang()
        process.send_signal(signal.SIGHUP)
        self.wait_until_it_hangs()
        process.send_signal(signal.SIGHUP)
        self.check_end(process, 0)

    def test_at_the_start(self):
        for command, expected in (("run", 0), ("apply", 1), ("down", 1)):
            with self.subTest(command=command):
                self.hang()
                process = self.start(command)
                self.wait_until_it_hangs()
                self.check_end(process, expected)

    def test_commands_that_change_nothing_end_at_once(self):
        for command in ("plan", "validate"):
            with self.subTest(command=command):
                self.hang()
                process = self.start(command)
                self.wait_until_it_hangs()
                self.check_end(process, -signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
