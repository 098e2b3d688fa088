"""examples/compose, used as examples/deploy.md describes."""
import json
import os
import re
import shutil
import time
import unittest

import yaml

import docker_host
from borrowed_image import borrow
from compose import IMAGE, TOP, ComposeTest
from docker_host import docker
from harness import ANY_SLOTS, ENGINE_IMAGE, GATEWAY_IMAGE, ids, require
from player import Viewer
from prometheus import installed
from steering import http_request


class NextToGluetun(ComposeTest):
    def test_a_life(self):
        """From `up` to the end, on one project: bringing it up is what takes time."""
        self.adapt_spec("pool")
        self.up()
        first = self.settle(3)
        with self.subTest("the key opens Gluetun's control server"):
            self.wait_until(lambda: self.condition("ForwardedPortReady").get("status") == "True",
                            "the forwarded port is held")
            self.assertEqual([40001], [engine.p2p_port for engine in first if engine.forwarded])
        with self.subTest("engines get their arguments"):
            told = first[2].tells(self.gateways[0].address)
            self.assertIn("--api-port=21002", told["arguments"])
        with self.subTest("engines, page and metrics are at the published addresses"):
            for path in ("/", "/metrics", "/readyz"):
                self.assertTrue(http_request(self.published_at, 9190, path=path), path)
            self.assertTrue(all(engine.answers(self.published_at) for engine in first))
        with self.subTest("the one address plays"):
            self.wait_until(lambda: self.condition("Ready").get("status") == "True",
                            "the controller has seen all engines ready")
            viewer = Viewer(f"http://{self.published_at}:6878/ace/getstream?id=abc")
            self.addCleanup(viewer.leave)
            self.wait_until(lambda: viewer.packets > 100, "a stream plays")
            self.assertIn(viewer.port, [engine.http_port for engine in first])
        with self.subTest("commands run inside, as the README says"):
            told = self.compose("exec", "-T", "roundhouse", "roundhouse", "get", "engines").stdout
            self.assertEqual(4, len(told.splitlines()), told)
            self.compose("exec", "-T", "roundhouse", "roundhouse", "plan", "-f", "/etc/roundhouse")
        with self.subTest("it runs locked up, as the file says"):
            self.check_what_it_may()
        with self.subTest("the folder is followed, by rename and in place"):
            self.declare(replicas=5)
            self.settle(5)
            self.declare(replicas=2, in_place=True)
            kept = self.settle(2, ANY_SLOTS)  # idle ones go first, and settle() is a viewer
        with self.subTest("a bad edit changes nothing"):
            self.write_text("spec: {replicas: 9")
            self.wait_until(lambda: self.condition("SpecValid").get("status") == "False",
                            "the edit is refused")
            self.declare()
            self.wait_until(lambda: self.condition("SpecValid").get("status") == "True",
                            "the edit is accepted")
            self.assertEqual(ids(kept), ids(self.engines()))
        with self.subTest("the health check turns healthy"):
            self.wait_until(lambda: self.container["State"]["Health"]["Status"] == "healthy",
                            "Docker calls it healthy")
        with self.subTest("SIGTERM ends it in time, and engines run on"):
            begun = time.time()
            self.compose("stop", "roundhouse")
            state = self.container["State"]
            self.assertEqual((0, False), (state["ExitCode"], state["OOMKilled"]))
            self.assertEqual(ids(kept), ids(self.settle(2, ANY_SLOTS)))
        with self.subTest("the container started again adopts"):
            self.compose("start", "roundhouse")
            self.wait_until(lambda: (self.get("engines") or {}).get("items"), "it answers again")
            self.assert_nothing_changed_to_engines(begun)
            self.assertEqual(ids(kept), ids(self.settle(2, ANY_SLOTS)))
        with self.subTest("the documented way down leaves nothing"):
            self.down()
            self.assertEqual([], self.engines())
            self.assertIsNone(docker_host.inspect(self.gateways[0].name))

    def check_what_it_may(self):
        host, config = self.container["HostConfig"], self.container["Config"]
        user, group = config["User"].split(":")
        self.assertNotEqual("0", user)
        self.assertEqual(os.stat(docker_host.socket_path()).st_gid, int(group))
        self.assertEqual((True, ["ALL"], None, False), (host["ReadonlyRootfs"], host["CapDrop"],
                                                        host["CapAdd"], host["Privileged"]))
        self.assertIn("no-new-privileges:true", host["SecurityOpt"])
        writable = {mount["Destination"] for mount in self.container["Mounts"] if mount["RW"]}
        self.assertEqual({"/var/lib/roundhouse", "/var/run/docker.sock"}, writable)
        with open(f"/proc/{self.container['State']['Pid']}/status") as status:
            told = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
        for kind in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(0, int(told[kind], 16), kind)
        self.assertEqual(("1", "2"), (told["NoNewPrivs"], told["Seccomp"]))

    def assert_nothing_changed_to_engines(self, since):
        changes = [change for change in self.watcher.changes_since(since)
                   if "roundhouse" not in change[2]]
        self.assertEqual([], changes, self.account())

    def test_a_wrong_key_is_reported_and_a_right_one_needs_no_restart(self):
        self.adapt_spec("pool", replicas=1)
        key = self.path("secrets/gluetun_api_key")
        with open(key) as file:
            right = file.read()
        with open(key, "w") as file:
            file.write("wrong")
        self.up()
        self.settle(1)
        self.wait_until(
            lambda: self.condition("ForwardedPortReady").get("reason") == "Unauthorized",
            "Gluetun's 401 is reported")
        with open(key, "w") as file:
            file.write(right)
        self.wait_until(
            lambda: self.condition("ForwardedPortReady").get("reason") != "Unauthorized",
            "the right key is used")


