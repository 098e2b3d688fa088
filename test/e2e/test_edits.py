"""What a person may do to the spec file while the controller runs."""
import json
import os
import time
import unittest

import docker_host
from harness import PoolTest, ids


class Edits(PoolTest):
    def begin(self, replicas=2):
        self.write_spec(replicas)
        controller = self.start_controller()
        return controller, ids(self.settle(replicas))

    def still(self, before, seconds=2):
        self.assert_nothing_changes(seconds)
        self.assertEqual(before, ids(self.settle(len(before))))

    def test_a_bad_edit_changes_nothing_until_it_is_mended(self):
        controller, before = self.begin()
        self.write_text(self.spec(2).replace('"replicas": 2', '"replicas": -1'))
        self.wait_until(lambda: "spec.replicas" in controller.log, "the error names the field")
        self.assertIn("engines.yaml:", controller.log)
        self.still(before)
        self.write_spec(3)
        self.settle(3)

    def test_an_empty_file_changes_nothing(self):
        _, before = self.begin()
        self.write_text("", in_place=True)
        self.still(before)
        self.write_spec(1)
        self.settle(1)

    def test_half_a_file_that_is_still_open_changes_nothing(self):
        """The half is valid by itself: without `template` it asks for the default image."""
        _, before = self.begin()
        text = self.spec(3)
        half = json.loads(text)
        del half["spec"]["template"]
        with open(self.spec_path, "w") as file:
            file.write(json.dumps(half))
            file.flush()
            self.still(before, 4)
            file.seek(0)
            file.truncate()
            file.write(text)
        self.settle(3)

    def test_a_missing_file_changes_nothing(self):
        _, before = self.begin()
        os.remove(self.spec_path)
        self.still(before)
        self.write_spec(3)
        self.settle(3)

    def test_the_same_text_again_changes_nothing(self):
        _, before = self.begin()
        self.write_spec(2)
        self.write_spec(2, in_place=True)
        self.still(before)

    def test_a_file_that_comes_late(self):
        self.start_controller()
        self.wait_until(lambda: "engines.yaml" in self.controllers[0].log, "it says what it lacks")
        self.write_spec(2)
        self.settle(2)

    def test_a_folder(self):
        self.write_spec(2)
        path, self.spec_path = self.spec_path, self.spec_folder
        self.start_controller()
        self.spec_path = path
        self.settle(2)
        self.write_spec(3)
        self.settle(3)

    def test_a_link_that_is_swapped(self):
        """As Kubernetes replaces a mounted ConfigMap."""
        data = os.path.join(self.spec_folder, "..data")
        for version, replicas in (("v1", 1), ("v2", 3)):
            folder = os.path.join(self.spec_folder, version)
            os.mkdir(folder)
            with open(os.path.join(folder, "engines.yaml"), "w") as file:
                file.write(self.spec(replicas))
            os.symlink(version, data + ".new")
            os.rename(data + ".new", data)
            if version == "v1":
                os.symlink("..data/engines.yaml", self.spec_path)
                self.start_controller()
            self.settle(replicas)

    def test_an_edit_waits_for_no_interval(self):
        self.write_spec(1, checkInterval="1h")
        self.start_controller()
        self.settle(1)
        written_at = time.time()
        self.write_spec(2, checkInterval="1h")
        self.settle(2)
        created_at = next(moment for moment, action, _, _ in self.watcher.changes_since(written_at)
                          if action == "create")
        print(f"edit to first create: {(created_at - written_at) * 1000:.0f} ms")

    def test_a_new_template_is_rolled_out_one_at_a_time(self):
        _, before = self.begin(3)
        begun = time.time()
        self.write_spec(3, template={"env": {"GENERATION": "2", "READY_AFTER": "400"}})
        self.wait_until(lambda: not set(ids(self.engines()).values()) & set(before.values()),
                        "every engine is replaced")
        for engine in self.settle(3):
            self.assertIn("GENERATION=2", docker_host.inspect(engine.id)["Config"]["Env"])
        down, most = set(), 0
        for _, action, name, _ in self.watcher.changes_since(begun):
            if action == "die":
                down.add(name)
            elif action == "start":
                down.discard(name)
            most = max(most, len(down))
        self.assertEqual(1, most, "more than maxUnavailable were down at a time")

    def test_a_template_that_docker_cannot_start_leaves_the_one_before_in_service(self):
        self.begin(3)
        for template, field in (({"user": "nobody_such"}, "user"),
                                ({"tmpfs": ["/x:nosuch=1"]}, "tmpfs"),
                                ({"logging": {"driver": "journald"}}, "logging")):
            with self.subTest(field):
                before = ids(self.settle(3))
                self.write_spec(3, template=template)
                self.wait_until_told("TemplateAccepted", "False")
                engines = self.settle(3)
                self.assertGreaterEqual(len(set(ids(engines).items()) & set(before.items())), 2)
                docker_host.docker("kill", engines[1].id)
                self.wait_until(lambda: engines[1].id not in ids(self.engines()).values(),
                                "it is replaced")
                self.settle(3)
                told = self.command("get", "pool").stdout
                self.assertIn(f"change spec.template.{field}", " ".join(told.split()))
                self.write_spec(3)
                self.wait_until_told("TemplateAccepted", "True")

    def test_a_template_that_docker_refuses_leaves_the_one_before_in_service(self):
        _, before = self.begin(3)
        self.write_spec(3, template={"resources": {"cpus": "500"}})
        self.wait_until_told("TemplateAccepted", "False")
        engines = self.settle(3)
        self.assertGreaterEqual(len(set(ids(engines).items()) & set(before.items())), 2)
        docker_host.docker("kill", engines[1].id)
        self.wait_until(lambda: engines[1].id not in ids(self.engines()).values(), "it is replaced")
        self.settle(3)
        told = self.command("get", "pool").stdout
        self.assertIn("spec.template.resources.cpus", told)
        self.write_spec(3, template={"resources": {"cpus": "1"}})
        self.wait_until_told("TemplateAccepted", "True")

        def all_made_anew():
            seen = [docker_host.inspect(engine.id) for engine in self.engines()]
            return all(each and each["HostConfig"]["NanoCpus"] for each in seen)

        self.wait_until(all_made_anew, "the mended template is followed")
        self.settle(3)


if __name__ == "__main__":
    unittest.main()
