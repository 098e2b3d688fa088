"""The image of the Dockerfile: what is in it, and what it does without being given anything."""
import io
import os
import re
import secrets
import stat
import shutil
import subprocess
import tarfile
import tempfile
import unittest

import docker_host
from docker_host import docker
from harness import require
from waiting import PATIENCE_S

IMAGE = os.environ.get("ROUNDHOUSE_IMAGE", "roundhouse-test")
DOCKERFILE = os.path.join(os.path.dirname(__file__), "..", "..", "Dockerfile")
LOCKED_UP = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
SPEC = """
apiVersion: roundhouse/v1
kind: EnginePool
metadata: {name: acestream}
spec: {replicas: 1, gateways: [gluetun]}
"""


def files_of(image):
    """path -> tarfile.TarInfo of all that is in an image."""
    container = docker("create", image)
    try:
        export = subprocess.run(["docker", "export", container], check=True, capture_output=True)
    finally:
        docker("rm", container)
    with tarfile.open(fileobj=io.BytesIO(export.stdout)) as archive:
        return {member.name.rstrip("/"): member for member in archive}


class Container(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require(docker_host.answers(), "a Docker Engine that answers")
        cls.image = docker_host.look(f"/images/{IMAGE}/json")
        require(cls.image, f"the image {IMAGE} (test/image/build.sh)")
        cls.files = files_of(IMAGE)

    def run_image(self, *arguments, options=(), user="65532:65532"):
        """Runs it to its end, without network and locked up as in examples/compose."""
        name = "e2e-" + secrets.token_hex(3)
        self.addCleanup(docker, "rm", "--force", "--volumes", name, check=False)
        return subprocess.run(
            ["docker", "run", "--rm", "--name", name, "--network", "none", "--user", user,
             *LOCKED_UP, *options, IMAGE, *arguments],
            capture_output=True, text=True, timeout=PATIENCE_S)

    def run_with_spec(self, command, *options, user="65532:65532"):
        folder = tempfile.mkdtemp(prefix="roundhouse-e2e-")
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        with open(f"{folder}/engines.yaml", "w") as file:
            file.write(SPEC)
        mount = ("--volume", f"{folder}:/etc/roundhouse:ro")
        return self.run_image(command, "-f", "/etc/roundhouse", options=(*mount, *options),
                              user=user)

    def test_it_says_what_it_is(self):
        config = self.image["Config"]
        labels = config["Labels"]
        done = self.run_image("version")
        told = re.match(r"roundhouse (\S+) \(commit (\S+)\)", done.stdout)
        self.assertTrue(told, done)
        self.assertEqual(told.groups(), (labels["org.opencontainers.image.version"],
                                         labels["org.opencontainers.image.revision"]))
        for label in ("title", "description", "base.name"):
            self.assertTrue(labels[f"org.opencontainers.image.{label}"])
        self.assertEqual("65532:65532", config["User"])
        self.assertEqual("SIGTERM", config["StopSignal"])
        self.assertIn("9190/tcp", config["ExposedPorts"])
        self.assertEqual(["CMD", "/usr/bin/roundhouse", "get", "pool", "--quiet"],
                         config["Healthcheck"]["Test"])

    def test_nothing_in_it_but_what_it_needs(self):
        """Two programs, loader and libraries, certificates, licences, and a few lines in etc."""
        expected = re.compile(
            r"usr/bin/(hold|roundhouse)"
            r"|lib(64)?/(.*/)?(ld-linux-[\w-]+|lib[\w.+-]+)\.so[.\d]*"
            r"|etc/(group|nsswitch\.conf|os-release|passwd|ssl/certs/ca-certificates\.crt)"
            r"|usr/share/doc/[\w.+-]+/copyright|var/lib/dpkg/status\.d/[\w.+-]+")
        made_by_docker = {".dockerenv", "dev/console", "etc/hostname", "etc/hosts", "etc/mtab",
                          "etc/resolv.conf"}
        strangers = [path for path, file in self.files.items() if not file.isdir()
                     and path not in made_by_docker and not expected.fullmatch(path)]
        self.assertEqual([], strangers)
        self.assertIn("etc/ssl/certs/ca-certificates.crt", self.files)

    def test_nobody_becomes_more_than_they_are(self):
        for path, file in self.files.items():
            self.assertFalse(file.mode & (stat.S_ISUID | stat.S_ISGID), path)
            if file.issym() or path == "var/lib/roundhouse":
                continue
            self.assertFalse(file.mode & stat.S_IWOTH, path)
            self.assertEqual((0, 0), (file.uid, file.gid), path)
        self.assertEqual(0o1777, stat.S_IMODE(self.files["var/lib/roundhouse"].mode))

    def test_each_library_has_its_licence_and_its_package(self):
        """Scanners for known holes read the packages."""
        packages = {path.split("/")[-1] for path in self.files
                    if path.startswith("var/lib/dpkg/status.d/")}
        self.assertLessEqual({"libc6", "libssl3", "libcurl4", "libyaml-cpp0.7"}, packages)
        for package in packages:
            self.assertIn(f"usr/share/doc/{package}/copyright", self.files)

    def test_any_user_can_run_it(self):
        for user in ("65532:65532", "1000:998", "0:0"):
            done = self.run_with_spec("validate", user=user)
            self.assertEqual(0, done.returncode, done)

    def test_without_the_docker_socket_it_says_what_is_missing(self):
        done = self.run_with_spec("plan")
        self.assertEqual(69, done.returncode, done)
        self.assertIn("/var/run/docker.sock", done.stderr)

    def test_a_socket_without_permission_is_reported(self):
        socket = docker_host.socket_path()
        done = self.run_with_spec("plan", "--volume", f"{socket}:/var/run/docker.sock")
        self.assertEqual(69, done.returncode, done)
        self.assertIn("permission denied", done.stderr.lower())
        self.assertIn("group", done.stderr)


if __name__ == "__main__":
    unittest.main()
