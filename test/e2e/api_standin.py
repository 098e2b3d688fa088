"""A stand-in for the controller's HTTP API: replies of the documented shape that a test changes as
it likes, for what reads them."""
import http.server
import json
import threading
import time


def timestamp(ago=0.0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ago))


def condition(kind, status, reason, message=""):
    return {"type": kind, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": timestamp(600), "observedGeneration": 1}


def engine(slot, **changes):
    return {"name": f"acestream-{slot}", "slot": slot, "id": "ab" * 32, "gateway": "gluetun",
            "host": "gluetun", "port": 19000 + slot, "p2pPort": 22000 + slot, "forwarded": False,
            "ready": True, "state": "running", "reason": "UpToDate", "image": "ace:1",
            "createdAt": timestamp(3900), "failures": 0, "message": ""} | changes


class ApiStandin:
    """Listens at `address` from start() to stop(), which may be called several times. `events` is
    what happened, oldest first."""

    def __init__(self, page=b"", host="127.0.0.1", name="roundhouse"):
        self.page = page
        self.host = host
        self.name = name
        self.key = ""
        self.streams = True
        self.alive = True
        self.events = []
        self.news = threading.Condition()
        self.engines = [engine(slot) for slot in range(3)]
        self.conditions = [condition("Ready", "True", "Ready", "3 of 3 engines ready")]
        self.gateways = [{
            "name": "gluetun", "host": "gluetun", "declared": True, "ready": True,
            "state": "ready", "message": "", "since": timestamp(7200), "readyFor": 7200,
            "vpnStatus": "running", "vpnMessage": "", "publicIp": "192.0.2.1",
            "forwardedPorts": [40001], "forwardedPortReason": "Held", "forwardedPortMessage": "",
            "engines": 3}]
        self.wanted = 3
        self.port = 0
        self.server = None

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def start(self):
        self.server = Server((self.host, self.port), Handler)
        self.server.api = self
        self.server.running = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        """Also ends the streams."""
        if self.server is None:
            return
        self.server.running = False
        with self.news:
            self.news.notify_all()
        self.server.shutdown()
        self.server.server_close()
        self.server = None

    def happens(self, what, severity="info", **fields):
        with self.news:
            last = self.events[-1]["id"] if self.events else 0
            self.events.append({
                "id": last + 1, "firstTime": timestamp(), "lastTime": timestamp(), "count": 1,
                "severity": severity, "what": what, "reason": "", "engine": "", "gateway": "",
                "message": ""} | fields)
            self.news.notify_all()

    def reply(self, path):
        ready = sum(each["ready"] for each in self.engines)
        replies = {
            "/api/v1/pool": {
                "controller": self.name, "version": "0.1.0", "name": "acestream",
                "image": "ghcr.io/krinkuto11/acestream-http-proxy:latest",
                "preset": "krinkuto11/acestream-http-proxy",
                "replicas": self.wanted, "maxActiveReplicas": 20, "generation": 1,
                "observedAt": timestamp(),
                "status": {"replicas": len(self.engines), "wanted": self.wanted, "ready": ready,
                           "updated": self.wanted, "conditions": self.conditions}},
            "/api/v1/engines": {"items": self.engines},
            "/api/v1/gateways": {"items": self.gateways},
            "/api/v1/events": {"items": self.events},
            "/api/v1/history": {
                "intervalSeconds": 10,
                "samples": [{"time": timestamp(10 * n), "wanted": 3, "ready": 3,
                             "longestRoundSeconds": 0.004, "replaced": int(n == 60),
                             "portChanges": int(n in (30, 90))} for n in range(300, -1, -1)]},
        }
        return replies.get(path)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        api = self.server.api
        self.close_connection = not self.server.running
        path, _, query = self.path.partition("?")
        if path == "/":
            self.answer(200, api.page, "text/html; charset=utf-8")
        elif path == "/healthz":
            if api.alive:
                self.answer(200, b"ok\n", "text/plain; charset=utf-8")
            else:
                self.answer_json(503, {"error": {"code": 503, "message": "no round has ended"}})
        elif api.key and self.headers.get("Authorization") != f"Bearer {api.key}":
            self.answer_json(401, {"error": {"code": 401, "message": "an API key is needed"}})
        elif path == "/api/v1/events" and "watch=true" in query:
            if api.streams:
                self.stream_events(api)
            else:
                self.answer_json(503, {"error": {"code": 503, "message": "too many streams"}})
        elif (reply := api.reply(path)) is not None:
            self.answer_json(200, reply)
        else:
            self.answer_json(404, {"error": {"code": 404, "message": "no such path"}})

    def answer_json(self, status, value):
        self.answer(status, json.dumps(value).encode(), "application/json")

    def answer(self, status, body, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream_events(self, api):
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        last = int(self.headers.get("Last-Event-ID") or 0)
        while self.server.running:
            with api.news:
                api.news.wait_for(lambda: not self.server.running
                                  or any(each["id"] > last for each in api.events))
                news = [each for each in api.events if each["id"] > last]
            for event in news:
                last = event["id"]
                text = f"id: {last}\nevent: event\ndata: {json.dumps(event)}\n\n"
                self.wfile.write(text.encode())

    def log_message(self, *_):
        pass
