"""What roundhouse takes: how soon it acts, and what it costs while there is nothing to do."""
import http.client
import statistics
import time

from contenders import Roundhouse
from holdings import holdings
from tap import Tap
from world import docker_host

CHANGES = "^(POST|DELETE)"


class Insights:
    def __init__(self, world, runs, tell):
        self.world = world
        self.runs = runs
        self.tell = tell
        self.roundhouse = Roundhouse(world)
        self.tap = Tap(world.folder, docker_host.socket_path())

    def begin(self, replicas):
        """A controller whose calls are seen, and so many engines that run."""
        self.world.declare(replicas)
        self.controller = self.world.begin_controller(DOCKER_HOST=f"unix://{self.tap.path}")
        self.world.wait_until(
            lambda: sum(each["State"]["Running"] for each in self.roundhouse.containers())
            == replicas, f"{replicas} engines run")
        self.be_still()

    def end(self):
        self.world.declare(0)
        self.world.wait_until(lambda: not self.roundhouse.containers(), "no engine is left")
        self.controller.terminate()

    def be_still(self):
        """Until it has looked again after the last change, and again."""
        self.world.wait_until(
            lambda: not self.tap.calls_since(time.time() - 1.5, CHANGES), "it is at rest")

    def tell_latency(self, what, seconds):
        self.tell({"what": what, "who": "roundhouse", "seconds": seconds,
                   "median": statistics.median(seconds)})

    def first_call(self, since, pattern=""):
        return self.world.wait_until(lambda: self.tap.calls_since(since, pattern), "a call")[0][0]

    def latencies(self):
        self.begin(2)
        edits, deaths, acts = [], [], []
        for run in range(self.runs):
            replicas = 3 if run % 2 == 0 else 2
            # At rest it looks each 5 s; that look is not meant.
            begun = time.time()
            self.world.declare(replicas)
            edits.append(self.first_call(begun, CHANGES) - begun)
            self.be_still()
            begun = time.time()
            self.roundhouse.kill(self.roundhouse.victims(1)[0])
            died = self.world.wait_for(1, "die", self.roundhouse.owns, begun)
            deaths.append(self.first_call(died) - died)
            acts.append(self.first_call(died, CHANGES) - died)
            self.be_still()
            self.forget_failures()
        self.end()
        self.tell_latency("edit to first change", edits)
        self.tell_latency("death to first call", deaths)
        self.tell_latency("death to first change", acts)

    def forget_failures(self):
        """A second death soon after the first would wait for its backoff."""
        docker_host.docker("rm", "--force", *(e["Id"] for e in self.roundhouse.containers()))
        self.be_still()

    def port_changes(self):
        """From the change of the forwarded port to what is done about it. Of that, stableFor is to
        be waited for, and reading comes round each checkInterval."""
        stable_for, interval = 2, 1
        self.world.gateway.set_ports([40001])
        self.world.write_spec(1, template={"probe": {}}, checkInterval=f"{interval}s",
                              forwardedPort={"stableFor": f"{stable_for}s", "minInterval": "0s"})
        self.controller = self.world.begin_controller(DOCKER_HOST=f"unix://{self.tap.path}")
        seconds = []
        for port in range(40002, 40002 + self.runs):
            self.world.wait_until(lambda: any(engine.forwarded for engine in self.world.engines()),
                                  "an engine has the forwarded port")
            self.be_still()
            begun = time.time()
            self.world.gateway.set_ports([port])
            seconds.append(self.first_call(begun, CHANGES) - begun - stable_for)
        self.end()
        self.world.gateway.set_ports([])
        self.tell_latency(f"forwarded port to first change, beyond stableFor, each {interval} s",
                          seconds)

    def start_up(self):
        """From the start of the program to the end of its first round."""
        seconds = []
        for _ in range(self.runs):
            self.world.declare(0)
            begun = time.time()
            self.controller = self.world.begin_controller()
            while not self.says_ready():
                pass
            seconds.append(time.time() - begun)
            self.controller.terminate()
        self.tell_latency("start to end of the first round", seconds)

    def says_ready(self):
        host, _, port = self.world.listen.partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=1)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def cost_at_rest(self, replicas, watched_seconds):
        self.begin(replicas)
        pid = self.controller.process.pid
        begun, before, octets = time.time(), holdings(pid), self.tap.octets
        time.sleep(watched_seconds)  # this is what is measured
        took, after = time.time() - begun, holdings(pid)
        used = after.processor_seconds - before.processor_seconds
        octets = self.tap.octets - octets
        calls = self.tap.calls_since(begun)
        rounds = sum("/containers/json?" in call for _, call in calls)
        self.tell({"what": "cost at rest", "containers": replicas, "who": "roundhouse",
                   "processor_seconds_per_hour": 3600 * used / took,
                   "processor_share": used / took,
                   "resident_mib": after.resident_mib, "threads": after.threads,
                   "open_files": after.open_files,
                   "calls_per_round": len(calls) / max(rounds, 1),
                   "octets_per_round": octets / max(rounds, 1)})
        self.end()
