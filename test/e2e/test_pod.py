"""The Pod that `roundhouse render kubernetes` describes, on plain Docker: the image of roundhouse,
a stand-in of Gluetun, and three engines with `hold` as their containers' command."""
import json
import os
import secrets
import shutil
import signal
import tempfile
import time
import unittest

import docker_host
from docker_host import docker
from harness import ENGINE_IMAGE, GATEWAY_IMAGE, PATIENT_PROBE, require
from local_pod import children_of
from rendered_pod import DockerPod, render
from steering import Steering, http_request
from waiting import wait_until

IMAGE = os.environ.get("ROUNDHOUSE_IMAGE", "roundhouse-test")
SPEC = {
    "apiVersion": "roundhouse/v1", "kind": "EnginePool", "metadata": {"name": "acestream"},
    "spec": {
        "replicas": 3, "gateways": [{"container": "gluetun-a"}], "checkInterval": "1s",
        "forwardedPort": {"stableFor": "1s", "minInterval": "1s", "waitFor": "1s"},
        "reconnect": {"restartEngines": False},
        "template": {
            "image": ENGINE_IMAGE, "command": ["/engine"], "stopTimeout": "2s",
            "probe": PATIENT_PROBE}}}


class PodGateway(Steering):
    def __init__(self, address):
        self.address = address


class Pod(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require(docker_host.answers(), "a Docker Engine that answers")
        require(docker_host.look(f"/images/{IMAGE}/json"), f"the image {IMAGE}")
        folder = tempfile.mkdtemp(prefix="roundhouse-pod-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        os.chmod(folder, 0o755)
        spec_path = os.path.join(folder, "engines.yaml")
        with open(spec_path, "w") as file:
            json.dump(SPEC, file)
        documents = render(spec_path, "--image", IMAGE)
        pod = documents["Deployment", "gluetun-a"]["spec"]["template"]["spec"]
        config_maps = {name: each["data"] for (kind, name), each in documents.items()
                       if kind == "ConfigMap"}
        cls.pod = DockerPod(
            pod, "e2e-" + secrets.token_hex(3), folder, ENGINE_IMAGE, config_maps=config_maps,
            secrets={"gluetun-a": {"GLUETUN_START": "500,0,0", "GLUETUN_PORTS": "40001"}},
            stand_ins={"gluetun": GATEWAY_IMAGE})
        cls.addClassCleanup(cls.pod.remove)
        cls.pod.start()
        cls.gateway = PodGateway(cls.pod.address)

    def ask(self, path):
        text = http_request(self.pod.address, 9190, path=path)
        return json.loads(text) if text else None

    def wait_until(self, condition, what):
        return wait_until(condition, what, self.pod.logs)

    def settled(self, port):
        """Has that port forwarded, and waits until three engines serve, one of them there. What
        runs in each slot."""
        self.gateway.set_ports([port])

        def serve():
            told = self.ask("/api/v1/engines")
            ready = [item for item in told["items"] if item["ready"]] if told else []
            return len(ready) == 3 and [each["p2pPort"] for each in ready
                                        if each["forwarded"]] == [port]

        self.wait_until(serve, f"three engines serve, and one has port {port}")
        return self.runs()

    def runs(self):
        reports = [self.pod.report(slot) for slot in range(3)]
        return [(each["generation"], each["pid"], each["started_ms"], each["state"])
                for each in reports]

    def gateway_state(self):
        return self.ask("/api/v1/gateways")["items"][0]["state"]

    def test_each_engine_may_change_its_own_report_and_nothing_else(self):
        self.settled(40001)
        self.assertEqual(0o755, self.pod.mode("0", "w"))
        self.assertEqual(0o1777, self.pod.mode("0", "s"))
        seen = docker_host.inspect(self.pod.container("engine-1"))
        mounts = {each["Destination"]: each["RW"] for each in seen["Mounts"]}
        self.assertEqual({"/rh": False, "/slots/1/w": False, "/slots/1/s": True}, mounts)

    def test_a_moved_port_restarts_no_container(self):
        before, starts = self.settled(40001), self.pod.starts()
        after = self.settled(40002)
        self.assertEqual(1, sum(old != new for old, new in zip(before, after)), (before, after))
        self.assertEqual(starts, self.pod.starts())

    def test_no_engine_is_touched_when_the_agent_is_killed(self):
        before, starts = self.settled(40001), self.pod.starts()
        supervisor = self.pod.process("agent")
        agent = children_of(supervisor)
        os.kill(agent[0], signal.SIGKILL)
        self.wait_until(lambda: children_of(supervisor) not in ([], agent), "the agent is back")
        self.assertEqual(before, self.settled(40001))
        self.assertEqual(starts, self.pod.starts())

    def test_no_engine_is_touched_when_gluetun_is_killed(self):
        before = self.settled(40001)
        network = os.stat(f"/proc/{self.pod.process('engine-0')}/ns/net").st_ino
        docker("kill", self.pod.container("gluetun"))
        self.wait_until(lambda: self.gateway_state() == "unhealthy", "the agent sees its end")
        docker("start", self.pod.container("gluetun"))
        self.gateway.wait_until_it_listens()
        self.wait_until(lambda: self.gateway_state() == "ready", "the agent sees its return")
        self.assertEqual(before, self.settled(40001))
        self.assertEqual(network, os.stat(f"/proc/{self.pod.process('gluetun')}/ns/net").st_ino)

    def test_engines_end_within_the_grace_of_the_pod_and_come_back_with_their_containers(self):
        self.settled(40001)
        names = [self.pod.container(f"engine-{slot}") for slot in range(3)]
        grace_s = self.pod.spec["terminationGracePeriodSeconds"]
        begun = time.monotonic()
        docker("stop", "--time", str(grace_s), *names)
        self.assertLess(time.monotonic() - begun, grace_s)
        self.assertEqual({"stopped"}, {run[3] for run in self.runs()})
        self.assertEqual({0}, {docker_host.inspect(name)["State"]["ExitCode"] for name in names})
        docker("start", *names)
        self.assertEqual({"running"}, {run[3] for run in self.settled(40001)})


if __name__ == "__main__":
    unittest.main()
