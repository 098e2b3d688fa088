"""One bad answer concerns its own subject. Whatever a proxy makes of Docker's replies: an engine
that is killed is healed, the others stay, nothing more is created, and `get pool` names the cause.
"""
import json
import unittest

from altering_proxy import (becomes, docker_proxy, edited, followed_by, having, late, never, part,
                            row, says, twice, without)
from docker_host import docker
from harness import GATEWAY_IMAGE, PoolTest, ids

ENGINES = r"GET .*/containers/json\?.*label"
NAMES = r"GET .*/containers/json\?.*%22e2e-\w+-%22"
IMAGES = "GET .*/images/"
EMPTY_LIST = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"


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

    def heal(self, slot=0, seconds=30):
        """Kills and removes an engine, for which there is no backoff, and waits until another one
        serves in its place."""
        former = self.engine(slot)
        docker("rm", "--force", former.name)

        def is_healed():
            engines = [each for each in self.engines() if each.slot == slot]
            return (len(engines) == 1 and engines[0].id != former.id
                    and engines[0].answers(self.gateway_of(engines[0]).address))

        self.wait_until(is_healed, f"the engine in slot {slot} is replaced", seconds)

    def check(self, call, change, *words, seconds=30):
        """With that alteration an engine is healed, and the others stay. `words` are told."""
        before = ids(self.engines())
        with self.proxy.altering(call, change):
            self.heal(seconds=seconds)
            if words:
                self.wait_for_words(*words)
            self.let_rounds_pass(1)
            after = ids(self.engines())
            self.assertEqual([0, 1, 2], sorted(after), self.account())
            self.assertEqual([before[1], before[2]], [after[1], after[2]], self.account())
            self.assertEqual("True", self.conditions()["RuntimeReachable"]["status"])
        self.settle(3)
        self.assertEqual(ids(self.engines()), after, "it was not left in peace afterwards")


class Gateways(BadAnswers):
    def test_one_of_two_cannot_be_inspected(self):
        name = self.gateways[1].name
        call = f"GET .*/containers/{self.gateways[1].id}/json"
        for change, words in (
                (becomes(500, "RWLayer of container 0123 is unexpectedly nil"), "RWLayer"),
                (becomes(403), "a socket proxy or plugin"),
                (becomes(502), "502 Bad Gateway"),
                (says("<html>hello</html>"), "is not JSON"),
                (edited(without("State")), "lacks .State"),
                (edited(having(Id="ab" * 32)), "is about container abababab"),
                (part(0.5), "broke off"),
                (never, "no whole reply within 5s")):
            with self.subTest(words):
                self.check(call, change, f"GatewayReady False GatewayNotReady: gateway {name} is "
                           "left as it is", words)

    def test_a_name_that_is_a_pattern_and_a_prefix(self):
        decoy, name = f"{self.pool}xvpn_1", f"{self.pool}.vpn_1"
        docker("run", "--detach", "--name", decoy, "--network", self.pool,
               GATEWAY_IMAGE)
        docker("rename", self.gateways[1].name, name)
        self.gateways[1].name = name
        self.write_spec(3, checkInterval="300ms")
        self.let_rounds_pass(1)
        self.settle(3)
        self.assertEqual(self.before[0], self.engine(0).id)


class Addresses(BadAnswers):
    def test_of_a_gateway_on_several_networks_one_leads_there(self):
        """The first by name is refused, and the next leads nowhere."""
        def add(gateway):
            networks = gateway["NetworkSettings"]["Networks"]
            networks["!0"] = {"IPAddress": "127.66.0.1"}
            networks["!1"] = {"IPAddress": "192.0.2.1"}

        with self.proxy.altering(f"GET .*/containers/{self.gateways[1].id}/json", edited(add)):
            self.assertEqual(0, self.controller.terminate())
            self.start()
            self.let_rounds_pass(1)
            self.assertIn("GatewayReady True", self.told())
            self.heal(1)
            self.settle(3)


class Engines(BadAnswers):
    def test_a_row_of_the_list_is_broken(self):
        name = self.subject.name
        for edit, words in (
                (without("State"), ".State"), (without("Labels"), ".Labels"),
                (without("Image"), ".Image"), (having(Names=7), ".Names"),
                (having(Created="yesterday"), ".Created"), (having(Id=None), ".Id"),
                (having(Labels={}), "lacks the label roundhouse.pool")):
            with self.subTest(words):
                self.check(ENGINES, row(name, edit), "RuntimeUnderstood False NotUnderstood", words)

    def test_rows_without_a_network_mode_as_of_podman_4_3(self):
        def forget(rows):
            for each in rows:
                each.pop("HostConfig")

        self.check(ENGINES, edited(forget), "RuntimeUnderstood True", "3 of 3 engines ready")

    def test_one_that_has_ended_cannot_be_inspected(self):
        former = self.subject.id
        for change, words in ((says("[]"), "an object was expected"),
                              (never, "no whole reply within 5s"),
                              (becomes(503, "starting"), "503 Service Unavailable"),
                              (becomes(404), "without a message of Docker's")):
            with self.subTest(words), self.proxy.altering(
                    f"GET .*/containers/{former}/json", change):
                if "404" not in words and self.engine(1).state == "running":
                    docker("kill", self.subject.name)
                self.heal()
                self.wait_for_words(f"{self.subject.name} is left as it is: ", words)
                self.assertEqual(former, self.engine(1).id)
        self.settle(3)
        self.assertNotEqual(former, self.engine(1).id)

    def test_a_broken_leftover_has_the_name_of_a_good_engine(self):
        good = self.subject
        bad = "bad0" * 16

        def add(rows):
            for each in list(rows):
                if each["Id"] == good.id:
                    rows.append(each | {"Id": bad, "State": "exited"})
                    each["Names"] = []

        def shown():
            done = self.command("get", "engines", "-o", "json")
            items = json.loads(done.stdout)["items"]
            return {each["id"]: each for each in items if each["slot"] == 1}

        with self.proxy.altering(ENGINES, edited(add)), self.proxy.altering(
                bad, becomes(500, "RWLayer of container bad0bad0 is unexpectedly nil")):
            self.wait_until(lambda: bad in shown(), "the leftover is shown")
            self.heal()
            rows = self.wait_until(lambda: len(shown()) == 2 and shown(), "both are shown")
            self.assertEqual(("running", True), (rows[good.id]["state"], rows[good.id]["ready"]))
            self.assertEqual("exited", rows[bad]["state"])
            self.wait_until(lambda: "RWLayer" in shown()[bad]["message"], "it says what is wrong")
            self.assertEqual(good.id, self.engine(1).id)
            self.assertEqual(3, len(self.engines()))
        self.settle(3)


