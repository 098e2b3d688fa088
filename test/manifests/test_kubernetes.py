"""What `roundhouse render kubernetes` prints: Kubernetes' schemas accept it, its parts fit
together, and examples/kubernetes is made of it."""
import functools
import os
import re
import subprocess
import tempfile
import unittest

import yaml

import kubernetes_schemas
from documents import SOURCE, read

ROUNDHOUSE = os.environ["ROUNDHOUSE"]
EXAMPLE = os.path.join(SOURCE, "examples", "kubernetes")
VERSIONS = ("1.29", "1.31", "1.34", None)  # the last one is the newest

GATEWAYS = "gateways: [gluetun-a, gluetun-b]"
ENGINE = "command: [/engine]"
# name: (lines below spec, or a whole file; flags)
POOLS = {
    "smallest": ("replicas: 1\ngateways: [gluetun]", ""),
    "none": ("replicas: 0\n" + GATEWAYS, ""),
    "fewer than gateways": ("replicas: 1\n" + GATEWAYS, ""),
    "uneven": ("replicas: 7\ngateways: [gluetun-a, gluetun-b, gluetun-c]", ""),
    "twenty": ("replicas: 20\ngateways: [gluetun]", ""),
    "capped": ("replicas: 50\nmaxActiveReplicas: 6\n" + GATEWAYS, ""),
    "head-room": ("replicas: 2\n" + GATEWAYS, "--slots-per-gateway 5"),
    "one gateway": ("replicas: 4\n" + GATEWAYS, "--gateway gluetun-b"),
    "no pool": ("replicas: 4\n" + GATEWAYS, "--no-pool"),
    "namespace": ("replicas: 2\n" + GATEWAYS, "--namespace media"),
    "tun": ("replicas: 2\n" + GATEWAYS, "--tun-resource devic.es/tun"),
    "images": ("replicas: 2\n" + GATEWAYS + f"\ntemplate: {{image: 'r:5000/e@sha256:{'a' * 64}', "
               + ENGINE + "}",
               "--image r:5000/roundhouse:2 --gluetun-image r:5000/gluetun@sha256:" + "b" * 64),
    "names that YAML mistakes": ("replicas: 2\ngateways: ['yes', 'null', 'off', e5]", ""),
    "key file": ("replicas: 1\ngateways:\n- container: gluetun\n  controlServer: "
                 "{apiKeyFile: /run/secrets/key, port: 8001}", ""),
    "password": ("replicas: 1\ngateways:\n- container: gluetun\n  controlServer: "
                 "{username: me, passwordFile: /secrets/p.txt}", ""),
    "claims": ("replicas: 3\n" + GATEWAYS + "\ntemplate:\n  volumes: ['cache-$(GATEWAY)-$(SLOT):"
               "/cache', 'lists:/lists:ro', 'lists:/again']", ""),
    "node folders": ("replicas: 3\n" + GATEWAYS + "\ntemplate:\n  volumes: ['/srv/a b:/cache', "
                     "'/etc/localtime:/etc/localtime:ro,z', '/srv/\"x\"#y:/q']", ""),
    "memory": ("replicas: 2\n" + GATEWAYS + "\ntemplate:\n  tmpfs: ['/dev/shm:size=256m', /tmp, "
               "'/run:size=1048576,mode=700']", ""),
    "limits": ("replicas: 2\n" + GATEWAYS + "\ntemplate:\n  resources: {memory: 6Mi, cpus: 0.01}",
               ""),
    "odd limits": ("replicas: 2\n" + GATEWAYS + "\ntemplate:\n  resources: {memory: '100000001', "
                   "cpus: 1.2345, pids: 100}", ""),
    "user and times": ("replicas: 2\n" + GATEWAYS + "\nfailover: {after: 0s}\ntemplate: {user: "
                       "'1000:1000', stopTimeout: 10m, pullPolicy: Never}", ""),
    "ports": ("replicas: 2\ngateways:\n- gluetun-a\n- {container: gluetun-b, ports: {http: 7000}}\n"
              "ports: {http: 6000, https: 6100, api: 6200, p2p: 6300}", ""),
    "docker's fields": ("replicas: 1\ngateways: [gluetun]\ntemplate: {labels: {a: b}, logging: "
                        "{driver: local}, registryAuthFile: /x.json}", ""),
    "longest names": ("replicas: 1\ngateways: [" + "g" * 63 + "]", "--namespace " + "n" * 63),
}


def pool_text(lines):
    below = "\n".join("  " + line for line in lines.splitlines())
    return (f"# A pool: \"quotes\", 'more', {{braces}}.\napiVersion: roundhouse/v1\n"
            f"kind: EnginePool\nmetadata:\n  name: acestream\nspec:\n{below}\n")


