"""A real Prometheus beside a test, with the alert rules that operators get."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from steering import free_ports
from waiting import PATIENCE_S

MANIFESTS = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", "manifests"))


def installed():
    return shutil.which("prometheus") is not None and shutil.which("promtool") is not None


def read_manifest(*path):
    with open(os.path.join(MANIFESTS, *path), encoding="utf-8") as file:
        return file.read()


def dashboard_expressions():
    """Every query of the Grafana dashboard, with Grafana's variables filled in."""
    for panel in json.loads(read_manifest("grafana", "dashboard.json"))["panels"]:
        for target in panel.get("targets", []):
            yield (target["expr"].replace("$job", ".*").replace("$instance", ".*")
                   .replace("$__rate_interval", "10s"))


def impatient(rules):
    """The rules without the time for which a fault has to last."""
    return re.sub(r"^( *for:) \d+m$", r"\1 0s", rules, flags=re.MULTILINE)


class Prometheus:
    """Scrapes `target` each half second and judges the rules as often."""

    def __init__(self, target):
        self.folder = tempfile.mkdtemp(prefix="roundhouse-prometheus-")
        self.port = free_ports(1)[0]
        self._write("rules.yaml", impatient(read_manifest("prometheus", "rules.yaml")))
        config = read_manifest("prometheus", "prometheus.yml")
        self._write("prometheus.yml", re.sub(r"_interval: 15s", "_interval: 500ms", config)
                    .replace("roundhouse:9190", target))
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.folder}/prometheus.yml",
                 f"--storage.tsdb.path={self.folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)

    def close(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def get(self, path, **parameters):
        """The data of an answer of the query API; None while Prometheus starts."""
        query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}{query}",
                                        timeout=PATIENCE_S) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return None
            raise AssertionError(f"{path}{query}: {error.read()}") from error
        except OSError:
            return None

    def query(self, expression):
        """Series by their labels -> value, as of now."""
        data = self.get("/api/v1/query", query=expression)
        return {frozenset(row["metric"].items()): float(row["value"][1])
                for row in (data or {"result": []})["result"]}

    def value(self, expression):
        """Of the only series; None when there is none, or more than one."""
        values = list(self.query(expression).values())
        return values[0] if len(values) == 1 else None

    def labels(self, expression, label):
        return sorted(dict(series).get(label, "") for series in self.query(expression))

    def target(self):
        """How the last scrape went."""
        found = (self.get("/api/v1/targets") or {"activeTargets": []})["activeTargets"]
        return found[0] if found else None

    def firing(self):
        """Names of the alerts that fire."""
        alerts = (self.get("/api/v1/alerts") or {"alerts": []})["alerts"]
        return sorted({alert["labels"]["alertname"] for alert in alerts
                       if alert["state"] == "firing"})

    def dropped_samples(self):
        """What Prometheus itself counts of samples that it could not take."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics",
                                    timeout=PATIENCE_S) as answer:
            text = answer.read().decode()
        counted = re.findall(r"^(prometheus_target_scrapes_\w+_total) (\S+)$", text,
                             flags=re.MULTILINE)
        assert counted, "Prometheus counts no dropped samples any more"
        return {name: value for name, value in counted if float(value) > 0
                and "cache_flush" not in name}