class BeforeACreate(BadAnswers):
    def test_the_image_cannot_be_asked_for(self):
        for change in (becomes(403), becomes(500, "no"), says(""), becomes(404), part(0.3)):
            self.check(IMAGES, change, "RuntimeUnderstood False NotUnderstood: whether the image "
                       "is there is not known, so a create is tried: ")
        self.assertIn("forbids GET", self.controller.log)

    def test_docker_warns(self):
        """Of what it does otherwise than it was asked to."""
        warnings = ["Your kernel does not support memory limit capabilities or the cgroup is not "
                    "mounted. Limitation discarded.",
                    "The requested image's platform (linux/arm64) does not match the detected host "
                    "platform (linux/amd64/v3) and no specific platform was requested"]
        with self.proxy.altering("POST .*/containers/create", edited(having(Warnings=warnings))):
            self.heal()
        self.wait_for_words("CreatedAsAsked False DockerWarns", *warnings)
        events = self.command("get", "events").stdout
        for text in (self.controller.log, events):
            self.assertIn("Limitation discarded.; The requested image's platform", text)
        self.heal()
        self.wait_for_words("CreatedAsAsked True")

    def test_names_cannot_be_listed(self):
        for change in (becomes(403), becomes(500, "no"), says("{}"), part(0.3)):
            self.check(NAMES, change, "RuntimeUnderstood False NotUnderstood: which names are in "
                       "use is not known")


class Steps(BadAnswers):
    def test_one_engine_cannot_be_made_again(self):
        name = self.subject.name
        for change, words in ((becomes(500, "no space left on device"), "no space left"),
                              (becomes(403), "allow it there"), (part(0.5), "broke off")):
            with self.subTest(words):
                with self.proxy.altering(f"POST .*/create.name={name}$", change, False):
                    docker("rm", "--force", name)
                    self.heal()
                    self.wait_for_words("2 of 3 engines ready", words)
                    self.assertEqual([0, 2], sorted(ids(self.engines())))
                self.settle(3)


class TheList(BadAnswers):
    def test_it_fails(self):
        """The only failed look: nothing is done until it works again."""
        for change, words in ((becomes(500, "no"), "500"), (becomes(403), "allow it there"),
                              (says("null"), "a list was expected"), (part(0.7), "broke off"),
                              (edited(lambda rows: [each | {"Labels": {}} for each in rows]),
                               "lacks the label")):
            with self.subTest(words):
                with self.proxy.altering(ENGINES, change):
                    docker("rm", "--force", self.engine(0).name)
                    self.wait_for_words("RuntimeReachable False LookFailed", words)
                    self.let_rounds_pass(1)
                    self.assertEqual([1, 2], sorted(ids(self.engines())))
                self.settle(3)
                self.assertEqual([self.before[1], self.before[2]],
                                 [self.engine(1).id, self.engine(2).id])


class AnswersThatAreNot(BadAnswers):
    def test_more_replies_than_were_asked_for(self):
        for change in (followed_by(EMPTY_LIST), followed_by(EMPTY_LIST, 0), twice,
                       followed_by(b"\0" * 1000)):
            self.check(r"(GET|POST|DELETE) ", change, "3 of 3 engines ready")

    def test_everything_is_late(self):
        self.check("GET ", late(0.5), "3 of 3 engines ready")

    def test_events_cannot_be_followed(self):
        for change in (becomes(403), says("nonsense\n"), says("{}\n" * 1000), never):
            self.assertEqual(0, self.controller.terminate())
            with self.proxy.altering("GET .*/events", change):
                self.start()
                self.heal()

    def test_the_version_cannot_be_had(self):
        for change in (becomes(403), becomes(500, "no"), says("{}"),
                       edited(having(ApiVersion="newest"))):
            self.assertEqual(0, self.controller.terminate())
            with self.proxy.altering("GET /version", change):
                self.start()
                self.heal()
                self.settle(3)


if __name__ == "__main__":
    unittest.main()
