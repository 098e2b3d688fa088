"""A pool whose controller talks to Docker through a proxy that alters chosen replies."""
import json

from altering_proxy import docker_proxy
from docker_host import docker
from harness import PoolTest, ids

ENGINES = r"GET .*/containers/json\?.*label"


class BadAnswers(PoolTest):
    """Three engines behind two gateways: 0 and 2 behind the first, 1 behind the second."""

    gateway_count = 2

    def setUp(self):
        super().setUp()
        self.proxy = docker_proxy(self.folder)
        self.addCleanup(self.proxy.close)
        self.wait_until_healthy()
        self.watcher.cap = 3
        self.write_spec(3, checkInterval="300ms")
        self.start()

    def start(self):
        self.controller = self.start_controller(
            environment={"DOCKER_HOST": f"unix://{self.folder}/altering.sock"})
        self.before = ids(self.settle(3))
        self.subject = self.engine(1)

    def engine(self, slot):
        return next(each for each in self.engines() if each.slot == slot)

    def conditions(self):
        done = self.command("get", "pool", "-o", "json")
        self.assertEqual(0, done.returncode, done.stderr)
        return {each["type"]: each for each in json.loads(done.stdout)["status"]["conditions"]}

    def told(self):
        """The conditions that are not as they should be, on a line each."""
        return "\n".join(f"{kind} {each['status']} {each['reason']}: {each['message']}"
                         for kind, each in self.conditions().items())

    def wait_for_words(self, *words):
        self.wait_until(lambda: all(each in self.told() for each in words),
                        f"get pool says {words}")

    def heal(self, slot=0):
        """Kills and removes an engine, for which there is no backoff, and waits until another one
        serves in its place."""
        former = self.engine(slot)
        docker("rm", "--force", former.name)

        def is_healed():
            engines = [each for each in self.engines() if each.slot == slot]
            return (len(engines) == 1 and engines[0].id != former.id
                    and engines[0].answers(self.gateway_of(engines[0]).address))

        self.wait_until(is_healed, f"the engine in slot {slot} is replaced")

    def check(self, call, change, *words):
        """With that alteration an engine is healed, and the others stay. `words` are told."""
        before = ids(self.engines())
        with self.proxy.altering(call, change):
            self.heal()
            if words:
                self.wait_for_words(*words)
            self.let_rounds_pass(1)
            after = ids(self.engines())
            self.assertEqual([0, 1, 2], sorted(after), self.account())
            self.assertEqual([before[1], before[2]], [after[1], after[2]], self.account())
            self.assertEqual("True", self.conditions()["RuntimeReachable"]["status"])
        self.settle(3)
        self.assertEqual(ids(self.engines()), after, "it was not left in peace afterwards")
