"""The HTTP API as browsers, reverse proxies and badly written clients use it. The controller has no
Docker to talk to: its API answers all the same."""
import http.client
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import browser
from browser import Browser
from harness import BINARY, require
from steering import free_ports
from waiting import PATIENCE_S, wait_until

SPEC = """apiVersion: roundhouse/v1
kind: EnginePool
metadata: {name: access}
spec:
  replicas: 1
  gateways: [gluetun]
  checkInterval: 10m
"""


class Proxy(http.server.BaseHTTPRequestHandler):
    """Serves below /pool what the controller serves below /, and passes on every header."""
    protocol_version = "HTTP/1.0"
    controller = ""

    def do_GET(self):
        if not re.match("/pool($|/)", self.path):
            self.send_error(404)
            return
        connection = http.client.HTTPConnection(self.controller, timeout=PATIENCE_S)
        connection.request("GET", self.path.removeprefix("/pool") or "/", headers=self.headers)
        reply = connection.getresponse()
        self.send_response(reply.status)
        for name in ("Content-Type", "Date"):
            self.send_header(name, reply.getheader(name))
        self.end_headers()
        try:
            while piece := reply.read1():
                self.wfile.write(piece)
        except OSError:
            pass  # the browser has left, or the controller has ended
        connection.close()

    def log_message(self, *_):
        pass


