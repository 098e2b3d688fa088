"""As test_bad_answers: what Docker says of the image, of names and of steps."""
import unittest

from altering_proxy import becomes, edited, having, part, says, without
from bad_answers import BadAnswers
from docker_host import docker
from harness import ENGINE_IMAGE, ids

NAMES = r"GET .*/containers/json\?.*%22e2e-\w+-%22"
IMAGES = "GET .*/images/"


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

    def test_the_reply_names_another_container(self):
        """Which is not touched; the engine is found by the next look, and started."""
        stranger = docker("create", "--name", f"{self.pool}xstranger", ENGINE_IMAGE).strip()
        for change in (having(Id=stranger), having(Id=self.subject.id), having(Id="ab" * 32),
                       without("Id")):
            self.check("POST .*/containers/create", edited(change))
        state = docker("inspect", "--format", "{{.State.Status}}", stranger)
        self.assertEqual("created", state.strip())

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

    def test_one_engine_is_said_to_be_removed_and_stays(self):
        """Another slot gives the pool its third engine, and it is not asked for without pause."""
        name, stays = self.subject.name, self.subject.id
        for status in (204, 404):
            def change(reply):
                reply.status, reply.body = status, b""

            with self.proxy.altering(f"DELETE .*{stays}", change, False):
                if status == 204:
                    docker("kill", name)
                self.wait_until(lambda: ids(self.engines()).get(3), "there is one in slot 3")
                self.heal()
                self.wait_for_words("it is still there", f"docker rm --force {name}")
                asked = len(self.proxy.asked)
                self.let_rounds_pass(3)
                calls = [each for each in self.proxy.asked[asked:] if each.startswith("DELETE")]
                self.assertLessEqual(len(calls), 2)
                self.assertEqual(stays, self.engine(1).id)
        self.settle(3, slots=[0, 2, 3])


if __name__ == "__main__":
    unittest.main()
