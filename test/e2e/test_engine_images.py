"""The smallest spec with each image of the field gives every engine ports of its own. The stand-in
is called as each image calls its engine, so that a wrong preset leaves it on 6878 and 62062, or
does not start at all."""
import json
import os
import shutil
import tempfile

import docker_host
from docker_host import docker
from harness import PoolTest, require

PROGRAM = os.path.join(os.environ.get("STANDIN_PROGRAMS", ""), "standin_engine")
ACESERVE = ("/usr/bin/python",), ["CMD", ["python", "main.py", "--bind-all", "--disable-upnp"]]

# By the image's name: the programs in it, and what its Dockerfile says of the start.
IMAGES = {
    "krinkuto11/acestream-http-proxy:latest": (
        ("/usr/bin/catatonit", "/entrypoint-of-variables.sh", "/app/start-engine"),
        ["ENTRYPOINT", ["/usr/bin/catatonit", "--", "/entrypoint-of-variables.sh"]]),
    "martinbjeldbak/acestream-http-proxy:latest": (
        ("/usr/bin/catatonit", "/entrypoint-of-arguments.sh", "/app/start-engine"),
        ["ENTRYPOINT", ["/usr/bin/catatonit", "--", "/entrypoint-of-arguments.sh"]]),
    "trexx/docker-acestream-engine:latest": (
        ("/catatonit", "/app/start-engine"), ["ENTRYPOINT", ["/catatonit", "--"]]),
    "magnetikonline/acestream-server:3.1.49_debian_8.11": (
        ("/start-engine",),
        ["ENTRYPOINT", ["/start-engine"], "CMD", ["--client-console"]]),
    "vstavrinov/acestream-engine:latest": (
        ("/bin/sh", "/srv/ace/start-engine"),
        ["CMD", ["/bin/sh", "-c", "./start-engine --client-console"]]),
    "jopsis/acestream:x64": (
        ("/bin/sh", "/app/start-engine"),
        ["CMD", ["/bin/sh", "-c", "start-engine ${ACESTREAM_ARGS}"]]),
    "jopsis/acestream:v3.2.15": ACESERVE,
    "jopsis/aceserve:latest": ACESERVE,
    "krinkuto11/aceserve:latest": ACESERVE,
    "krinkuto11/acestream:latest-amd64": ACESERVE,
    "krinkuto11/nano-ace:3.2.11-py3.10": (
        ("/acestream/acestreamengine",),
        ["CMD", ["/acestream/acestreamengine", "--client-console", "--bind-all"]]),
}
REGISTRY = "standin.example"


def build(image, programs, start):
    """An image of that name with the stand-in under each of the programs' names."""
    lines = ["FROM scratch", *(f"COPY engine {program}" for program in programs)]
    lines += [f"{word} {json.dumps(command)}" for word, command in zip(start[::2], start[1::2])]
    with tempfile.TemporaryDirectory() as context:
        shutil.copy(PROGRAM, os.path.join(context, "engine"))
        with open(os.path.join(context, "Dockerfile"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        os.environ["DOCKER_BUILDKIT"] = "0"
        docker("build", "--quiet", "--tag", image, context)


class EngineImages(PoolTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require(os.path.exists(PROGRAM), "STANDIN_PROGRAMS")
        for name, (programs, start) in IMAGES.items():
            build(f"{REGISTRY}/{name}", programs, start)
            cls.addClassCleanup(docker, "rmi", "--force", f"{REGISTRY}/{name}")

    def settle_with(self, image):
        def all_made_of_it():
            rows = docker_host.list_by_label(f"roundhouse.pool={self.pool}")
            return [row["Image"] for row in rows] == [image, image]

        self.wait_until(all_made_of_it, f"both engines are of {image}")
        return self.settle(2)

    def assert_own_ports(self, engine):
        told = engine.tells(self.gateways[0].address)
        slot = engine.slot
        self.assertEqual([19000 + slot, 20000 + slot, 21000 + slot, 22000 + slot, True],
                         [told["http_port"], told["https_port"], told["api_port"],
                          told["p2p_port"], told["p2p_bound"]], told)

    def test_the_smallest_spec_with_each_of_them(self):
        self.watcher.cap = 2
        for name in IMAGES:
            with self.subTest(name):
                image = f"{REGISTRY}/{name}"
                self.write_spec(2, {"image": image}, rollout={"maxUnavailable": 2})
                if not self.controllers:
                    self.start_controller()
                for engine in self.settle_with(image):
                    self.assert_own_ports(engine)
                preset = name if name.endswith(":x64") else name.partition(":")[0]
                wide = self.command("get", "pool", "-o", "wide").stdout
                self.assertRegex(wide, rf"{image} +{preset} +Docker ")
                plan = self.pool_command("plan").stdout
                self.assertIn(f"told their ports by the preset {preset}\n", plan)
                self.assertIn(f"by the preset {preset}\n", self.pool_command("validate").stdout)

    def test_a_wrong_way_shows(self):
        """Arguments past an entrypoint that ignores them: the engine keeps the API port that all
        have. As environment, they reach no engine that reads none."""
        self.watcher.cap = 1
        ports = ["--http-port=$(HTTP_PORT)", "--api-port=$(API_PORT)", "--port=$(P2P_PORT)"]
        self.write_spec(1, {"image": f"{REGISTRY}/krinkuto11/acestream-http-proxy:latest",
                            "args": ports})
        self.start_controller()
        [engine] = self.settle(1)
        self.assertEqual(62062, engine.tells(self.gateways[0].address)["api_port"])
        self.write_spec(1, {"image": f"{REGISTRY}/krinkuto11/nano-ace:3.2.11-py3.10",
                            "command": ["/acestream/acestreamengine", "--client-console"]})
        self.wait_until_told("Ready", "False")
        self.assertNotIn("by the preset", self.pool_command("plan").stdout)

    def test_an_unknown_image_without_arguments_is_a_warning(self):
        self.write_spec(1, {"image": "example.com/own/engine:1"})
        done = self.pool_command("validate")
        self.assertEqual(0, done.returncode)
        for word in ("spec.template.image: roundhouse does not know how", "$(HTTP_PORT)",
                     "$(HTTPS_PORT)", "$(API_PORT)", "$(P2P_PORT)", "--bind-all"):
            self.assertIn(word, done.stderr)
        self.write_spec(1, {"image": "example.com/own/engine:1", "args": []})
        self.assertNotIn("does not know how", self.pool_command("validate").stderr)
