"""One bad answer concerns its own subject. Whatever a proxy makes of Docker's replies: an engine
that is killed is healed, the others stay, nothing more is created, and `get pool` names the cause.
"""
import json
import unittest

from altering_proxy import becomes, edited, having, never, part, row, says, without
from bad_answers import ENGINES, BadAnswers
from docker_host import docker
from harness import GATEWAY_IMAGE


class Gateways(BadAnswers):
    def test_one_of_two_cannot_be_inspected(self):
        name = self.gateways[1].name
        call = f"GET .*/containers/{self.gateways[1].id}/json"
        for change, words in (
                (becomes(500, "RWLayer of container 0123 is unexpectedly nil"), "RWLayer"),
                (becomes(403), "a socket proxy or plugin"),
                (becomes(502), "not Docker's (HTTP 502)"),
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

    def test_a_row_of_the_list_is_no_container(self):
        """It may be any of the engines: none is made in its stead."""
        name = self.subject.name
        for value in (None, 7, "container", {}):
            def put(rows):
                return [value if each["Names"] == ["/" + name] else each for each in rows]

            with self.subTest(value):
                self.check(ENGINES, edited(put), "RuntimeUnderstood False NotUnderstood")

    def test_rows_without_a_network_mode_as_of_podman_4_3(self):
        def forget(rows):
            for each in rows:
                each.pop("HostConfig")

        self.check(ENGINES, edited(forget), "RuntimeUnderstood True", "3 of 3 engines ready")

    def test_one_that_has_ended_cannot_be_inspected(self):
        former = self.subject.id
        for change, words in ((says("[]"), "an object was expected"),
                              (never, "no whole reply within 5s"),
                              (becomes(503, "starting up"), "starting up"),
                              (becomes(404), "is something else answering at")):
            with self.subTest(words), self.proxy.altering(
                    f"GET .*/containers/{former}/json", change):
                if self.engine(1).state == "running":
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


if __name__ == "__main__":
    unittest.main()