class Pasted(ComposeTest):
    def test_the_snippet_of_the_readme_works_in_another_compose_file(self):
        with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
            snippet, spec = re.findall(r"^```yaml\n(.*?)^```", file.read(), re.M | re.S)[:2]
        group = os.stat(docker_host.socket_path()).st_gid
        for documented, here in [
                ("image: roundhouse\n", f"image: {IMAGE}\n"), (":998\"", f":{group}\""),
                ("/var/run/docker.sock:/var", f"{docker_host.socket_path()}:/var"),
                ("127.0.0.1:9190:9190", f"{self.published_at}:9190:9190")]:
            self.assertIn(documented, snippet)
            snippet = snippet.replace(documented, here)
        gluetun = (f"  gluetun:\n    image: {GATEWAY_IMAGE}\n"
                   f"    container_name: {self.pool}-gluetun\n"
                   f"    ports: [\"{self.published_at}:19000-19019:19000-19019\"]\n")
        with open(self.path("compose.yaml"), "w", encoding="utf-8") as file:
            file.write(f"services:\n{gluetun}{snippet}")
        self.spec_path = self.path("pool/engines.yaml")
        self.declared = yaml.safe_load(spec)
        self.declared["metadata"]["name"] = self.pool
        self.declared["spec"]["template"] |= {"image": ENGINE_IMAGE, "pullPolicy": "Never"}
        self.declare(gateways=[f"{self.pool}-gluetun"])
        self.up()
        engines = self.settle(3)
        self.assertTrue(all(engine.answers(self.published_at) for engine in engines))
        self.assertTrue(http_request(self.published_at, 9190, path="/"))


class Overlays(ComposeTest):
    def test_two_gateways(self):
        names = [f"{self.pool}-gluetun", f"{self.pool}-gluetun-2"]
        self.overlays = ["compose.failover.yaml"]
        self.replaced["gluetun-2"] = self.replaced["gluetun"]
        shutil.copy(self.path("gluetun.env"), self.path("gluetun-2.env"))
        self.adapt_spec("failover", gateways=names, failover={"after": "2s"}, checkInterval="1s")
        self.up(gateways=("gluetun", "gluetun-2"))
        engines = self.settle(6, slots=[0, 1, 2, 20, 21, 22])
        self.assertEqual(names * 3, sorted((self.gateway_of(engine).name for engine in engines),
                                           key=names.index)[::3] * 3)
        self.gateways[0].stop()
        engines = self.settle(6, slots=[20, 21, 22, 23, 24, 25])
        self.assertEqual({names[1]}, {self.gateway_of(engine).name for engine in engines})

    def test_through_the_socket_proxy(self):
        self.overlays = ["compose.socket-proxy.yaml"]
        self.adapt_spec("pool")
        borrow(self, self.image_of("compose.socket-proxy.yaml", "docker-proxy"), "haproxy",
               "/usr/sbin/haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg")
        self.up()
        self.settle(3)
        proxy = docker_host.inspect(f"{self.pool}_docker-proxy_1")
        self.assertEqual("none", proxy["HostConfig"]["NetworkMode"])
        for container, has_socket in ((proxy, True), (self.container, False)):
            sources = {mount["Source"] for mount in container["Mounts"]}
            self.assertEqual(has_socket, docker_host.socket_path() in sources)
        docker("kill", f"{self.pool}-1")
        self.settle(3)

    def test_prometheus_finds_roundhouse_and_the_rules(self):
        require(installed(), "Prometheus")
        self.overlays = ["compose.monitoring.yaml"]
        self.adapt_spec("pool", replicas=1)
        borrow(self, self.image_of("compose.monitoring.yaml", "prometheus"), "prometheus",
               "/bin/prometheus", data="/prometheus")
        self.up("gluetun", "roundhouse", "prometheus")  # Grafana's image cannot be had here
        self.wait_until(lambda: "up" in [target["health"] for target in
                                         self.prometheus("targets").get("activeTargets", [])],
                        "its target is up")
        rules = [rule["name"] for group in self.prometheus("rules")["groups"]
                 for rule in group["rules"]]
        self.assertIn("RoundhouseDown", rules)

    def prometheus(self, what):
        reply = http_request(self.published_at, 9090, path=f"/api/v1/{what}")
        return json.loads(reply)["data"] if reply else {}

    def image_of(self, overlay, service):
        with open(self.path(overlay), encoding="utf-8") as file:
            return yaml.safe_load(file)["services"][service]["image"]


if __name__ == "__main__":
    unittest.main()
