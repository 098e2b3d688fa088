"""What an end-to-end test stands on: stand-in gateways on a network of their own, a spec file, the
real roundhouse binary, and a Watcher. Each test gets names of its own and leaves nothing behind.
"""
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request

import docker_host
from docker_host import docker
from steering import Steering, free_ports, http_request
from waiting import PATIENCE_S, wait_until
from watcher import Watcher

IMAGES = os.environ.get("STANDIN_IMAGES", "roundhouse-standin")
ENGINE_IMAGE = f"{IMAGES}-engine"
GATEWAY_IMAGE = f"{IMAGES}-gateway"
BINARY = os.environ.get("ROUNDHOUSE", "roundhouse")
ANY_SLOTS = object()
# On a busy machine Docker may report an engine's end seconds late. The probe must not be faster.
PATIENT_PROBE = {"period": "200ms", "timeout": "500ms", "failureThreshold": 100,
                 "startupTimeout": "60s"}
# For engines that hang.
HASTY_PROBE = PATIENT_PROBE | {"failureThreshold": 2, "startupTimeout": "10s"}
IN_CI = os.environ.get("CI", "") not in ("", "0", "false")


def require(condition, what):
    """Locally a test that cannot run is skipped; in CI it fails."""
    if condition:
        return
    if IN_CI:
        raise AssertionError(f"CI needs {what}")
    raise unittest.SkipTest(f"needs {what}")


class Gateway(Steering):
    """A stand-in gateway: one container of a fixed name, and perhaps several ids over time."""

    def __init__(self, name, network, environment=None, options=()):
        self.name = name
        self.network = network
        self.options = list(options)
        self.environment = dict(environment or {})
        self.ids = set()
        self.make()

    def make(self, *options):
        variables = [f"--env={name}={value}" for name, value in self.environment.items()]
        docker("run", "--detach", "--name", self.name, "--network", self.network, *variables,
               *self.options, *options, GATEWAY_IMAGE)
        self.ids.add(self.id)
        self.wait_until_it_listens()

    def remove(self):
        docker("rm", "--force", "--volumes", self.name)

    def restart(self):
        docker("restart", "--time", "1", self.name)

    def stop(self):
        docker("stop", "--time", "1", self.name)

    def start(self):
        docker("start", self.name)

    @property
    def id(self):
        return docker_host.inspect(self.name)["Id"]

    @property
    def address(self):
        seen = docker_host.inspect(self.name)
        return seen["NetworkSettings"]["Networks"][self.network]["IPAddress"] if seen else ""

    @property
    def started_at(self):
        return docker_host.inspect(self.name)["State"]["StartedAt"]

    @property
    def exists(self):
        return docker_host.inspect(self.name) is not None

    @property
    def last_health_checks(self):
        """The results of the last checks: (exit code, output)."""
        told = docker_host.inspect(self.name)["State"].get("Health", {}).get("Log") or []
        return [(each["ExitCode"], each["Output"]) for each in told]

    @property
    def health(self):
        """What Docker says: "starting", "healthy", "unhealthy", or "none"."""
        return docker_host.inspect(self.name)["State"].get("Health", {}).get("Status", "none")


class Engine:
    """One row of the pool's containers, as Docker lists them."""

    def __init__(self, row):
        self.id = row["Id"]
        self.name = row["Names"][0].lstrip("/")
        self.state = row["State"]
        self.labels = row["Labels"]
        self.slot = int(self.labels.get("roundhouse.slot", -1))
        self.network_mode = docker_host.network_mode_of(row)
        self.http_port = int(self.labels.get("roundhouse.http-port", 0))
        self.p2p_port = int(self.labels.get("roundhouse.p2p-port", 0))
        self.forwarded = self.labels.get("roundhouse.forwarded") == "true"
        self.failures = int(self.labels.get("roundhouse.failures", 0))

    def __repr__(self):
        return f"{self.name}({self.state}, {self.id[:12]})"

    def answers(self, address):
        """Whether this engine's own port answers, and not another engine on it."""
        said = self.tells(address)
        return said is not None and said["http_port"] == self.http_port

    def tells(self, address):
        """What the engine itself says of its ports; None when it does not answer."""
        text = http_request(address, self.http_port) if address else None
        return json.loads(text) if text else None


