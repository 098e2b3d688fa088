"""How fast each of them is, in turns: so many runs of each, one after another."""
import datetime
import re
import statistics
import time

from contenders import Compose, Floor, Roundhouse, ShellLoop, Swarm
from world import docker_host

IN_FLIGHT = (4, 8, 16)
# Of so many deaths, one after another, each run of a healing is the median.
DEATHS = 5
# As Gluetun's image has them.
GLUETUN_HEALTH = ("--health-interval=5s", "--health-timeout=5s", "--health-start-period=10s",
                  "--health-retries=3")


def start_of_check(check):
    """In seconds since 1970, of one entry of a health log."""
    moment = re.sub(r"(\.\d{6})\d*", r"\1", check["Start"]).replace("Z", "+00:00")
    return datetime.datetime.fromisoformat(moment).timestamp()


class Comparisons:
    def __init__(self, world, runs, with_peers, tell):
        self.world = world
        self.runs = runs
        self.tell = tell  # of each figure
        self.roundhouse = Roundhouse(world)
        self.floors = [Floor(world, in_flight) for in_flight in IN_FLIGHT]
        self.floor = self.floors[1]  # the fastest, once that is known
        self.floor_is_chosen = False
        self.swarm, self.shell_loop = Swarm(world), ShellLoop(world)
        self.peers = []
        if with_peers:
            self.peers = [Compose(world)] if Compose.usable() else []
            self.peers += [self.swarm, self.shell_loop]

    def prepare(self, largest):
        """Ends with no engine, a controller that runs, and patterns for the floor."""
        self.world.declare(0)
        self.world.begin_controller()
        self.scaled(self.roundhouse, largest)
        patterns = self.roundhouse.containers()
        for floor in self.floors:
            floor.imitate(patterns)
        self.roundhouse.clear()
        for peer in self.peers:
            peer.prepare()
        self.be_alone()

    def scaled(self, who, count):
        """Seconds from the edit, or the command, to the start of the last one."""
        begin = who.scale(count)
        begun = time.time()
        process = begin()
        ended = self.world.wait_for(count, "start", who.owns, begun)
        if process:
            process.wait(120)
        return ended - begun

    def tell_seconds(self, what, containers, name, seconds):
        self.tell({"what": what, "containers": containers, "who": name, "seconds": seconds,
                   "median": statistics.median(seconds)})

    def in_turns(self, containers, attempts):
        """`attempts`: name -> what gives the seconds of one run, by what was measured."""
        measured = {}
        for _ in range(self.runs):
            for name, attempt in attempts.items():
                for what, seconds in attempt().items():
                    measured.setdefault((what, name), []).append(seconds)
                self.be_alone()
        for (what, name), seconds in measured.items():
            self.tell_seconds(what, containers, name, seconds)

    def be_alone(self):
        """Until nothing is left, and the controller pauses no more after its last steps."""
        self.world.wait_until(
            lambda: all(self.is_gateway(each["Name"].lstrip("/"))
                        for each in self.world.containers(lambda name: True))
            and not self.world.watcher.changes_since(time.time() - 0.7), "nothing is left")

    def converge(self, count):
        """From an edit, or a command, to all running."""
        def attempt(who):
            seconds = self.scaled(who, count)
            who.clear()
            return {"converge": seconds}

        floors = [self.floor] if self.floor_is_chosen else self.floors
        everybody = [self.roundhouse, *floors, *self.peers]
        self.in_turns(count, {who.name: lambda who=who: attempt(who) for who in everybody})

    def choose_floor(self, figures):
        """The one that was fastest to start as many as were measured."""
        found = {each["who"]: each["median"] for each in figures if each["what"] == "converge"}
        self.floor = min(self.floors, key=lambda floor: found[floor.name])
        self.floor_is_chosen = True

    def converge_and_down(self, count):
        """From an edit to all running, and back: `roundhouse down`, from its start to its end,
        without a controller."""
        def by_roundhouse():
            converged = self.scaled(self.roundhouse, count)
            self.rest(self.roundhouse, count)
            self.world.controllers[-1].terminate()
            begun = time.time()
            done = self.world.pool_command("down", environment={"MAX_ACTIVE_REPLICAS": str(count)})
            seconds = time.time() - begun
            assert done.returncode == 0, done.stderr
            self.world.declare(0)
            self.world.begin_controller()
            self.world.wait_for_first_round()
            return {"converge": converged, "down": seconds}

        def by_floor():
            converged = self.scaled(self.floor, count)
            self.rest(self.floor, count)
            begin = self.floor.scale_down(self.floor.containers())
            begun = time.time()
            begin().wait(120)
            return {"converge": converged, "down": time.time() - begun}

        self.in_turns(count, {"roundhouse": by_roundhouse, self.floor.name: by_floor})

    def heal_one(self, count):
        """From the death, or the removal, of one to its successor's start."""
        def healed(who, event, harm, number):
            victim = who.victims(count)[number % count]  # each slot once, as failures are counted
            process = who.heal(victim, event) if who is self.floor else None
            begun = time.time()
            harm(victim)
            lost = self.world.wait_for(1, event, who.owns, begun)
            ended = self.world.wait_for(1, "start", who.owns, begun)
            if process:
                process.wait(60)
            self.rest(who, count)
            return ended - lost

        def attempt(who):
            self.scaled(who, count)
            self.rest(who, count)
            harms = {"heal 1 killed of": ("die", who.kill)}
            if not self.heals_itself(who):
                harms["heal 1 removed of"] = ("destroy", who.remove)
            medians = {what: statistics.median([healed(who, *harm, DEATHS * kind + death)
                                                for death in range(DEATHS)])
                       for kind, (what, harm) in enumerate(harms.items())}
            who.clear()
            return medians

        everybody = [self.roundhouse, self.floor]
        everybody += [who for who in self.peers if self.heals_itself(who)]
        self.in_turns(count, {who.name: lambda who=who: attempt(who) for who in everybody})

    def heals_itself(self, who):
        """Docker heals it after a death."""
        return who in (self.swarm, self.shell_loop)

    def rest(self, who, count):
        """Until all run, and Docker has reported no event for half a second."""
        self.world.wait_until(
            lambda: sum(each["State"]["Running"] for each in who.containers()) == count
            and not self.world.watcher.changes_since(time.time() - 0.5), "it is at rest")

    def gateway_recreated(self, count):
        """From the start of the new gateway, whose VPN runs at once, to all engines running in it.
        The floor begins as soon as the gateway answers."""
        def healed(who, act=None):
            self.scaled(who, count)
            self.rest(who, count)
            begun = time.time()
            self.world.gateway.remove()
            begin = act() if act else None
            self.world.gateway.make()
            process = begin() if begin else None
            started = self.world.wait_for(1, "start", self.is_gateway, begun)
            ended = self.world.wait_for(count, "start", who.owns, begun)
            if process:
                process.wait(60)
            who.clear()
            self.world.wait_until_healthy()
            return {"gateway recreated under": ended - started}

        def by_roundhouse():
            # A gateway that was started three times lately would have to prove itself.
            self.world.controllers[-1].terminate()
            self.world.begin_controller()
            self.world.wait_for_first_round()
            return healed(self.roundhouse)

        self.in_turns(count, {
            "roundhouse": by_roundhouse,
            self.floor.name: lambda: healed(
                self.floor, lambda: self.floor.replace(self.floor.containers()))})

    def is_gateway(self, name):
        return name == self.world.gateway.name

    def gateway_restarted(self, count):
        """From the start of the gateway, which Docker checks as often as Gluetun's image asks for,
        to all engines serving."""
        gateway = self.world.gateway
        gateway.remove()
        gateway.make(*GLUETUN_HEALTH)
        self.world.controllers[-1].terminate()
        self.world.begin_controller()
        self.scaled(self.roundhouse, count)
        self.world.wait_until_ready(count)
        self.rest(self.roundhouse, count)
        begun = time.time()
        gateway.restart()
        started = self.world.wait_for(1, "start", self.is_gateway, begun)
        self.world.wait_for(count, "start", self.roundhouse.owns, begun)
        self.world.wait_until_ready(count)
        served = time.time()
        self.world.wait_until(lambda: gateway.health == "healthy", "Docker has checked the gateway")
        checked = docker_host.inspect(gateway.name)["State"]["Health"]["Log"]
        checks = [moment - started for moment in map(start_of_check, checked) if moment > started]
        self.tell_seconds("gateway restarted, all serve after", count, "roundhouse",
                          [served - started])
        self.tell_seconds("gateway restarted, first health check after", count, "docker",
                          [min(checks)])
        self.roundhouse.clear()
        gateway.remove()
        gateway.make()
        self.world.wait_until_healthy()

    def scale_down(self, count, to):
        """From the edit, or the command, to the removal of the last that is too many."""
        def shrunk(who, act):
            self.scaled(who, count)
            self.rest(who, count)
            begin = act()
            begun = time.time()
            process = begin()
            ended = self.world.wait_for(count - to, "destroy", who.owns, begun)
            if process:
                process.wait(60)
            who.clear()
            return {f"scale down to {to} from": ended - begun}

        attempts = {who.name: lambda who=who: shrunk(who, lambda: who.scale(to))
                    for who in [self.roundhouse, *self.peers] if who is not self.shell_loop}
        attempts[self.floor.name] = lambda: shrunk(
            self.floor, lambda: self.floor.scale_down(self.floor.containers()[to:]))
        self.in_turns(count, attempts)
