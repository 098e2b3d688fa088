"""How fast each of them is, in turns: so many runs of each, one after another."""
import statistics
import time

from contenders import Compose, Floor, Roundhouse, ShellLoop, Swarm

IN_FLIGHT = (1, 2, 4, 8, 16)


class Comparisons:
    def __init__(self, world, runs, tell):
        self.world = world
        self.runs = runs
        self.tell = tell  # of each figure
        self.roundhouse = Roundhouse(world)
        self.floors = [Floor(world, in_flight) for in_flight in IN_FLIGHT]
        self.floor = self.floors[-2]  # the fastest, once that is known
        self.swarm, self.shell_loop = Swarm(world), ShellLoop(world)
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

    def scaled(self, who, count):
        """Seconds from the edit, or the command, to the start of the last one."""
        begin = who.scale(count)
        begun = time.time()
        process = begin()
        ended = self.world.wait_for(count, "start", who.owns, begun)
        if process:
            process.wait(120)
        return ended - begun

    def in_turns(self, what, containers, attempts):
        """`attempts`: name -> what gives the seconds of one run."""
        seconds = {name: [] for name in attempts}
        for _ in range(self.runs):
            for name, attempt in attempts.items():
                seconds[name].append(attempt())
                self.world.wait_until(lambda: not self.others(), "nothing is left", 60)
        for name, values in seconds.items():
            self.tell({"what": what, "containers": containers, "who": name, "seconds": values,
                       "median": statistics.median(values)})

    def others(self):
        return [each for each in self.world.containers(lambda name: True)
                if each["Name"].lstrip("/") != self.world.gateway.name]

    def converge(self, count):
        """From an edit, or a command, to all running."""
        floors, peers = (self.floors, self.peers) if count <= 20 else ([self.floor], [])

        def attempt(who):
            seconds = self.scaled(who, count)
            who.clear()
            return seconds

        everybody = [self.roundhouse, *floors, *peers]
        self.in_turns("converge", count, {who.name: lambda who=who: attempt(who)
                                          for who in everybody})

    def choose_floor(self, figures):
        """The one that was fastest to start 20, or as many as were measured."""
        found = {each["who"]: each["median"] for each in figures if each["what"] == "converge"}
        self.floor = min(self.floors, key=lambda floor: found.get(floor.name, float("inf")))

    def heal(self, killed, count):
        """From the death of so many, the last of them, to all running again."""
        def healed(who):
            self.scaled(who, count)
            self.rest(who, count)
            victims = who.victims(killed)
            process = who.heal(victims) if who is self.floor else None
            begun = time.time()
            who.kill(victims)
            died = self.world.wait_for(killed, "die", who.owns, begun)
            ended = self.world.wait_for(killed, "start", who.owns, begun)
            if process:
                process.wait(60)
            who.clear()
            return ended - died

        attempts = {"roundhouse": lambda: healed(self.roundhouse),
                    self.floor.name: lambda: healed(self.floor)}
        if killed == 1:
            attempts |= {"swarm": lambda: healed(self.swarm),
                         "restart: always": lambda: healed(self.shell_loop)}
        self.in_turns(f"heal {killed} of", count, attempts)

    def rest(self, who, count):
        """Until all run, and Docker has reported no event for half a second."""
        self.world.wait_until(
            lambda: sum(each["State"]["Running"] for each in who.containers()) == count
            and not self.world.watcher.changes_since(time.time() - 0.5), "it is at rest", 60)

    def gateway_recreated(self, count):
        """From the new gateway's health, as Docker reports it, to all engines running in it."""
        def healed(who, act=None):
            self.scaled(who, count)
            self.rest(who, count)
            begun = time.time()
            self.world.gateway.remove()
            self.world.gateway.make()
            begin = act() if act else None
            while self.world.gateway.health != "healthy":
                time.sleep(0.005)
            healthy = time.time()
            process = begin() if begin else None
            ended = self.world.wait_for(count, "start", who.owns, begun)
            if process:
                process.wait(60)
            who.clear()
            return ended - healthy

        def by_roundhouse():
            # A gateway that was started three times lately would have to prove itself.
            self.world.controllers[-1].terminate()
            self.world.begin_controller()
            return healed(self.roundhouse)

        self.in_turns("gateway recreated under", count, {
            "roundhouse": by_roundhouse,
            self.floor.name: lambda: healed(
                self.floor, lambda: self.floor.replace(self.floor.containers()))})

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
            return ended - begun

        attempts = {who.name: lambda who=who: shrunk(who, lambda: who.scale(to))
                    for who in [self.roundhouse, *self.peers] if who is not self.shell_loop}
        attempts[self.floor.name] = lambda: shrunk(
            self.floor, lambda: self.floor.scale_down(self.floor.containers()[to:]))
        self.in_turns(f"scale down to {to} from", count, attempts)

    def down(self, count):
        """`roundhouse down`, from its start to its end, without a controller."""
        def ended():
            self.scaled(self.roundhouse, count)
            self.rest(self.roundhouse, count)
            self.world.controllers[-1].terminate()
            begun = time.time()
            done = self.world.pool_command("down", environment={"MAX_ACTIVE_REPLICAS": str(count)})
            seconds = time.time() - begun
            assert done.returncode == 0, done.stderr
            self.world.declare(0)
            self.world.begin_controller()
            return seconds

        def floor():
            self.scaled(self.floor, count)
            self.rest(self.floor, count)
            begin = self.floor.scale_down(self.floor.containers())
            begun = time.time()
            begin().wait(120)
            return time.time() - begun

        self.in_turns("down", count, {"roundhouse": ended, self.floor.name: floor})
