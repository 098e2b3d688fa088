"""What an operator gives to Prometheus, by Prometheus' own tool."""
import json
import os
import re
import subprocess
import tempfile
import unittest

FOLDER = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", "manifests"))


def read(*path):
    with open(os.path.join(FOLDER, *path), encoding="utf-8") as file:
        return file.read()


def promtool(*arguments, folder=os.path.join(FOLDER, "prometheus")):
    done = subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True,
                          timeout=60)
    return done.returncode, done.stdout + done.stderr


def alerts_in(text):
    """name -> the rule's own lines."""
    parts = re.split(r"^ *- alert: (\w+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def expressions_in(dashboard):
    """Every query of every panel, with Grafana's variables filled in."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield re.sub(r"\$__rate_interval", "1m", target["expr"].replace("$job", ".*")
                         .replace("$instance", ".*"))


class Rules(unittest.TestCase):
    def assert_content(self, *arguments):
        code, said = promtool(*arguments)
        self.assertEqual(0, code, said)

    def test_prometheus_reads_them(self):
        self.assert_content("check", "rules", "--lint=all", "--lint-fatal", "rules.yaml")
        self.assert_content("check", "config", "prometheus.yml")

    def test_each_fires_when_it_should_and_only_then(self):
        self.assert_content("test", "rules", "rules_test.yaml")

    def test_each_says_what_to_do_and_is_tested(self):
        alerts = alerts_in(read("prometheus", "rules.yaml"))
        self.assertGreaterEqual(len(alerts), 8)
        tested = read("prometheus", "rules_test.yaml")
        for name, rule in alerts.items():
            self.assertRegex(rule, r"summary: \S", name)
            self.assertRegex(rule, r"runbook: >-\n +\S", name)
            self.assertRegex(rule, r"labels: \{severity: (critical|warning|info)\}", name)
            self.assertIn(f'alertname="{name}"', tested)

    def test_a_rule_that_never_fires_would_be_found(self):
        with tempfile.TemporaryDirectory() as folder:
            rules = read("prometheus", "rules.yaml").replace("roundhouse_spec_valid == 0",
                                                             "roundhouse_spec_valid == 7")
            for name, text in (("rules.yaml", rules),
                               ("rules_test.yaml", read("prometheus", "rules_test.yaml"))):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            code, said = promtool("test", "rules", "rules_test.yaml", folder=folder)
            self.assertNotEqual(0, code, said)


class Dashboard(unittest.TestCase):
    def setUp(self):
        self.dashboard = json.loads(read("grafana", "dashboard.json"))

    def test_prometheus_reads_every_expression(self):
        # As rules that record: promtool parses those.
        expressions = list(expressions_in(self.dashboard))
        self.assertGreater(len(expressions), 20)
        rules = [{"record": f"panel:{number}", "expr": text}
                 for number, text in enumerate(expressions)]
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "panels.yaml"), "w", encoding="utf-8") as file:
                json.dump({"groups": [{"name": "panels", "rules": rules}]}, file)
            code, said = promtool("check", "rules", "panels.yaml", folder=folder)
        self.assertEqual(0, code, said)

    def test_panels_have_a_place_and_a_meaning(self):
        taken = set()
        for panel in self.dashboard["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken, f"{panel['title']} covers another panel")
            self.assertLessEqual(place["x"] + place["w"], 24)
            taken |= cells
            if panel["type"] != "row":
                self.assertTrue(panel["description"], panel["title"])
        numbers = [panel["id"] for panel in self.dashboard["panels"]]
        self.assertEqual(len(numbers), len(set(numbers)))


if __name__ == "__main__":
    unittest.main()
