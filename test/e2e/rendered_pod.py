"""Runs a rendered Pod on plain Docker, as the kubelet would: its containers share the network of a
pause container, and its volumes are folders. Only what the manifest says is done."""
import os
import stat
import subprocess
import time

import yaml

import docker_host
from docker_host import docker
from harness import BINARY
from waiting import PATIENCE_S


def render(spec_path, *options):
    """The documents that `roundhouse render kubernetes` prints, by (kind, name)."""
    done = subprocess.run([BINARY, "render", "kubernetes", "-f", spec_path, *options],
                          capture_output=True, text=True, timeout=PATIENCE_S)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    documents = [each for each in yaml.safe_load_all(done.stdout) if each]
    return {(each["kind"], each["metadata"]["name"]): each for each in documents}


class DockerPod:
    """`secrets` and `config_maps`: name -> {key: text}. `stand_ins`: the container's name -> an
    image that takes its place, with its own command."""

    def __init__(self, spec, name, folder, pause_image, secrets, config_maps, stand_ins):
        self.spec = spec
        self.name = name
        self.folder = folder
        self.secrets = secrets
        self.config_maps = config_maps
        self.stand_ins = stand_ins
        self.started = []
        self.volumes = {each["name"]: self.make_volume(each) for each in spec["volumes"]}
        # Its ports are far from those of the Pod.
        ports = [f"--env={kind}_PORT={port}" for kind, port in
                 (("HTTP", 5001), ("HTTPS", 5002), ("API", 5003), ("P2P", 5004))]
        docker("run", "--detach", "--name", self.container("pause"), *ports, pause_image)
        self.started.append("pause")

    def container(self, name):
        return f"{self.name}-{name}"

    def start(self):
        for container in self.spec["initContainers"]:
            if container.get("restartPolicy") == "Always":
                self.run(container, "--detach")
                self.wait_for_start(container)
            else:
                self.run(container, "--rm")
        for container in self.spec["containers"]:
            self.run(container, "--detach")

    def remove(self):
        names = [self.container(name) for name in reversed(self.started)]
        docker("rm", "--force", "--volumes", *names, check=False)

    def make_volume(self, volume):
        folder = os.path.join(self.folder, volume["name"])
        if "emptyDir" in volume:
            os.mkdir(folder)
            # As the kubelet makes them.
            in_memory = volume["emptyDir"].get("medium") == "Memory"
            os.chmod(folder, 0o1777 if in_memory else 0o777)
            return folder
        if "configMap" in volume:
            texts = self.config_maps[volume["configMap"]["name"]]
        else:
            secret = volume["secret"]
            texts = {item["path"]: self.secrets[secret["secretName"]][item["key"]]
                     for item in secret["items"]}
        os.mkdir(folder)
        for name, text in texts.items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)
        return folder

    def options_of(self, container):
        for mount in container.get("volumeMounts", []):
            source = os.path.join(self.volumes[mount["name"]], mount.get("subPath", ""))
            read_only = ",readonly" if mount.get("readOnly") else ""
            yield f"--mount=type=bind,source={source},target={mount['mountPath']}{read_only}"
        for source in container.get("envFrom", []):
            for name, value in self.secrets[source["secretRef"]["name"]].items():
                yield f"--env={name}={value}"
        for variable in container.get("env", []):
            yield f"--env={variable['name']}={variable['value']}"
        rights = container.get("securityContext", {})
        if "runAsUser" in rights:
            yield f"--user={rights['runAsUser']}:{rights['runAsGroup']}"
        if rights.get("readOnlyRootFilesystem"):
            yield "--read-only"
        if rights.get("allowPrivilegeEscalation") is False:
            yield "--security-opt=no-new-privileges"
        capabilities = rights.get("capabilities", {})
        yield from (f"--cap-drop={name}" for name in capabilities.get("drop", []))
        yield from (f"--cap-add={name}" for name in capabilities.get("add", []))

    def run(self, container, *options):
        name = container["name"]
        words = container["command"] + container.get("args", [])
        start = ["--entrypoint", words[0], container["image"], *words[1:]]
        if name in self.stand_ins:
            start = [self.stand_ins[name]]
        network = f"--network=container:{self.container('pause')}"
        docker("run", *options, "--name", self.container(name), network,
               *self.options_of(container), *start)
        self.started.append(name)

    def wait_for_start(self, container):
        probe = container["startupProbe"]
        # As long as the kubelet would wait.
        deadline = time.monotonic() + probe["periodSeconds"] * probe["failureThreshold"]
        command = ["docker", "exec", self.container(container["name"]), *probe["exec"]["command"]]
        while subprocess.run(command, capture_output=True).returncode != 0:
            if time.monotonic() > deadline:
                raise AssertionError(f"{container['name']} does not come up: {self.logs()}")
            time.sleep(0.1)

    @property
    def address(self):
        seen = docker_host.inspect(self.container("pause"))
        return next(iter(seen["NetworkSettings"]["Networks"].values()))["IPAddress"]

    def starts(self):
        """When each container was started, and how often again."""
        seen = {name: docker_host.inspect(self.container(name)) for name in self.started
                if name != "install"}
        return {name: (each["State"]["StartedAt"], each["RestartCount"])
                for name, each in seen.items()}

    def process(self, name):
        """Of the container's command, as this machine counts."""
        return docker_host.inspect(self.container(name))["State"]["Pid"]

    def report(self, slot):
        """The lines of the holder's report as a dict."""
        with open(os.path.join(self.volumes["slots"], str(slot), "s", "is")) as file:
            return dict(line.split(" ", 1) for line in file.read().splitlines()[:-1])

    def mode(self, *names):
        return stat.S_IMODE(os.stat(os.path.join(self.volumes["slots"], *names)).st_mode)

    def logs(self):
        return "".join(docker("logs", "--tail", "20", self.container(name), check=False)
                       for name in self.started)
