"""The HTTP API of a real controller, asked while things break."""
import http.client
import json
import os
import re
import socket
import threading
import time
import unittest

from docker_host import docker
from harness import PoolTest, ids
from waiting import PATIENCE_S


class HttpTest(PoolTest):
    def ask(self, path, method="GET", key=None, body=None):
        """Status and text of the answer; status 0 while nobody answers."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        connection = http.client.HTTPConnection(self.listen, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except ConnectionError:
            return 0, ""
        finally:
            connection.close()

    def items(self, resource):
        return json.loads(self.ask(f"/api/v1/{resource}")[1])["items"]

    def conditions(self):
        pool = json.loads(self.ask("/api/v1/pool")[1])
        return {one["type"]: one for one in pool["status"]["conditions"]}

    def wait_for_status(self, path, status):
        self.wait_until(lambda: self.ask(path)[0] == status, f"{path} answers {status}")

    def metric(self, name):
        found = re.search(rf"^roundhouse_{name} (\S+)$", self.ask("/metrics")[1], re.MULTILINE)
        return float(found.group(1))

    def begin(self, replicas, **fields):
        self.write_spec(replicas, **fields)
        self.start_controller()
        engines = self.settle(replicas)
        self.wait_until(lambda: self.conditions()["Ready"]["status"] == "True", "all are ready")
        return engines


class Truth(HttpTest):
    def test_what_is_wrong_since_when_and_what_comes_next(self):
        self.begin(2, failover={"after": "1h"})
        self.assertEqual((200, "ok\n"), self.ask("/readyz"))
        told = {one["name"]: one for one in self.items("engines")}
        for engine in self.engines():
            shown = told[engine.name]
            self.assertEqual((engine.id, engine.http_port, True, "running", "UpToDate"),
                             (shown["id"], shown["port"], shown["ready"], shown["state"],
                              shown["reason"]))

        begun = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.gateways[0].stop()
        self.wait_until(lambda: self.conditions()["GatewayReady"]["status"] == "False",
                        "the gateway's stop is reported")
        self.wait_until(lambda: "until" in self.conditions()["Progressing"]["message"],
                        "the end of the wait is reported")
        self.assertGreaterEqual(self.conditions()["GatewayReady"]["lastTransitionTime"], begun)
        self.assertEqual({False}, {one["ready"] for one in self.items("engines")})
        gateway = self.items("gateways")[0]
        self.assertEqual((False, "stopped"), (gateway["ready"], gateway["state"]))
        self.assertEqual(200, self.ask("/readyz")[0], "the controller itself is well")

        self.write_text("kind: Nonsense\n")
        self.wait_for_status("/readyz", 503)
        self.assertIn("SpecValid", self.ask("/readyz")[1])
        self.write_spec(2, failover={"after": "1h"})
        self.gateways[0].start()
        self.wait_until(lambda: self.conditions()["Ready"]["status"] == "True", "all is well again")
        happened = [(one["what"], one["reason"]) for one in self.items("events")]
        for expected in (("engine replaced", "GatewayRestarted"), ("gateway changed", ""),
                         ("condition changed", "GatewayNotReady")):
            self.assertIn(expected, happened)

    def test_a_word_makes_it_look_at_once(self):
        self.begin(1, checkInterval="10m")
        self.wait_until(lambda: self.metric("rounds_total{result=\"matched\"}") > 0, "a round")
        self.assert_nothing_changes(2)  # the looks that follow a wake-up are over
        before = self.metric("rounds_total{result=\"matched\"}")
        self.assertEqual(202, self.ask("/api/v1/reconcile", "POST")[0])
        self.wait_until(lambda: self.metric("rounds_total{result=\"matched\"}") > before,
                        "another round")

    def test_without_docker_it_is_alive_and_not_ready(self):
        self.write_spec(1)
        self.start_controller(environment={"DOCKER_HOST": f"unix://{self.folder}/none.sock"})
        self.wait_for_status("/healthz", 200)
        self.wait_until(lambda: "RuntimeReachable" in self.ask("/readyz")[1], "Docker is missed")
        self.assertEqual(503, self.ask("/readyz")[0])
        self.assertEqual("Unknown", self.conditions()["Ready"]["status"])


class Starts(HttpTest):
    def refused(self, *flags, **environment):
        done = self.pool_command("run", *flags, environment=environment)
        self.assertEqual("", done.stdout)
        return done.returncode, done.stderr

    def test_what_it_cannot_use(self):
        self.write_spec(1)
        missing = os.path.join(self.folder, "no-key")
        code, said = self.refused("--api-key-file", missing)
        self.assertEqual(78, code)
        self.assertIn(missing, said)
        code, said = self.refused("--listen", "9190")
        self.assertEqual(78, code)
        self.assertIn("--listen", said)
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = "127.0.0.1:%d" % other.getsockname()[1]
            code, said = self.refused(ROUNDHOUSE_LISTEN=taken)
        self.assertEqual(1, code)
        self.assertIn(taken, said)
        self.assertEqual([], self.engines(), "it began to work before it could tell of it")

    def test_a_key_that_changes(self):
        key_file = os.path.join(self.folder, "key")
        self.write_spec(1)
        self.write_key(key_file, "first")
        self.start_controller(environment={"ROUNDHOUSE_API_KEY_FILE": key_file})
        self.wait_for_status("/healthz", 200)
        for path in ("/metrics", "/api/v1/pool", "/api/v1/events?watch=true"):
            self.assertEqual(401, self.ask(path)[0], path)
        self.assertEqual(200, self.ask("/metrics", key="first")[0])
        self.write_key(key_file, "second")
        self.assertEqual(401, self.ask("/metrics", key="first")[0])
        self.assertEqual(200, self.ask("/metrics", key="second")[0])
        get = self.command("get", "pool", "--quiet", "--api-key-file", key_file)
        self.assertEqual((0, "", ""), (get.returncode, get.stdout, get.stderr))
        self.assertNotIn("second", self.controllers[0].log)

    @staticmethod
    def write_key(path, key):
        with open(path, "w") as file:
            file.write(key + "\n")


class Load(HttpTest):
    def scrape(self, count, each_s, failures):
        """`count` scrapes over one connection, one each `each_s`."""
        connection = http.client.HTTPConnection(self.listen, timeout=PATIENCE_S)
        begun = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, begun + number * each_s - time.monotonic()))
            connection.request("GET", "/metrics")
            response = connection.getresponse()
            if response.status != 200 or not response.read():
                failures.append(response.status)
        connection.close()

    def rounds(self):
        name = "round_duration_seconds"
        return self.metric(f"{name}_count"), self.metric(f"{name}_sum")

    def test_a_thousand_scrapes_a_second_leave_the_loop_alone(self):
        engines = self.begin(3, checkInterval="200ms")
        idle_count, idle_sum = self.rounds()
        time.sleep(3)  # as long as it takes to see how long rounds take at rest
        count, total = self.rounds()
        at_rest = (total - idle_sum) / (count - idle_count)
        failures, clients, seconds = [], 10, 10
        threads = [threading.Thread(target=self.scrape,
                                    args=(100 * seconds, 1 / 100, failures))
                   for _ in range(clients)]
        for thread in threads:
            thread.start()
        docker("kill", engines[1].id)
        self.wait_until(lambda: ids(self.engines()).get(1) not in (None, engines[1].id),
                        "a killed engine is replaced under load")
        for thread in threads:
            thread.join()
        loaded_count, loaded_sum = self.rounds()
        under_load = (loaded_sum - total) / (loaded_count - count)
        print(f"a round takes {at_rest * 1000:.1f} ms at rest, {under_load * 1000:.1f} ms under "
              f"{clients * 100} scrapes a second")
        self.assertEqual([], failures)
        self.assertGreater(loaded_count - count, seconds, "the loop hardly went on")

    def test_it_ends_with_streams_open(self):
        self.begin(1)
        streams = []
        for _ in range(20):
            connection = http.client.HTTPConnection(self.listen, timeout=PATIENCE_S)
            self.addCleanup(connection.close)
            connection.request("GET", "/api/v1/events?watch=true")
            streams.append(connection.getresponse())
        self.assertEqual({200}, {stream.status for stream in streams})
        self.assertEqual(0, self.controllers[0].terminate())
        self.assertEqual({b""}, {stream.read().rpartition(b"\n\n")[2] for stream in streams},
                         "an event was cut")


if __name__ == "__main__":
    unittest.main()