def rendered(path, flags=""):
    done = subprocess.run([ROUNDHOUSE, "render", "kubernetes", "-f", path, *flags.split()],
                          capture_output=True, text=True, timeout=20)
    if done.returncode != 0:
        raise AssertionError(f"{flags}: exit code {done.returncode}: {done.stderr}")
    return done.stdout


@functools.lru_cache
def render_pools(_time=1):
    """name -> manifests"""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "engines.yaml")
        result = {}
        for name, (lines, flags) in POOLS.items():
            with open(path, "w", encoding="utf-8") as file:
                file.write(pool_text(lines))
            result[name] = rendered(path, flags)
        return result


def objects(text):
    return [each for each in yaml.safe_load_all(text) if each]


def of_kind(kind, text):
    return [each for each in objects(text) if each["kind"] == kind]


def containers(pod):
    return pod.get("initContainers", []) + pod["containers"]


class Schemas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        kubernetes_schemas.install()

    def complaints(self, text, version):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            return kubernetes_schemas.complaints(file.name, version)

    def test_every_pool_is_accepted(self):
        everything = "---\n".join(render_pools().values())
        for version in VERSIONS:
            with self.subTest(version=version):
                self.assertEqual("", self.complaints(everything, version))

    def test_the_example_is_accepted(self):
        files = [name for name in sorted(os.listdir(EXAMPLE)) if name.endswith(".yaml")
                 and name not in ("engines.yaml", "kustomization.yaml", "podmonitor.yaml")]
        self.assertGreaterEqual(len(files), 4)
        everything = "---\n".join(read(EXAMPLE, name) for name in files)
        self.assertEqual("", self.complaints(everything, None))

    def test_a_wrong_manifest_is_not(self):
        text = render_pools()["smallest"]
        for right, wrong in (("startupProbe:", "startProbe:"), ("replicas: 1", "replicas: one"),
                             ("kind: Deployment", "kind: Deploy")):
            self.assertIn(right, text)
            with self.subTest(wrong):
                self.assertNotEqual("", self.complaints(text.replace(right, wrong), "1.29"))


class Sense(unittest.TestCase):
    """What no schema says."""

    @classmethod
    def setUpClass(cls):
        cls.pools = render_pools()

    def deployments(self):
        for name, text in self.pools.items():
            found = of_kind("Deployment", text)
            self.assertGreater(len(found), 0, name)
            for each in found:
                with self.subTest(name, gateway=each["metadata"]["name"]):
                    yield text, each, each["spec"]["template"]

    def test_a_second_render_is_the_same(self):
        self.assertEqual(self.pools, render_pools(2))

    def test_selectors_find_their_pods(self):
        for text, deployment, template in self.deployments():
            labels = template["metadata"]["labels"]
            self.assertEqual(labels, deployment["spec"]["selector"]["matchLabels"])
            for key, value in labels.items():
                self.assertIsInstance(value, str)
                self.assertRegex(value, r"^[a-z0-9]([a-z0-9.-]{,61}[a-z0-9])?$", key)
            for service in of_kind("Service", text):
                selector = service["spec"]["selector"].items()
                if service["metadata"]["name"] in ("acestream-agents",
                                                   deployment["metadata"]["name"]):
                    self.assertLessEqual(selector, labels.items())
                else:
                    self.assertFalse(selector <= labels.items())

    def test_ports_of_services_exist_and_are_open(self):
        for text, deployment, template in self.deployments():
            every = containers(template["spec"])
            ports = {port["name"]: port["containerPort"] for container in every
                     for port in container.get("ports", [])}
            [gluetun] = [each for each in every if each["name"] == "gluetun"]
            opened = {each["name"]: each["value"] for each in gluetun["env"]}
            opened = set(map(int, opened["FIREWALL_INPUT_PORTS"].split(",")))
            self.assertEqual(set(ports.values()), opened)
            for service in of_kind("Service", text):
                if service["spec"]["selector"].items() <= template["metadata"]["labels"].items():
                    self.assertTrue(service["spec"]["publishNotReadyAddresses"])
                    for port in service["spec"]["ports"]:
                        self.assertEqual(port["port"], ports[port["targetPort"]])
                        self.assertLessEqual(len(port["name"]), 15)

    def test_volumes_and_names_are_there_once(self):
        for _, _, template in self.deployments():
            pod = template["spec"]
            volumes = [each["name"] for each in pod["volumes"]]
            mounted = {mount["name"] for container in containers(pod)
                       for mount in container.get("volumeMounts", [])}
            self.assertEqual(sorted(set(volumes)), sorted(volumes))
            self.assertEqual(set(volumes), mounted)
            names = [each["name"] for each in containers(pod)]
            self.assertEqual(len(set(names)), len(names))
            for container in containers(pod):
                paths = [mount["mountPath"] for mount in container.get("volumeMounts", [])]
                self.assertEqual(len(set(paths)), len(paths))

    def test_containers_start_in_order_and_are_apart(self):
        for _, deployment, template in self.deployments():
            pod = template["spec"]
            self.assertEqual(["install", "gluetun", "agent"],
                             [each["name"] for each in pod["initContainers"]])
            self.assertEqual([None, "Always", "Always"],
                             [each.get("restartPolicy") for each in pod["initContainers"]])
            self.assertEqual("Recreate", deployment["spec"]["strategy"]["type"])
            for slot, engine in enumerate(pod["containers"]):
                self.assertEqual(["/rh/hold", "--slot", str(slot)], engine["command"])
                own = {mount["mountPath"]: mount for mount in engine["volumeMounts"]}
                self.assertEqual({"/rh": True, f"/slots/{slot}/w": True, f"/slots/{slot}/s": None},
                                 {path: mount.get("readOnly") for path, mount in own.items()
                                  if mount["name"] in ("rh", "slots")})
                for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
                    self.assertNotIn(probe, engine)
            install, gluetun, agent = pod["initContainers"]
            self.assertEqual(str(len(pod["containers"])), install["command"][-1])
            self.assertIn("exec", gluetun["startupProbe"])
            self.assertIn("exec", agent["startupProbe"])
            for one in (install, agent):
                self.assertTrue(one["securityContext"]["readOnlyRootFilesystem"])
                self.assertEqual(["ALL"], one["securityContext"]["capabilities"]["drop"])
            self.assertIs(False, pod["automountServiceAccountToken"])

    def test_requests_are_below_limits(self):
        def size(quantity):
            number, unit = re.fullmatch(r"([0-9]+)(m|[KMG]i)?", str(quantity)).groups()
            return int(number) * {None: 1, "m": 0.001, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}[unit]

        for _, _, template in self.deployments():
            for container in containers(template["spec"]):
                limits = container["resources"].get("limits", {})
                for name, request in container["resources"]["requests"].items():
                    self.assertLessEqual(size(request), size(limits.get(name, request)))

    def test_the_pool_is_the_users_file(self):
        for name, text in self.pools.items():
            for pool in of_kind("ConfigMap", text):
                self.assertEqual(pool_text(POOLS[name][0]), pool["data"]["engines.yaml"])


