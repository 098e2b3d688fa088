"""A stock Prometheus with the rules that operators get, beside a running controller."""
import os
import re
import subprocess
import time
import unittest
import urllib.request

import prometheus
from docker_host import docker
from harness import PoolTest, require
from waiting import PATIENCE_S

# Every name that is promised, but for those that a pool has no series of before an event.
PROMISED = """
    build_info runtime_info replicas_spec replicas_wanted replicas_max engines engines_ready
    engine_info gateway_ready gateway_info gateway_forwarded_ports gateway_forwarded_port
    forwarded_port_changes_total rehosts_total steps_total step_duration_seconds_bucket
    rounds_total round_duration_seconds_bucket convergence_seconds_bucket converged
    docker_request_duration_seconds_bucket gluetun_request_duration_seconds_bucket spec_valid
    spec_generation last_round_timestamp_seconds""".split()


class MetricsTest(PoolTest):
    """A pool whose controller is scraped."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require(prometheus.installed(), "Prometheus and promtool (Debian's package prometheus)")

    def begin(self, replicas, environment=None, **fields):
        self.watcher.cap = replicas
        self.write_spec(replicas, **fields)
        self.start_controller(environment=environment)

    def begin_scraped(self, replicas, **fields):
        self.begin(replicas, **fields)
        self.prometheus = prometheus.Prometheus(self.listen)
        self.addCleanup(self.prometheus.close)
        self.wait_until_it_is(replicas, "roundhouse_engines_ready")
        self.wait_until_it_is(1, "roundhouse_converged")

    def wait_until_it_is(self, value, expression):
        self.wait_until(lambda: self.prometheus.value(expression) == value,
                        f"{expression} is {value}")

    def scrape(self):
        """The text of /metrics; None while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{self.listen}/metrics",
                                        timeout=PATIENCE_S) as answer:
                return answer.read().decode()
        except OSError:
            return None

    def assert_nothing_to_say(self, text):
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                              text=True, timeout=PATIENCE_S)
        self.assertEqual((0, ""), (done.returncode, done.stdout + done.stderr))


class Scraped(MetricsTest):
    gateway_environment = {"GLUETUN_PORTS": "40001"}

    def test_prometheus_takes_all_of_it(self):
        self.begin_scraped(3, forwardedPort={"stableFor": "1s", "minInterval": "1s"})
        self.wait_until_it_is(1, 'count(roundhouse_engine_info{forwarded="true"})')
        ask = self.prometheus
        for name in PROMISED:
            self.assertTrue(ask.query(f"roundhouse_{name}"), name)
        self.assertEqual([engine.name for engine in self.engines()],
                         ask.labels("roundhouse_engine_info", "engine"))
        self.assertEqual(40001, ask.value("roundhouse_gateway_forwarded_port"))
        self.assertEqual(3, ask.value("sum(roundhouse_steps_total{action='create'})"))
        target = ask.target()
        self.assertEqual(("up", ""), (target["health"], target["lastError"]))
        self.assertEqual({}, ask.dropped_samples())
        self.wait_until(lambda: ask.firing() == [], "no alert fires")
        self.assert_nothing_to_say(self.scrape())
        ids = [engine.id[:12] for engine in self.engines()] + [self.gateways[0].id[:12]]
        self.assertFalse([each for each in ids if each in self.scrape()], "a container's id")

    def test_each_panel_of_the_dashboard_can_be_drawn(self):
        self.begin_scraped(2)
        for expression in prometheus.dashboard_expressions():
            # What Prometheus refuses fails at once. What is filtered may well be empty.
            self.prometheus.query(expression)
            if not expression.endswith(" > 0"):
                self.wait_until(lambda: self.prometheus.query(expression),
                                f"there is something to draw for {expression}")

    def test_what_is_gone_is_gone_from_the_metrics(self):
        self.begin_scraped(3)
        self.write_spec(1)
        self.wait_until_it_is(1, "count(roundhouse_engine_info)")
        self.assertEqual(1, self.prometheus.value("count(roundhouse_engine_ready)"))

    def test_a_killed_engine_shows(self):
        self.begin_scraped(2)
        began = time.monotonic()
        docker("kill", self.engines()[0].name)
        self.wait_until_it_is(1, 'sum(roundhouse_steps_total{reason="Exited", result="ok"})')
        print(f"a killed engine's replacement shows in Prometheus after "
              f"{time.monotonic() - began:.1f} s")
        self.wait_until_it_is(1, "roundhouse_converged")
        self.wait_until(lambda: self.prometheus.value("roundhouse_convergence_seconds_count") > 1,
                        "the convergence is counted")


class Alerts(MetricsTest):
    def wait_until_firing(self, alert):
        self.wait_until(lambda: alert in self.prometheus.firing(), f"{alert} fires")

    def wait_until_silent(self, alert):
        self.wait_until(lambda: alert not in self.prometheus.firing(), f"{alert} ends")

    def test_alerts_fire_for_faults_and_end_with_them(self):
        self.begin_scraped(2)
        self.write_text("kind: Nonsense\n")
        self.wait_until_firing("RoundhouseSpecRefused")
        self.assertEqual(2, self.prometheus.value("roundhouse_engines_ready"))
        self.write_spec(2)
        self.wait_until_silent("RoundhouseSpecRefused")

        self.gateways[0].stop()
        self.wait_until_firing("RoundhouseGatewayNotReady")
        self.wait_until_firing("RoundhouseNoEngineReady")
        self.gateways[0].start()
        self.wait_until_silent("RoundhouseGatewayNotReady")
        self.wait_until_silent("RoundhouseNoEngineReady")
        rehosts = "sum(roundhouse_rehosts_total)"
        self.wait_until_it_is(2, rehosts)

        self.controllers[0].terminate()
        self.wait_until_firing("RoundhouseDown")


class FirstScrape(MetricsTest):
    def test_without_docker_every_series_is_there(self):
        socket = os.path.join(self.folder, "no-docker.sock")
        self.begin(2, environment={"DOCKER_HOST": f"unix://{socket}"})
        self.wait_until(lambda: "roundhouse_spec_generation 1" in (self.scrape() or ""),
                        "/metrics is served, and the spec is read")
        first = self.scrape()
        self.assert_nothing_to_say(first)
        names = set(re.findall(r"^roundhouse_(\w+)", first, flags=re.MULTILINE))
        self.assertLessEqual(set(PROMISED) - {"engine_info"}, names)
        self.wait_until(lambda: 'roundhouse_condition{type="RuntimeReachable",status="False"} 1'
                        in self.scrape(), "Docker's absence is reported")
        later = set(re.findall(r"^(\w+(?:\{[^}]*\})?) ", self.scrape(), flags=re.MULTILINE))
        before = set(re.findall(r"^(\w+(?:\{[^}]*\})?) ", first, flags=re.MULTILINE))
        self.assertEqual(before, later, "a series came or went")


if __name__ == "__main__":
    unittest.main()
