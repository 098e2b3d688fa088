"""What chaos does to a pool: one disturbance at a time, each chosen by dice."""
import signal

from docker_host import docker, inspect
from harness import ENGINE_IMAGE


class Disturbances:
    """Of one test: its gateways, engines, spec, controller and Docker daemon. What is not there, or
    gone in the meantime, is not disturbed: commands that fail are no failures of the test."""

    def __init__(self, test, dice):
        self.test = test
        self.dice = dice
        self.strangers = []
        self.daemon_restarts = 0
        self.kinds = {
            self.engine_is_killed: 4, self.engine_is_removed: 3, self.engine_is_stopped: 2,
            self.engine_is_paused: 2, self.gateway_is_restarted: 3, self.gateway_is_recreated: 2,
            self.gateway_is_stopped: 2, self.gateway_is_paused: 1, self.gateway_is_unhealthy: 2,
            self.control_server_is_broken: 3, self.ports_move: 4, self.vpn_is_lost: 2,
            self.spec_is_edited: 5, self.spec_is_broken: 2, self.spec_is_half_saved: 1,
            self.stranger_takes_a_name: 1, self.controller_is_killed: 3,
            self.controller_is_stopped: 2, self.second_controller_is_kept_out: 1,
            self.daemon_is_restarted: 1,
        }

    def one(self):
        """Does one, and returns what it was."""
        [kind] = self.dice.choices(list(self.kinds), list(self.kinds.values()))
        detail = kind()
        return kind.__name__ + (f" {detail}" if detail else "")

    # --- engines

    def some_engine(self):
        engines = self.test.engines()
        return self.dice.choice(engines) if engines else None

    def to_some_engine(self, *command):
        engine = self.some_engine()
        if engine is None:
            return "(none)"
        docker(*command, engine.id, check=False)
        return engine.name

    def engine_is_killed(self):
        return self.to_some_engine("kill")

    def engine_is_removed(self):
        return self.to_some_engine("rm", "--force")

    def engine_is_stopped(self):
        return self.to_some_engine("stop", "--time", "1")

    def engine_is_paused(self):
        return self.to_some_engine("pause")

    # --- gateways

    def to_some_gateway(self, *command):
        gateway = self.dice.choice(self.test.gateways)
        docker(*command, gateway.name, check=False)
        return gateway.name

    def gateway_is_restarted(self):
        return self.to_some_gateway("restart", "--time", "1")

    def gateway_is_recreated(self):
        gateway = self.dice.choice(self.test.gateways)
        gateway.remove()
        gateway.make("--restart", "always")
        return gateway.name

    def gateway_is_stopped(self):
        name = self.to_some_gateway("stop", "--time", "1")
        self.test.later(self.dice.uniform(0, 8), "start", name)
        return name

    def gateway_is_paused(self):
        name = self.to_some_gateway("pause")
        self.test.later(self.dice.uniform(0, 5), "unpause", name)
        return name

    def steer(self, what):
        """Does `what` to a gateway, unless that does not answer now."""
        gateway = self.dice.choice(self.test.gateways)
        try:
            what(gateway)
        except (AssertionError, OSError, TypeError, KeyError):
            return f"{gateway.name} (does not answer)"
        return gateway.name

    def gateway_is_unhealthy(self):
        word = self.dice.choice(["no VPN", "healthy"])
        return self.steer(lambda gateway: gateway.set_health(word)) + f": {word}"

    def control_server_is_broken(self):
        word = self.dice.choice(["none", "none", "hang", "drop", "garbage", "500", "401", "refuse"])
        return self.steer(lambda gateway: gateway.fault(word)) + f": {word}"

    def ports_move(self):
        ports = self.dice.choice([[], [40001], [40002], [40003, 40004]])
        return self.steer(lambda gateway: gateway.set_ports(ports)) + f": {ports}"

    def vpn_is_lost(self):
        word = self.dice.choice(["running", "running", "stopped", "crashed"])
        return self.steer(lambda gateway: gateway.vpn(word)) + f": {word}"

    # --- the spec

    def spec_is_edited(self):
        replicas = self.dice.randint(0, 7)
        edit = self.dice.choice(["0", "1"])
        self.test.write_pool(replicas, edit, in_place=self.dice.random() < 0.3)
        return f"replicas {replicas}, edit {edit}"

    def spec_is_broken(self):
        text = self.dice.choice(["", "replicas: [", "kind: Other\n", "\t\0\xff"])
        self.test.write_text(text, in_place=True)
        return repr(text)

    def spec_is_half_saved(self):
        text = self.test.spec(3)
        self.test.write_text(text[:self.dice.randrange(len(text))], in_place=True)

    # --- the rest

    def stranger_takes_a_name(self):
        name = f"{self.test.pool}-{self.dice.randrange(7)}"
        docker("run", "--detach", "--name", name, "--env", "HTTP_PORT=1900", "--env",
               "HTTPS_PORT=1901", "--env", "API_PORT=1902", "--env", "P2P_PORT=1903", ENGINE_IMAGE,
               check=False)
        seen = inspect(name)
        if seen and "roundhouse.pool" not in seen["Config"]["Labels"]:
            self.strangers.append(name)
            self.test.watcher.protect(seen["Id"])
            return name
        return f"{name} (was taken)"

    def controller_is_killed(self):
        self.test.controllers[-1].kill()
        self.test.start_controller()

    def controller_is_stopped(self):
        process = self.test.controllers[-1].process
        process.send_signal(signal.SIGSTOP)
        self.test.at_a_later_time(self.dice.uniform(0.5, 5),
                                  lambda: process.send_signal(signal.SIGCONT))

    def second_controller_is_kept_out(self):
        done = self.test.pool_command("run")
        if done.returncode != 1 and self.test.controllers[-1].alive:
            self.test.watcher.violations.append(
                f"a second controller ended with {done.returncode}: {done.stderr}")

    def daemon_is_restarted(self):
        if self.daemon_restarts == 2:
            return "(not again)"
        self.daemon_restarts += 1
        # It stops every container, those of strangers as well.
        ids = [inspect(name)["Id"] for name in self.strangers]
        for identity in ids:
            self.test.watcher.release(identity)
        self.test.restart_daemon()
        for identity in ids:
            self.test.watcher.protect(identity)
        return ""

    # --- rest

    def end(self):
        """Everything that engines need is there, and stays."""
        for name in self.strangers:
            seen = inspect(name)
            if seen:
                self.test.watcher.release(seen["Id"])
            docker("rm", "--force", name, check=False)
        for gateway in self.test.gateways:
            docker("unpause", gateway.name, check=False)
            docker("start", gateway.name, check=False)
            gateway.wait_until_it_listens()
            gateway.fault("none")
            gateway.vpn("running")
            gateway.set_health("healthy")
            gateway.set_ports([40001])