class Example(unittest.TestCase):
    def test_it_is_rendered_from_its_pool(self):
        flags = re.search(r"^roundhouse render kubernetes -f engines.yaml (.*) > gateways.yaml$",
                          read(EXAMPLE, "README.md"), flags=re.MULTILINE)[1]
        again = rendered(os.path.join(EXAMPLE, "engines.yaml"), flags)
        self.assertEqual(again, read(EXAMPLE, "gateways.yaml"),
                         "render it again, as examples/kubernetes/README.md says")

    def test_its_kustomization_fits(self):
        [kustomization] = objects(read(EXAMPLE, "kustomization.yaml"))
        for name in kustomization["resources"]:
            self.assertTrue(os.path.exists(os.path.join(EXAMPLE, name)), name)
        self.assertIs(True, kustomization["generatorOptions"]["disableNameSuffixHash"])
        manifests = read(EXAMPLE, "gateways.yaml")
        [pool] = kustomization["configMapGenerator"]
        [image] = kustomization["images"]
        for deployment in of_kind("Deployment", manifests):
            pod = deployment["spec"]["template"]["spec"]
            self.assertIn({"name": "pool", "configMap": {"name": pool["name"]}}, pod["volumes"])
            own = {each["image"] for each in containers(pod)
                   if each["name"] in ("install", "agent")}
            self.assertEqual({image["name"] + ":" + image["newTag"]}, own)
        [balancer] = of_kind("Deployment", read(EXAMPLE, "balancer.yaml"))
        [container] = balancer["spec"]["template"]["spec"]["containers"]
        self.assertEqual(image["name"] + ":" + image["newTag"], container["image"])
        names = {each["metadata"]["name"] for each in of_kind("Service", manifests)}
        self.assertIn(container["command"][-1].split(":")[1], names)

    def test_each_gateway_has_a_secret(self):
        gateways = {each["metadata"]["name"]
                    for each in of_kind("Deployment", read(EXAMPLE, "gateways.yaml"))}
        secrets = of_kind("Secret", read(EXAMPLE, "secrets.example.yaml"))
        self.assertEqual(gateways, {each["metadata"]["name"] for each in secrets})
        for each in secrets:
            self.assertIn("gluetun_api_key", each["stringData"])


if __name__ == "__main__":
    unittest.main()
