"""Who is measured: roundhouse, the floor, and what people could use instead. Each starts, with
scale(), the given number of containers without waiting; `owns` knows them by their names."""
import json
import os
import re
import shutil
import signal
import subprocess

from world import ENGINE_IMAGE, docker_host

FLOOR = os.environ.get("BENCH_FLOOR", "bench_floor")
# They cannot give each container ports of its own; on port 0 each gets some.
ANY_PORTS = {name: "0" for name in ("HTTP_PORT", "HTTPS_PORT", "API_PORT", "P2P_PORT")}


class Contender:
    """What scale() and others return is called when time begins: it gives the process that does it,
    or None."""
    name = ""

    def __init__(self, world):
        self.world = world
        self.names = re.compile(re.escape(f"{world.pool}-{self.name.replace(' ', '-')}") + r"[-_.]")

    def owns(self, name):
        return bool(self.names.match(name))

    def prepare(self):
        """Once, before it is first measured."""

    def containers(self):
        return self.world.containers(self.owns)

    def clear(self):
        self.world.remove(self.owns)

    def victims(self, count):
        return [each for each in self.containers() if each["State"]["Running"]][:count]

    @staticmethod
    def kill(victim):
        """As if it had crashed: by `docker kill` it would be stopped by its user."""
        os.kill(victim["State"]["Pid"], signal.SIGKILL)

    @staticmethod
    def remove(victim):
        """As a person might do."""
        docker_host.docker("rm", "--force", victim["Id"])


class Roundhouse(Contender):
    name = "roundhouse"

    def __init__(self, world):
        super().__init__(world)
        self.names = re.compile(re.escape(world.pool) + r"-\d+$")

    def scale(self, count):
        return lambda: self.world.declare(count)

    def clear(self):
        self.world.declare(0)
        self.world.wait_until(lambda: not self.containers(), "no engine is left")


class Floor(Contender):
    """The calls that roundhouse makes, and nothing else."""

    def __init__(self, world, in_flight):
        self.name = f"floor {in_flight}"
        super().__init__(world)
        self.in_flight = in_flight
        self.patterns = []

    def imitate(self, engines):
        """From now on it makes containers like these."""
        self.patterns = [self._body_like(each) for each in engines]

    def _body_like(self, engine):
        body = {name: engine["Config"][name]
                for name in ("Image", "Env", "Cmd", "StopTimeout", "StopSignal")
                if engine["Config"].get(name) is not None}
        labels = engine["Config"]["Labels"]
        body["Labels"] = labels | {"roundhouse.pool": f"{self.world.pool}-floor"}
        return body | {"HostConfig": engine["HostConfig"]}

    def calls_to_make(self, number, gateway_id):
        body = self.patterns[number]
        body["HostConfig"]["NetworkMode"] = "container:" + gateway_id
        name = f"{self.world.pool}-{self.name.replace(' ', '-')}-{number}"
        return [["POST", f"/containers/create?name={name}", body],
                ["POST", "/containers/{id}/start", None]]

    def run(self, work, *options):
        """A process that does so: a list of calls for each container. What begins it can be given
        further work."""
        process = subprocess.Popen(
            [FLOOR, docker_host.socket_path(), str(self.in_flight), *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def add(calls):
            process.stdin.write("".join(json.dumps(each) + "\n" for each in calls))
            process.stdin.flush()

        def begin(further=()):
            add(further)
            process.stdin.close()
            return process

        add(work)
        return begin

    def scale(self, count):
        gateway_id = self.world.gateway.id
        return self.run([self.calls_to_make(number, gateway_id) for number in range(count)])

    def replacements(self, engines):
        """As roundhouse replaces engines that serve nobody: removed, and created again."""
        gateway_id = self.world.gateway.id
        return [[["DELETE", f"/containers/{each['Id']}?force=1&v=1", None],
                 *self.calls_to_make(int(each["Name"].rpartition("-")[2]), gateway_id)]
                for each in engines]

    def replace(self, dead):
        """In the gateway that is there when it begins."""
        begin = self.run([])
        return lambda: begin(self.replacements(dead))

    def heal(self, engine, event):
        """Begins at once to wait for the event that tells of its loss. As an inspect tells when
        Docker has finished with a container, it is inspected first."""
        inspect = ["GET", f"/containers/{engine['Id']}/json", None]
        process = self.run([[inspect, *self.replacements([engine])[0]]], event)()
        assert process.stdout.readline() == "listens\n"
        return process

    def scale_down(self, surplus):
        return self.run([[["POST", f"/containers/{each['Id']}/stop?t=1", None],
                          ["DELETE", f"/containers/{each['Id']}?force=1&v=1", None]]
                         for each in surplus])


class Compose(Contender):
    name = "docker-compose"

    def prepare(self):
        self.file = os.path.join(self.world.folder, "compose.yaml")
        service = {"image": ENGINE_IMAGE, "environment": ANY_PORTS, "stop_grace_period": "1s",
                   "network_mode": f"container:{self.world.gateway.name}"}
        with open(self.file, "w", encoding="ascii") as file:
            json.dump({"version": "3.7", "services": {"engine": service}}, file)

    def scale(self, count):
        return lambda: subprocess.Popen(
            ["docker-compose", "--file", self.file, "--project-name",
             f"{self.world.pool}-{self.name}", "up", "--detach", "--scale", f"engine={count}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @staticmethod
    def usable():
        return shutil.which("docker-compose") is not None


class Swarm(Contender):
    """On a network of its own: its services cannot join the network of a container."""
    name = "swarm"

    def prepare(self):
        docker_host.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
        self.service = f"{self.world.pool}-{self.name}"

    def scale(self, count):
        if docker_host.docker("service", "ls", "--quiet", "--filter", f"name={self.service}"):
            command = ["scale", f"{self.service}={count}"]
        else:
            variables = [f"--env={name}={value}" for name, value in ANY_PORTS.items()]
            command = ["create", "--name", self.service, "--replicas", str(count),
                       "--no-resolve-image", "--stop-grace-period", "1s", *variables, ENGINE_IMAGE]
        command = ["docker", "service", *command[:1], "--detach", *command[1:]]
        return lambda: subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def clear(self):
        docker_host.docker("service", "rm", self.service, check=False)
        self.world.wait_until(lambda: not self.containers(), "no task is left")


class ShellLoop(Contender):
    """`docker run` for one after another; with `restart: always`, which heals."""
    name = "shell loop"

    def scale(self, count):
        pool, gateway = self.world.pool, self.world.gateway.name
        variables = " ".join(f"--env={name}={value}" for name, value in ANY_PORTS.items())
        run = (f"docker run --detach --restart always --name {pool}-shell-loop-$i "
               f"--network container:{gateway} {variables} {ENGINE_IMAGE}")
        return lambda: subprocess.Popen(
            ["sh", "-c", f"for i in $(seq {count}); do {run}; done"], stdout=subprocess.DEVNULL)
