"""People and a watchdog are told, at a receiver of this test's own."""
import http.server
import json
import os
import subprocess
import threading
import unittest

from harness import BINARY, PoolTest
from waiting import PATIENCE_S


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps what it is sent: (method, path, body)."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.received = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, path):
        return f"http://someone:top-secret@127.0.0.1:{self.server_address[1]}{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.received.append((self.command, self.path, body))
        self.send_response(200)
        self.end_headers()

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Notify(PoolTest):
    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.server_close)
        self.addCleanup(self.receiver.shutdown)

    def of(self, method):
        return [each for each in self.receiver.received if each[0] == method]

    def test_a_bad_edit_and_the_heartbeat(self):
        url_file = os.path.join(self.folder, "url")
        with open(url_file, "w") as file:
            file.write(self.receiver.url("/hook?format=json\n"))
        self.write_spec(1)
        self.start_controller(environment={
            "ROUNDHOUSE_NOTIFY_URL_FILE": url_file,
            "ROUNDHOUSE_HEARTBEAT_URL": self.receiver.url("/ping")})
        self.settle(1)
        self.wait_until(lambda: ("GET", "/ping", "") in self.of("GET"), "the heartbeat")
        self.write_text("kind: Nonsense\n")
        self.wait_until(lambda: self.of("POST"), "a message")
        [(_, path, body)] = self.of("POST")
        told = json.loads(body)
        self.assertEqual("/hook", path)
        self.assertEqual(f"{self.pool}: 1 of 1 engines ready", told["title"])
        self.assertEqual("spec refused", told["events"][-1]["what"], told)
        self.assertEqual([], [event for event in told["events"] if event["gateway"]], told)
        self.assertNotIn("top-secret", self.controllers[0].log)

    def test_a_url_that_cannot_be_used_ends_the_start_without_its_secret(self):
        for name, value in (("ROUNDHOUSE_NOTIFY_URL", "https://h/top-secret?format=fax"),
                            ("ROUNDHOUSE_HEARTBEAT_URL", "top-secret")):
            done = subprocess.run([BINARY, "run", "-f", self.spec_path], capture_output=True,
                                  text=True, timeout=PATIENCE_S, env=os.environ | {name: value})
            self.assertEqual(78, done.returncode, done.stderr)
            self.assertIn(name, done.stderr)
            self.assertNotIn("top-secret", done.stderr)


if __name__ == "__main__":
    unittest.main()
