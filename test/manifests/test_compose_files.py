"""examples/compose as files: what they say of ports, variables and folders holds together."""
import glob
import os
import re
import unittest

import yaml

from documents import SOURCE, documented_variables, read

FOLDER = os.path.join(SOURCE, "examples", "compose")


def parsed(name):
    return yaml.safe_load(read(FOLDER, name))


def offered_variables():
    return set(re.findall(r"^#? ?([A-Z_0-9]+)=", read(FOLDER, ".env.example"), flags=re.MULTILINE))


class ComposeFiles(unittest.TestCase):
    def test_gluetun_publishes_one_port_for_each_slot(self):
        [published] = parsed("compose.yaml")["services"]["gluetun"]["ports"]
        ports = r"\$\{ENGINE_PORTS:-(\d+)-(\d+)\}"
        first, last = map(int, re.search(f":{ports}:{ports}$", published).groups()[:2])
        cap = int(re.search(r"^MAX_ACTIVE_REPLICAS=(\d+)$", read(FOLDER, ".env.example"),
                            flags=re.MULTILINE)[1])
        self.assertEqual(cap, last - first + 1)
        base = re.search(r"\| `spec.ports.http` \|[^|]*\| `(\d+)`",
                         read(SOURCE, "manifests", "spec.md"))[1]
        self.assertEqual(int(base), first)

    def test_every_variable_is_offered_and_passed_on(self):
        passed_on = parsed("compose.yaml")["services"]["roundhouse"]["environment"]
        # Docker is reached by the socket that is mounted.
        names = {name for name in documented_variables() if not name.startswith("DOCKER_")}
        self.assertGreater(len(names), 8)
        self.assertEqual(set(), names - set(passed_on))
        # Of no interest outside.
        inside = {"ROUNDHOUSE_LISTEN", "ROUNDHOUSE_BALANCER_LISTEN", "ROUNDHOUSE_STATE_DIR",
                  "ROUNDHOUSE_PROCFS"}
        self.assertEqual(set(), names - offered_variables() - inside)

    def test_every_variable_that_a_file_asks_for_is_offered(self):
        for path in glob.glob(os.path.join(FOLDER, "*.yaml")):
            asked = set(re.findall(r"\$\{([A-Z_0-9]+)", read(path)))
            self.assertEqual(set(), asked - offered_variables(), path)

    def test_every_folder_that_is_mounted_is_there(self):
        made = {"./gluetun", "./secrets"}  # by prepare.sh
        mounted = set()
        for path in glob.glob(os.path.join(FOLDER, "*.yaml")):
            for service in yaml.safe_load(read(path)).get("services", {}).values():
                mounted |= {mount.split(":")[0] for mount in service.get("volumes", [])
                            if mount.startswith(".")}
        self.assertGreater(len(mounted), 4)
        for folder in mounted - made:
            self.assertTrue(os.path.isdir(os.path.join(FOLDER, folder)), folder)


if __name__ == "__main__":
    unittest.main()
