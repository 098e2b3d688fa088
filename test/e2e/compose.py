"""examples/compose, brought up by docker-compose as a user does it, under names of a test's own.
The images that cannot be pulled are replaced by stand-ins, and nothing else."""
import json
import os
import shutil
import subprocess
import tempfile

import yaml

import docker_host
from docker_host import docker
from harness import ENGINE_IMAGE, GATEWAY_IMAGE, Gateway, PoolTest, require
from steering import http_request
from waiting import PATIENCE_S

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
IMAGE = os.environ.get("ROUNDHOUSE_IMAGE", "roundhouse-test")


class ComposeGateway(Gateway):
    """A gateway that docker-compose made."""

    def make(self):
        self.ids.add(self.id)
        self.wait_until_it_listens()


class ComposeTest(PoolTest):
    """`self.compose_folder` is a copy of examples/compose, after ./prepare.sh."""

    gateway_count = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require(shutil.which("docker-compose"), "docker-compose")
        require(docker_host.look(f"/images/{IMAGE}/json"), f"the image {IMAGE}")

    def setUp(self):
        super().setUp()
        self.tree = tempfile.mkdtemp(prefix="roundhouse-compose-")
        self.addCleanup(shutil.rmtree, self.tree)
        os.chmod(self.tree, 0o755)
        for part in ("examples/compose", "manifests"):
            shutil.copytree(f"{TOP}/{part}", f"{self.tree}/{part}")
        self.compose_folder = f"{self.tree}/examples/compose"
        subprocess.run([f"{self.compose_folder}/prepare.sh"], check=True, capture_output=True)
        # A loopback address of the test's own: all published ports are free there.
        octets = int(self.pool.removeprefix("e2e-"), 16).to_bytes(3, "big")
        self.published_at = "127." + ".".join(str(1 + octet % 254) for octet in octets)
        # And a network of its own.
        network = "10." + ".".join(str(octet) for octet in octets[:2])
        self.overlays = []
        self.replaced = {"gluetun": {"image": GATEWAY_IMAGE,
                                     "environment": {"GLUETUN_PORTS": "40001"}}}
        self.settings = {
            "COMPOSE_PROJECT_NAME": self.pool, "ROUNDHOUSE_IMAGE": IMAGE,
            "GLUETUN_CONTAINER_NAME": f"{self.pool}-gluetun", "ROUNDHOUSE_NETWORK": network,
            "ENGINE_ADDRESS": self.published_at, "ROUNDHOUSE_ADDRESS": self.published_at,
            "MONITORING_ADDRESS": self.published_at}

    # --- files

    def path(self, name):
        return os.path.join(self.compose_folder, name)

    def adapt_spec(self, folder, **changes):
        """The spec of that folder with a name, an image and times for a test. It is a folder of
        the project now: its engines.yaml is what write_spec() and the like write."""
        self.spec_path = self.path(f"{folder}/engines.yaml")
        with open(self.spec_path, encoding="utf-8") as file:
            self.declared = yaml.safe_load(file)
        self.declared["metadata"]["name"] = self.pool
        self.declared["spec"].update(changes)
        template = self.declared["spec"]["template"]
        template.update({"image": ENGINE_IMAGE, "pullPolicy": "Never", "stopTimeout": "1s",
                         "probe": {"period": "200ms", "startupTimeout": "10s"}})
        template.pop("command", None)  # the stand-in's program has another name
        self.declare()

    def declare(self, in_place=False, **changes):
        self.declared["spec"].update(changes)
        self.write_text(json.dumps(self.declared, indent=2) + "\n", in_place)

    def environment(self, extra=None):
        return super().environment() | self.settings | (extra or {})

    # --- docker-compose

    def compose(self, *arguments, check=True):
        with open(self.path("replaced.yaml"), "w") as file:
            json.dump({"services": self.replaced}, file)
        files = ["compose.yaml", *self.overlays, "replaced.yaml"]
        chosen = [word for name in files for word in ("--file", name)]
        done = subprocess.run(["docker-compose", *chosen, *arguments], cwd=self.compose_folder,
                              env=self.environment(), capture_output=True, text=True,
                              timeout=PATIENCE_S)
        if check:
            self.assertEqual(0, done.returncode, done)
        return done

    def up(self, *services, gateways=("gluetun",)):
        """As `docker compose up -d`."""
        self.addCleanup(self.compose, "down", "--volumes", "--remove-orphans", check=False)
        self.compose("up", "--detach", "--no-build", *services)
        self.gateways = [ComposeGateway(f"{self.pool}-{name}", f"{self.pool}_default")
                         for name in gateways]

    def down(self):
        """As examples/deploy.md says it: engines first."""
        self.compose("stop", "roundhouse")
        self.compose("run", "--rm", "roundhouse", "down", "-f", "/etc/roundhouse")
        self.compose("down", "--volumes")

    @property
    def container(self):
        """What Docker says of roundhouse's."""
        return docker_host.inspect(f"{self.pool}_roundhouse_1")

    def get(self, what):
        """What the controller answers at the published address."""
        reply = http_request(self.published_at, 9190, path=f"/api/v1/{what}")
        return json.loads(reply) if reply else None

    def condition(self, kind):
        pool = self.get("pool") or {"status": {"conditions": []}}
        return next((each for each in pool["status"]["conditions"] if each["type"] == kind), {})

    def account(self):
        """For a failed test."""
        logs = docker("logs", "--tail", "60", self.container["Id"]) if self.container else ""
        return f"{super().account()}\n{logs}"