class Controller:
    """One process of `roundhouse run`."""

    def __init__(self, test, environment=None, log_level="debug"):
        self.log_path = os.path.join(test.folder, f"controller-{time.monotonic_ns()}.log")
        self._log = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            [BINARY, "run", "-f", test.spec_path, "--log-level", log_level],
            stdout=self._log, stderr=self._log, env=test.environment(environment))

    @property
    def log(self):
        with open(self.log_path, errors="replace") as text:
            return text.read()

    def says(self, condition, status):
        """Whether its last word on a condition such as "GatewayReady" is "True", "False" ..."""
        told = re.findall(rf" condition={condition} status=(\w+)", self.log)
        return told[-1:] == [status]

    @property
    def alive(self):
        return self.process.poll() is None

    def kill(self):
        """As kill -9."""
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self._log.close()

    def terminate(self, number=signal.SIGTERM):
        """Returns the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        self._log.close()
        return code


class PoolTest(unittest.TestCase):
    """A pool, its gateways and everything else that a test makes, all named after `self.pool`."""

    gateway_count = 1
    gateway_options = []
    gateway_environment = {}

    @classmethod
    def setUpClass(cls):
        require(docker_host.answers(), "a Docker Engine that answers")
        require(docker_host.look(f"/images/{ENGINE_IMAGE}/json"), "the stand-in images "
                "(test/standins/build.sh)")

    def setUp(self):
        self.pool = "e2e-" + secrets.token_hex(3)
        self.folder = tempfile.mkdtemp(prefix="roundhouse-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.state_dir = os.path.join(self.folder, "state")
        self.spec_folder = os.path.join(self.folder, "spec")
        os.mkdir(self.spec_folder)
        self.spec_path = os.path.join(self.spec_folder, "engines.yaml")
        self.listen = f"127.0.0.1:{free_ports(1)[0]}"
        self.controllers = []
        self.unsettled = []  # the numbers of engines that were declared since the pool last settled
        self.watcher = Watcher(self.pool, self.pool)
        self.addCleanup(self.remove_all)
        docker("network", "create", "--label", f"roundhouse-test={self.pool}", self.pool)
        self.gateways = []
        for _ in range(self.gateway_count):
            self.start_gateway(environment=self.gateway_environment)
        self.watcher.begin()

    def tearDown(self):
        for controller in self.controllers:
            if controller.alive:
                controller.kill()
        self.watcher.close()
        self.assertEqual([], self.watcher.violations)
        if self.gateways:
            allowed = {f"container:{each}" for gateway in self.gateways for each in gateway.ids}
            for name, modes in self.watcher.network_modes.items():
                self.assertLessEqual(modes, allowed, f"{name} was made outside its gateway")

    def remove_all(self):
        for controller in self.controllers:
            if controller.alive:
                controller.kill()
        self.watcher.close()
        rows = docker_host.look("/containers/json", {"all": 1})
        # The engines first: Podman keeps a gateway that others joined.
        rows.sort(key=lambda row: "roundhouse.pool" not in (row["Labels"] or {}))
        ours = [row["Id"] for row in rows
                if row["Names"] and row["Names"][0].startswith("/" + self.pool)]
        if ours:
            docker("rm", "--force", "--volumes", *ours, check=False)
        docker("network", "rm", self.pool, check=False)

    def start_gateway(self, profile="v3.41", environment=None):
        """One more gateway of this pool, answering as that release of Gluetun."""
        name = f"{self.pool}-gateway{len(self.gateways)}"
        self.gateways.append(Gateway(name, self.pool,
                                     {"GLUETUN_PROFILE": profile} | (environment or {}),
                                     self.gateway_options))
        return self.gateways[-1]

    # --- the spec

    def spec(self, replicas, template=None, **fields):
        """A spec as the text of a file. JSON is YAML, and easy to make."""
        engine_template = {
            "image": ENGINE_IMAGE, "pullPolicy": "Never", "stopTimeout": "1s",
            "env": {"SLOT": "$(SLOT)"},
            "probe": PATIENT_PROBE,
        }
        engine_template.update(template or {})
        body = {"replicas": replicas, "maxActiveReplicas": 20,
                "gateways": [gateway.name for gateway in self.gateways],
                # The tests ask engines often: to the controller they are viewers.
                "drain": {"timeout": "0s"},
                "checkInterval": "1s", "failover": {"after": "3s"}, "template": engine_template}
        body.update(fields)
        body = {name: value for name, value in body.items() if value is not None}
        return json.dumps({"apiVersion": "roundhouse/v1", "kind": "EnginePool",
                           "metadata": {"name": self.pool}, "spec": body}, indent=2) + "\n"

    def write_spec(self, replicas, template=None, in_place=False, **fields):
        self.unsettled.append(replicas)
        self.write_text(self.spec(replicas, template, **fields), in_place)

    def write_text(self, text, in_place=False):
        """As editors do: a new file renamed over the old one, or the old one written again."""
        path = self.spec_path if in_place else self.spec_path + ".new"
        with open(path, "w") as file:
            file.write(text)
        if not in_place:
            os.rename(path, self.spec_path)

    # --- the binary

    def environment(self, extra=None):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("GLUETUN_", "ROUNDHOUSE", "MAX_ACTIVE", "VPN_"))}
        return kept | {"ROUNDHOUSE_STATE_DIR": self.state_dir,
                       "ROUNDHOUSE_LISTEN": self.listen} | (extra or {})

    def start_controller(self, **options):
        self.controllers.append(Controller(self, **options))
        return self.controllers[-1]

    def command(self, *arguments, environment=None):
        """Runs `roundhouse ...` to its end."""
        return subprocess.run([BINARY, *arguments], capture_output=True, text=True,
                              timeout=PATIENCE_S, env=self.environment(environment))

    def pool_command(self, name, *arguments, **options):
        return self.command(name, "-f", self.spec_path, *arguments, **options)

    def start_down(self):
        """`roundhouse down --drain`, under way."""
        process = subprocess.Popen([BINARY, "down", "--drain", "-f", self.spec_path],
                                   env=self.environment())
        self.addCleanup(process.kill)
        return process

    # --- the world

    def engines(self):
        """The pool's containers by slot, whatever their state."""
        rows = docker_host.list_by_label(f"roundhouse.pool={self.pool}")
        return sorted((Engine(row) for row in rows), key=lambda engine: engine.slot)

    def gateway_of(self, engine):
        for gateway in self.gateways:
            seen = docker_host.inspect(gateway.name)
            if seen and engine.network_mode == "container:" + seen["Id"]:
                return gateway
        return None

    def wait_until_healthy(self):
        """Waits until Docker calls every gateway healthy."""
        for gateway in self.gateways:
            self.wait_until(lambda: gateway.health == "healthy", f"{gateway.name} is healthy")

    def wait_for_rounds(self, gateway):
        """Waits until the controller has read this gateway's control server and ended the round:
        until it asks for the second time from now."""
        def asked():
            return sum(count for request, count in gateway.requests().items()
                       if request.startswith("GET /v1/vpn/status "))

        before = asked()
        self.wait_until(lambda: asked() >= before + 2, "the control server is read in each round")

    def wait_until_told(self, condition, status):
        """Waits until the controller's last word on a condition is this."""
        self.wait_until(lambda: self.controllers[-1].says(condition, status),
                        f"{condition} is {status}")

    def wait_until(self, condition, what):
        """Polls until `condition` gives something true, and returns that."""
        return wait_until(condition, what, self.account)

    def account(self):
        """For a failed test: what there is, and what the controller said."""
        logs = "".join(f"--- {each.log_path}\n" + "".join(each.log.splitlines(True)[-60:])
                       for each in self.controllers[-2:])
        checks = "".join(f"{each.name} is {each.health}: {each.last_health_checks}\n"
                         for each in self.gateways if each.exists)
        return f"engines: {self.engines()}\n{checks}{logs}"

    def settle(self, count, slots=None, ready=True):
        """Waits until exactly `count` engines are there, each in its slot and answering through its
        gateway's namespace, and with `ready` the controller calls the pool so: what it has not seen
        ready it would be the first to stop. Returns them. `slots` are the lowest ones by default;
        after a number that was reduced before its engines were ready, those that were ready first,
        which is ANY_SLOTS."""
        if slots is None:
            was_higher = any(each > self.unsettled[-1] for each in self.unsettled)
            slots = ANY_SLOTS if was_higher else list(range(count))

        def matched():
            engines = self.engines()
            found = [engine.slot for engine in engines]
            if len(found) != count or len(set(found)) != count:
                return None
            if slots is not ANY_SLOTS and found != slots:
                return None
            if self.watcher.running != {engine.id for engine in engines}:
                return None
            alive = [each for each in self.controllers if each.alive]
            if ready and not all(each.says("Ready", "True") for each in alive):
                return None
            addresses = {gateway.name: gateway.address for gateway in self.gateways}
            for engine in engines:
                gateway = self.gateway_of(engine)
                if not gateway or not engine.answers(addresses[gateway.name]):
                    return None
            return engines or True

        where = "any slots" if slots is ANY_SLOTS else f"slots {slots}"
        found = self.wait_until(matched, f"{count} engines serve in {where}")
        if ready:
            self.unsettled.clear()
        return [] if found is True else found

    def rounds_ended(self):
        """How many rounds the controller has ended, whatever came of them; None: not known."""
        try:
            with urllib.request.urlopen(f"http://{self.listen}/metrics",
                                        timeout=PATIENCE_S) as answer:
                text = answer.read().decode()
        except OSError:
            return None
        counts = re.findall(r"^roundhouse_rounds_total\{[^}]*\} (\d+)", text, re.MULTILINE)
        return sum(int(count) for count in counts)

    def interval_s(self):
        try:
            with open(self.spec_path) as spec:
                text = spec.read()
        except OSError:  # the test took it away: the last one is in force
            text = ""
        found = re.search(r'checkInterval"?: "?(\d+)(ms|s|m|h)', text)
        units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
        return int(found[1]) * units[found[2]] if found else 5

    def let_rounds_pass(self, seconds):
        """Waits for `seconds`, and until two rounds have ended since: on a busy machine the time
        alone says nothing. No rounds are awaited that the spec puts off for longer than that."""
        begun, before = time.monotonic(), self.rounds_ended()
        awaited = 2 if before is not None and 2 * self.interval_s() <= seconds else 0

        def passed():
            if time.monotonic() < begun + seconds:
                return False
            now = self.rounds_ended() if awaited else None
            return now is None or now >= before + awaited

        self.wait_until(passed, f"{seconds} s and {awaited} rounds pass")

    def assert_nothing_changes(self, seconds):
        """Watches for `seconds` and some rounds: nothing happens to any container of this test."""
        begun = time.time()
        self.let_rounds_pass(seconds)
        self.assertEqual([], self.watcher.changes_since(begun), self.account())


def ids(engines):
    return {engine.slot: engine.id for engine in engines}
