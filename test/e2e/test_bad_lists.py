"""As test_bad_answers: the list of engines, answers to other questions, and Docker itself."""
import unittest

from altering_proxy import becomes, edited, followed_by, having, late, never, part, says, twice
from bad_answers import ENGINES, BadAnswers
from docker_host import docker
from harness import ids

EMPTY_LIST = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"


class TheList(BadAnswers):
    def test_it_fails(self):
        """The only failed look: nothing is done until it works again."""
        for change, words in ((becomes(500, "no"), "the engines: no"),
                              (becomes(403), "allow it there"),
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
