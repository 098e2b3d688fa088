"""A Pod of plain processes in a network namespace of their own: the stand-in gateway, the agent
under its supervisor, and the holders. Tests play the kubelet: they start again what ends."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

from harness import BINARY, PATIENT_PROBE
from steering import Steering, http_request
from waiting import PATIENCE_S, wait_until

HOLD = os.environ.get("HOLD", "hold")
PROGRAMS = os.environ.get("STANDIN_PROGRAMS", "")
HTTP_BASE = 19000


def children_of(process):
    with open(f"/proc/{process}/task/{process}/children") as file:
        return [int(word) for word in file.read().split()]


def is_alive(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class PodGateway(Steering):
    """Gluetun's sidecar, at the ports of the real one."""
    address = "127.0.0.1"

    def __init__(self, **environment):
        self.process = subprocess.Popen(
            [os.path.join(PROGRAMS, "standin_gateway")],
            env={"GLUETUN_PROFILE": "v3.41", "DNS_PORT": "0"} | environment)
        self.wait_until_it_listens()

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)


class LocalPod:
    def __init__(self, slots):
        self.slots = slots
        self.folder = tempfile.mkdtemp(prefix="roundhouse-pod-")
        self.spec_path = os.path.join(self.folder, "engines.yaml")
        for name in ("rh", "slots"):
            os.mkdir(self.path(name))
        self.install()
        self.agent = None
        self.holders = {}
        self.gateway = PodGateway()
        self.log = open(self.path("log"), "ab")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def install(self):
        subprocess.run([HOLD, "--install", self.path("rh"), "--slots", self.path("slots"),
                        "--count", str(self.slots)], check=True)

    def close(self):
        """Everything ends as when a Pod is deleted: engines first."""
        for slot in list(self.holders):
            self.end_holder(slot)
        if self.agent:
            self.end_agent()
        self.gateway.kill()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- the containers

    def start_holder(self, slot):
        self.holders[slot] = subprocess.Popen(
            [self.path("rh", "hold"), "--slots", self.path("slots"), "--slot", str(slot)],
            stderr=self.log)

    def end_holder(self, slot, number=signal.SIGTERM):
        holder = self.holders.pop(slot)
        holder.send_signal(number)
        holder.wait(PATIENCE_S)

    def start_agent(self):
        variables = {name: value for name, value in os.environ.items()
                     if not name.startswith(("GLUETUN_", "ROUNDHOUSE", "MAX_ACTIVE", "VPN_"))}
        self.agent = subprocess.Popen(
            [HOLD, "--supervise", "--", BINARY, "agent", "-f", self.spec_path,
             "--slots", self.path("slots"), "--gateway", "gluetun-a",
             "--engine-image", "engine:1"],
            stdout=self.log, stderr=self.log, env=variables)

    def end_agent(self, number=signal.SIGTERM):
        self.agent.send_signal(number)
        code = self.agent.wait(PATIENCE_S)
        self.agent = None
        return code

    def agent_process(self):
        """The agent itself, below its supervisor; None while there is none."""
        return next(iter(children_of(self.agent.pid)), None)

    # --- what it does

    def write_spec(self, replicas, image="engine:1", **fields):
        """Behind two gateways, of which the first has the greater half of `replicas`."""
        body = {
            "replicas": replicas, "gateways": ["gluetun-a", "gluetun-b"], "checkInterval": "1s",
            "forwardedPort": {"stableFor": "1s", "minInterval": "1s", "waitFor": "1s"},
            "template": {
                "image": image, "command": [os.path.join(PROGRAMS, "standin_engine")],
                "env": {"SLOT": "$(SLOT)"}, "stopTimeout": "20s",
                "probe": PATIENT_PROBE}}
        body.update(fields)
        text = json.dumps({"apiVersion": "roundhouse/v1", "kind": "EnginePool",
                           "metadata": {"name": "acestream"}, "spec": body})
        with open(self.spec_path + ".new", "w") as file:
            file.write(text)
        os.rename(self.spec_path + ".new", self.spec_path)

    def report(self, slot):
        """The file `is` as a dict; empty when there is none."""
        try:
            with open(self.path("slots", str(slot), "s", "is")) as file:
                return dict(line.split(" ", 1) for line in file.read().splitlines()[:-1])
        except FileNotFoundError:
            return {}

    def engines(self):
        """Slot -> process of each engine that runs, as the holders have it."""
        running = {}
        for slot, holder in self.holders.items():
            report = self.report(slot)
            process = int(report.get("pid", 0))
            if report.get("state") == "running" and process in children_of(holder.pid):
                running[slot] = process
        return running

    def tells(self, slot):
        """What the slot's engine says of itself; None when it does not answer."""
        text = http_request("127.0.0.1", HTTP_BASE + slot)
        return json.loads(text) if text else None

    def ask(self, path):
        """The API's JSON; None when it does not answer."""
        text = http_request("127.0.0.1", 9190, path=path)
        return json.loads(text) if text else None

    def ready(self):
        """The slots of the engines that the agent calls ready."""
        told = self.ask("/api/v1/engines")
        return {item["slot"] for item in told["items"] if item["ready"]} if told else None

    def logged(self):
        with open(self.path("log"), errors="replace") as file:
            return file.read()

    def wait_until(self, condition, what):
        """Polls until `condition` gives something true, and returns that."""
        return wait_until(condition, what, lambda: self.logged()[-6000:])