class Access(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="roundhouse-access-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.log_path = self.path("log")
        self.listen = f"127.0.0.1:{free_ports(1)[0]}"
        self.url = f"http://{self.listen}"
        with open(self.path("engines.yaml"), "w") as file:
            file.write(SPEC)

    def path(self, name):
        return os.path.join(self.folder, name)

    def environment(self, **variables):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("GLUETUN_", "ROUNDHOUSE"))}
        return kept | {"ROUNDHOUSE_LISTEN": self.listen, "ROUNDHOUSE_STATE_DIR": self.path("state"),
                       "DOCKER_HOST": f"unix://{self.folder}/none.sock"} | variables

    def start(self, *flags, **variables):
        with open(self.log_path, "w") as log:
            process = subprocess.Popen(
                [BINARY, "run", "-f", self.path("engines.yaml"), *flags],
                stdout=log, stderr=log, env=self.environment(**variables))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_until(lambda: self.curl("/healthz")[0] == 200, "/healthz answers")

    def curl(self, path, *options, key=None):
        """Status and body."""
        options += ("--header", f"Authorization: Bearer {key}") if key else ()
        done = subprocess.run(
            ["curl", "--silent", "--max-time", "10", "--write-out", "\n%{http_code}", *options,
             self.url + path], capture_output=True, text=True)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def get(self, *arguments):
        """`roundhouse get pool ...`, run to its end."""
        return subprocess.run([BINARY, "get", "pool", *arguments], capture_output=True, text=True,
                              timeout=PATIENCE_S, env=self.environment())

    def status_under(self, host, path="/api/v1/pool"):
        return self.curl(path, "--header", f"Host: {host}")[0]

    def wake(self, *headers, key=None):
        options = [option for header in headers for option in ("--header", header)]
        return self.curl("/api/v1/reconcile", "--data", "", *options, key=key)[0]

    def metric(self, name):
        text = self.curl("/metrics")[1]
        return sum(float(value) for value in
                   re.findall(rf"^roundhouse_{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))

    def send(self, text):
        """The status that a request as it is written gets."""
        host, port = self.listen.split(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as client:
            client.sendall(text.replace("\n", "\r\n").encode())
            return int(client.makefile("rb").readline().split()[1])


class WithoutKey(Access):
    def test_only_known_names_are_answered(self):
        self.start("--allowed-hosts", "nas.local,pool.example.org")
        for host in (self.listen, "192.0.2.1:9190", "[::1]:9190", "localhost:9190", "NAS.local",
                     "pool.example.org:443", socket.gethostname()):
            self.assertEqual(200, self.status_under(host), host)
        for host in ("rebound.example", "rebound.example:9190", "127.0.0.1.rebound.example",
                     "example.org", "localhost.rebound.example"):
            for path in ("/", "/metrics", "/api/v1/pool", "/api/v1/events?watch=true"):
                self.assertEqual(403, self.status_under(host, path), host + path)
            self.assertEqual(200, self.status_under(host, "/healthz"))
            self.assertEqual(503, self.status_under(host, "/readyz"), "Docker is missing")
        status, body = self.curl("/api/v1/engines", "--header", "Host: rebound.example")
        self.assertEqual(403, status)
        self.assertIn("ROUNDHOUSE_ALLOWED_HOSTS", json.loads(body)["error"]["message"])

    def test_get_under_an_unknown_name_says_what_to_do(self):
        self.start()
        port = self.listen.partition(":")[2]
        self.assertEqual(0, self.get("--server", f"localhost:{port}").returncode)
        done = self.get("--server", f"pool.localhost:{port}")
        self.assertEqual(1, done.returncode)
        self.assertIn("HTTP 403", done.stderr)
        self.assertIn("ROUNDHOUSE_ALLOWED_HOSTS", done.stderr)

    def test_wakes_from_outside_start_at_most_one_round_a_second(self):
        self.start()
        # Without Docker the controller looks after longer and longer pauses by itself.
        wait_until(lambda: self.metric("rounds_total") >= 4, "several looks have failed")
        before = self.metric("rounds_total")
        connection = http.client.HTTPConnection(self.listen, timeout=PATIENCE_S)
        self.addCleanup(connection.close)
        begun = time.monotonic()
        wakes = 0
        while time.monotonic() - begun < 3:
            connection.request("POST", "/api/v1/reconcile", "")
            response = connection.getresponse()
            response.read()
            self.assertEqual(202, response.status)
            wakes += 1
        rounds = self.metric("rounds_total") - before
        self.assertGreater(wakes, 50)
        self.assertGreaterEqual(rounds, 2)
        self.assertLessEqual(rounds, 6, f"{wakes} wakes in 3 s")

    def test_pages_of_others_wake_nothing(self):
        self.start()
        own = f"Origin: {self.url}"
        self.assertEqual(202, self.wake())
        self.assertEqual(202, self.wake(own, "Sec-Fetch-Site: same-origin"))
        self.assertEqual(202, self.wake(own, "Sec-Fetch-Site: same-site"))
        for headers in (["Origin: http://evil.example"], ["Origin: null"],
                        ["Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-site"],
                        [own, "Sec-Fetch-Site: cross-site"]):
            self.assertEqual(403, self.wake(*headers), headers)

    def test_requests_with_two_readings_are_refused(self):
        self.start()
        head = f"POST /api/v1/reconcile HTTP/1.1\nHost: {self.listen}\n"
        self.assertEqual(202, self.send(head + "Content-Length: 0\n\n"))
        for rest in ("Content-Length: 0\nContent-Length: 0\n\n", "Content-Length: 0, 0\n\n",
                     "Transfer-Encoding: gzip, chunked\n\n0\n\n",
                     "X: a\n b\nContent-Length: 0\n\n", "Host: other\nContent-Length: 0\n\n"):
            self.assertEqual(400, self.send(head + rest), rest)
        self.assertEqual(200, self.send(f"GET {self.url}/api/v1/pool HTTP/1.1\nHost: x\n\n"))
        self.assertEqual(403, self.send(
            f"GET http://evil.example/api/v1/pool HTTP/1.1\nHost: {self.listen}\n\n"))
        self.assertEqual(200, self.curl("/api/v1/pool", "--proxy", self.url)[0])


class WithKey(Access):
    def setUp(self):
        super().setUp()
        with open(self.path("key"), "w") as file:
            file.write("open-sesame\n")
        self.start(ROUNDHOUSE_API_KEY_FILE=self.path("key"))

    def test_wrong_keys_are_counted_and_logged_once(self):
        for _ in range(20):
            self.assertEqual(401, self.curl("/api/v1/pool", key="open-barley")[0])
        text = self.curl("/metrics", key="open-sesame")[1]
        self.assertIn("\nroundhouse_http_unauthorized_total 20\n", text)
        with open(self.log_path) as log:
            lines = [line for line in log if "without the right API key" in line]
        self.assertEqual(1, len(lines), lines)
        self.assertIn("127.0.0.1", lines[0])
        self.assertNotIn("barley", lines[0])

    def test_a_key_opens_every_name_and_no_foreign_page(self):
        for host in ("rebound.example", self.listen):
            self.assertEqual(200, self.curl("/api/v1/pool", "--header", f"Host: {host}",
                                            key="open-sesame")[0])
        self.assertEqual(202, self.wake(key="open-sesame"))
        self.assertEqual(403, self.wake("Origin: http://evil.example", key="open-sesame"))


class BelowAPath(Access):
    def setUp(self):
        super().setUp()
        self.start()
        handler = type("ProxyOfTest", (Proxy,), {"controller": self.listen})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.proxy = f"127.0.0.1:{server.server_address[1]}"

    def test_get_keeps_the_path(self):
        for server in (f"http://{self.proxy}/pool", f"http://{self.proxy}/pool/",
                       f"{self.proxy}/pool"):
            done = self.get("-o", "json", "--server", server)
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertEqual("access", json.loads(done.stdout)["name"])
        done = self.get("--server", self.proxy)
        self.assertEqual(1, done.returncode, "nothing of it is served at the root")

    def test_the_page_asks_below_its_own_path(self):
        require(browser.PROGRAM, "Chromium")
        for path in ("/pool/", "/pool"):
            page = Browser()
            self.addCleanup(page.close)
            page.open(f"http://{self.proxy}{path}")
            page.wait_for("document.getElementById('pool').textContent === 'access'", "the pool")
            page.wait_for("streaming", "events are streamed")
            asked = [url for url in page.requests if not url.startswith("data:")]
            self.assertGreater(len(asked), 5)
            self.assertEqual([], [url for url in asked
                                  if not url.startswith(f"http://{self.proxy}/pool")])
            self.assertEqual([], page.complaints)


if __name__ == "__main__":
    unittest.main()
