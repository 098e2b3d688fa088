"""The stand-in Gluetun answers as the releases of Gluetun do. Every other test of forwarded ports
stands on this one: the tables were transcribed from Gluetun's sources (internal/server) of v3.38.1,
v3.40.4, v3.41.1, and of 2026-05 for "master"."""
import base64
import functools
import http.client
import json
import os
import socket
import tempfile
import time
import unittest

from harness import require
from holdings import holdings
from local_gateway import NEW, OLD, PROGRAM, LocalGateway
from steering import free_ports
from waiting import PATIENCE_S

PROFILES = ("v3.38", "v3.40", "v3.41", "master")
TEXT, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"
CHALLENGE = 'Basic realm="restricted", charset="UTF-8"'
NO_PORT = '{"port":0}\n'
WHERE = ('{"public_ip":"192.0.2.1","region":"Utrecht","country":"Netherlands","city":"Utrecht",'
         '"location":"52.0907,5.1214","organization":"Example Networks","postal_code":"3511",'
         '"timezone":"Europe/Amsterdam"}\n')


def moved(phrase, where):
    return f'<a href="{where}">{phrase}</a>.\n\n'


# As a file states it.
ROLE = f"""# a comment
[[roles]]
name = "x"
routes = ["GET {NEW}", "GET /v1/vpn/status"]
auth = "apikey"
apikey = "s3cret"
"""

# With a role that may do everything: request -> (status, body) for each of PROFILES.
ANSWERS = {
    f"GET {NEW}": [(400, "GET /portforward not found\n"), (401, "Unauthorized\n"), (200, NO_PORT),
                   (200, '{"port":0,"ports":[]}\n')],
    f"GET {OLD}": [(200, NO_PORT), (200, NO_PORT)] + [(301, moved("Moved Permanently", NEW))] * 2,
    f"GET {NEW}/": [(400, "GET /portforward not found\n"), (401, "Unauthorized\n"),
                    (401, "Unauthorized\n"), (404, "Not Found\n")],
    "GET /openvpn/portforwarded": [(308, moved("Permanent Redirect", OLD))] * 4,
    "GET /v1/vpn/status": [(200, '{"status":"running"}\n')] * 4,
    "GET /v1/openvpn/status": [(200, '{"status":"running"}\n')] * 4,
    "GET /v1/publicip/ip": [(200, WHERE)] * 4,
    "GET /v1/vpn/settings": [(200, '{"type":"openvpn"}\n')] * 4,
    "GET /v1/nothing": [(400, "GET /nothing not found\n"), (401, "Unauthorized\n"),
                        (401, "Unauthorized\n"), (404, "Not Found\n")],
    "GET /nothing": [(400, "unversioned API: requested URI not found\n"), (401, "Unauthorized\n"),
                     (401, "Unauthorized\n"), (404, "Not Found\n")],
    "POST /v1/vpn/status": [(400, "method POST not supported\n"), (401, "Unauthorized\n"),
                            (401, "Unauthorized\n"), (405, "Method Not Allowed\n")],
    f"POST {NEW}": [(400, "POST /portforward not found\n"), (401, "Unauthorized\n"),
                    (401, "Unauthorized\n"), (405, "Method Not Allowed\n")],
    "GET /v1/vpn/status?x=1": [(400, "route /status?x=1 not supported\n")] * 4,
    f"GET {NEW}?x=1": [(400, "GET /portforward?x=1 not found\n"), (401, "Unauthorized\n"),
                       (200, NO_PORT), (200, '{"port":0,"ports":[]}\n')],
}

# What is forwarded -> the body for each of PROFILES, by the path that the profile has.
BODIES = {
    "": [NO_PORT, NO_PORT, NO_PORT, '{"port":0,"ports":[]}\n'],
    "null": [NO_PORT, NO_PORT, NO_PORT, '{"port":0,"ports":null}\n'],
    "40001": ['{"port":40001}\n'] * 3 + ['{"port":40001,"ports":[40001]}\n'],
    "40002,40001": ['{"port":40001}\n'] + ['{"ports":[40001,40002]}\n'] * 2 +
                   ['{"port":40001,"ports":[40001,40002]}\n'],
}

# Without any role: request -> status for each of PROFILES.
WITHOUT_ROLES = {
    f"GET {OLD}": [200, 200, 301, 401],
    f"GET {NEW}": [400, 401, 200, 401],
    "GET /v1/vpn/status": [200, 200, 200, 401],
    "GET /v1/publicip/ip": [200, 200, 200, 401],
    "GET /v1/version": [200, 200, 200, 401],
    "GET /v1/vpn/settings": [200, 401, 401, 401],
    "GET /v1/nothing": [400, 401, 401, 404],
}


class StandinTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require(os.access(PROGRAM, os.X_OK), "STANDIN_PROGRAMS, the folder of the stand-ins")

    def start(self, profile="v3.41", environment=None):
        gateway = LocalGateway(profile, environment)
        self.addCleanup(gateway.stop)
        return gateway


def for_each_profile(environment=None):
    """Runs a test once for each of PROFILES: test(self, its number, a gateway that has it)."""
    def decorate(test):
        @functools.wraps(test)
        def run(self):
            for number, profile in enumerate(PROFILES):
                with self.subTest(profile=profile):
                    test(self, number, self.start(profile, environment))
        return run
    return decorate


class Answers(StandinTest):
    @for_each_profile({"GLUETUN_ROUTES": "all"})
    def test_status_and_body_of_every_route(self, number, gateway):
        for request, expected in ANSWERS.items():
            with self.subTest(request=request):
                self.assertEqual(expected[number], gateway.ask(request)[:2])

    @for_each_profile({"GLUETUN_ROUTES": "all"})
    def test_headers(self, number, gateway):
        for request, expected in ANSWERS.items():
            _, _, headers = gateway.ask(request)
            status = expected[number][0]
            with self.subTest(request=request):
                self.assertRegex(headers["Date"], r"^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$")
                self.assertEqual(HTML if 300 < status < 400 else TEXT, headers["Content-Type"])
                self.assertEqual("nosniff" if status >= 400 else None,
                                 headers.get("X-Content-Type-Options"))
        where = {301: NEW, 200: None}[gateway.ask(f"GET {OLD}")[0]]
        self.assertEqual(where, gateway.ask(f"GET {OLD}")[2].get("Location"))

    @for_each_profile({"GLUETUN_ROUTES": "all"})
    def test_forwarded_ports(self, number, gateway):
        for ports, expected in BODIES.items():
            with self.subTest(ports=ports):
                gateway.steer("/ports", ports)
                self.assertEqual((200, expected[number]), gateway.ask_for_ports()[:2])

    @for_each_profile({"GLUETUN_ROUTES": "all"})
    def test_a_stopped_vpn_has_neither_ports_nor_an_address(self, number, gateway):
        gateway.set_ports([40001])
        for status in ("starting", "stopping", "stopped", "crashed", "completed"):
            gateway.vpn(status)
            self.assertEqual(json.dumps({"status": status}, separators=(",", ":")) + "\n",
                             gateway.ask("GET /v1/vpn/status")[1])
            self.assertEqual('{"public_ip":""}\n', gateway.ask("GET /v1/publicip/ip")[1])
            self.assertEqual(BODIES[""][number], gateway.ask_for_ports()[1])
        gateway.vpn("running")
        self.assertEqual(BODIES["40001"][number], gateway.ask_for_ports()[1])

    @for_each_profile({"GLUETUN_ROUTES": "all"})
    def test_the_vpn_is_stopped_and_started_by_request(self, _, gateway):
        for wanted, outcome in (("stopped", "stopped"), ("stopped", "already stopped"),
                                ("running", "running"), ("running", "already running")):
            self.assertEqual((200, f'{{"outcome":"{outcome}"}}\n'), gateway.ask(
                "PUT /v1/vpn/status", body=f'{{"status":"{wanted}"}}')[:2])
        self.assertEqual(400, gateway.ask("PUT /v1/vpn/status", body='{"status":"x"}')[0])
        gateway.vpn("crashed")
        self.assertEqual('{"outcome":"already crashed"}\n', gateway.ask(
            "PUT /v1/vpn/status", body='{"status":"running"}')[1])

    @for_each_profile({"GLUETUN_ROUTES": "all"})
    def test_only_master_takes_ports_by_request(self, number, gateway):
        done = gateway.ask(f"PUT {NEW}", body='{"ports":[40007,40005]}')
        self.assertEqual((400, 401, 401, 200)[number], done[0])
        expected = '{"port":40005,"ports":[40005,40007]}\n' if number == 3 else NO_PORT
        self.assertEqual(expected, gateway.ask_for_ports()[1])

    @for_each_profile({"GLUETUN_ROUTES": "all", "VPN_TYPE": "wireguard"})
    def test_openvpn_status_where_the_vpn_is_wireguard(self, number, gateway):
        status = json.loads(gateway.ask("GET /v1/openvpn/status")[1])["status"]
        self.assertEqual("running" if number == 0 else "stopped", status)

    def test_a_connection_serves_several_requests(self):
        gateway = self.start()
        connection = http.client.HTTPConnection(gateway.address, gateway.control_port,
                                                timeout=PATIENCE_S)
        self.addCleanup(connection.close)
        connection.request("GET", "/v1/vpn/status")
        connection.getresponse().read()
        first_socket = connection.sock
        connection.request("GET", NEW)
        self.assertEqual(NO_PORT.encode(), connection.getresponse().read())
        self.assertIs(first_socket, connection.sock)


class Roles(StandinTest):
    @for_each_profile()
    def test_without_any(self, number, gateway):
        for request, expected in WITHOUT_ROLES.items():
            with self.subTest(request=request):
                self.assertEqual(expected[number], gateway.ask(request)[0])

    @for_each_profile({"GLUETUN_API_KEY": "s3cret"})
    def test_an_api_key(self, number, gateway):
        refused = 200 if number == 0 else 401
        self.assertEqual(refused, gateway.ask_for_ports()[0])
        self.assertEqual(refused, gateway.ask_for_ports(headers={"X-API-Key": "wrong"})[0])
        status, _, headers = gateway.ask_for_ports(headers={"x-api-key": "s3cret"})
        self.assertEqual((200, None), (status, headers.get("Www-Authenticate")))

    def test_an_api_key_in_the_query(self):
        gateway = self.start(environment={"GLUETUN_API_KEY": "s3cret"})
        self.assertEqual(200, gateway.ask(f"GET {NEW}?api_key=s3cret")[0])
        self.assertEqual(401, gateway.ask(f"GET {NEW}?api_key=wrong")[0])
        # It opens every route, but Gluetun then looks for the route by the target, query included.
        self.assertEqual(400, gateway.ask("GET /v1/vpn/status?api_key=s3cret")[0])

    @for_each_profile({"GLUETUN_BASIC": "me:pass:word"})
    def test_user_and_password(self, number, gateway):
        def basic(text):
            return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}

        status, body, headers = gateway.ask_for_ports()
        if number == 0:
            self.assertEqual(200, status)
            return
        self.assertEqual((401, "Unauthorized\n"), (status, body))
        self.assertEqual(CHALLENGE, headers["Www-Authenticate"])  # as Go spells it
        self.assertEqual(401, gateway.ask_for_ports(headers=basic("me:wrong"))[0])
        self.assertEqual(200, gateway.ask_for_ports(headers=basic("me:pass:word"))[0])

    @for_each_profile()
    def test_a_role_covers_its_routes_only_and_removes_the_public_one(self, number, gateway):
        gateway.require("apikey s3cret")
        gateway.permit("GET /v1/vpn/status")
        key = {"X-API-Key": "s3cret"}
        self.assertEqual(200, gateway.ask("GET /v1/vpn/status", headers=key)[0])
        other = 200 if number == 0 else 401
        self.assertEqual(other, gateway.ask("GET /v1/publicip/ip", headers=key)[0])
        self.assertEqual(other, gateway.ask("GET /v1/publicip/ip")[0])

    def test_the_target_of_the_redirect_needs_a_role_of_its_own(self):
        gateway = self.start(environment={"GLUETUN_API_KEY": "s3cret",
                                          "GLUETUN_ROUTES": f"GET {OLD}"})
        self.assertEqual(301, gateway.ask(f"GET {OLD}", headers={"X-API-Key": "s3cret"})[0])
        self.assertEqual(401, gateway.ask(f"GET {NEW}", headers={"X-API-Key": "s3cret"})[0])

    def test_a_key_that_changes(self):
        gateway = self.start(environment={"GLUETUN_API_KEY": "first"})
        gateway.require("apikey second")
        self.assertEqual(401, gateway.ask_for_ports(headers={"X-API-Key": "first"})[0])
        self.assertEqual(200, gateway.ask_for_ports(headers={"X-API-Key": "second"})[0])

    def role_file(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False) as file:
            self.addCleanup(os.remove, file.name)
            file.write(text)
        return {"HTTP_CONTROL_SERVER_AUTH_CONFIG_FILEPATH": file.name}

    def test_a_role_from_a_file(self):
        gateway = self.start(environment=self.role_file(ROLE))
        key = {"X-API-Key": "s3cret"}
        self.assertEqual(200, gateway.ask(f"GET {NEW}", headers=key)[0])
        self.assertEqual(401, gateway.ask(f"GET {NEW}")[0])
        self.assertEqual(401, gateway.ask("GET /v1/publicip/ip", headers=key)[0])

    def test_a_role_file_that_is_not_understood_ends_it(self):
        for part, wrong in (("/v1/portforward", "/v1/portforwards"), ("apikey =", "api_key ="),
                            ('"apikey"', '"key"'), ("[[roles]]", "[roles]"),
                            ('"s3cret"', "s3cret"), ("name = \"x\"\n", "")):
            with self.subTest(wrong=wrong):
                text = ROLE.replace(part, wrong)
                self.assertNotEqual(ROLE, text)
                self.assertEqual(1, LocalGateway("v3.41", self.role_file(text)).stop())

    def test_a_setting_that_is_not_understood_ends_it(self):
        for variables in ({"GLUETUN_ROUTES": f"GET {NEW}"}, {"GLUETUN_BASIC": "no colon"},
                          {"GLUETUN_PORTS": "x"}, {"GLUETUN_PROFILE": "v1"}):
            with self.subTest(variables=variables):
                self.assertEqual(1, LocalGateway("v3.40", variables).stop())


class Faults(StandinTest):
    def setUp(self):
        self.gateway = self.start(environment={"GLUETUN_PORTS": "40001"})

    def mend(self):
        self.gateway.fault("none")
        self.assertEqual((200, '{"port":40001}\n'), self.gateway.ask_for_ports()[:2])

    def raw_answer(self, byte_count):
        """The first `byte_count` bytes that come, fewer where the answer ends before."""
        address, received = (self.gateway.address, self.gateway.control_port), b""
        with socket.create_connection(address, timeout=PATIENCE_S) as connection:
            connection.sendall(f"GET {NEW} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                               .encode())
            while len(received) < byte_count:
                chunk = connection.recv(byte_count)
                if not chunk:
                    break
                received += chunk
        return received

    def test_refuse(self):
        self.gateway.fault("refuse")
        with self.assertRaises(ConnectionRefusedError):
            self.gateway.ask_for_ports()
        self.mend()

    def test_hang(self):
        self.gateway.fault("hang")
        with self.assertRaises(TimeoutError):
            self.gateway.ask_for_ports(timeout=0.3)
        self.mend()

    def test_drop(self):
        self.gateway.fault("drop")
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
            self.gateway.ask_for_ports()
        self.mend()

    def test_statuses(self):
        for status in (401, 403, 404, 500, 503):
            self.gateway.fault(str(status))
            self.assertEqual(status, self.gateway.ask_for_ports()[0])
        self.mend()

    def test_a_fault_of_one_path(self):
        self.gateway.fault("500", path=NEW)
        self.assertEqual(500, self.gateway.ask_for_ports()[0])
        self.assertEqual(200, self.gateway.ask("GET /v1/vpn/status")[0])
        self.mend()

    def test_garbage_and_noise(self):
        self.gateway.fault("garbage")
        self.assertRegex(self.raw_answer(4096), rb"^HTTP/1.1 200 (?s:.*)\r\n\r\n\0\xff")
        self.gateway.fault("noise")
        self.assertEqual(b"\x16\x03\x01", self.raw_answer(3))
        self.mend()

    def test_drip(self):
        self.gateway.fault("drip")
        begun = time.monotonic()
        self.assertEqual(b"HTTP/", self.raw_answer(5))
        self.assertGreater(time.monotonic() - begun, 0.3, "the bytes came together")
        self.mend()

    def test_huge(self):
        self.gateway.fault("huge")
        self.assertIn(b'{"port":4001,"x":"xxx', self.raw_answer(1 << 20))
        self.assertGreaterEqual(len(self.raw_answer(32 << 20)), 32 << 20)
        self.assertLess(holdings(self.gateway.process.pid).resident_mib, 8)
        self.mend()

    def test_redirect(self):
        self.gateway.fault("redirect http://192.0.2.9/v1/portforward")
        status, _, headers = self.gateway.ask_for_ports()
        self.assertEqual((301, "http://192.0.2.9/v1/portforward"), (status, headers["Location"]))
        self.mend()

    def test_an_answer_word_for_word(self):
        self.gateway.answer_verbatim(NEW, '{"port":"40001"}')
        self.assertEqual('{"port":"40001"}', self.gateway.ask_for_ports()[1])
        self.gateway.answer_verbatim(NEW, "")
        self.mend()

    def test_rotation(self):
        self.gateway.rotate(50)
        seen, deadline = set(), time.monotonic() + PATIENCE_S
        while len(seen) < 3 and time.monotonic() < deadline:
            seen.add(json.loads(self.gateway.ask_for_ports()[1])["port"])
        self.assertGreaterEqual(len(seen), 3)
        self.gateway.set_ports([])
        self.assertEqual(NO_PORT, self.gateway.ask_for_ports()[1])

    def test_a_held_port(self):
        port, = free_ports(1)
        self.gateway.hold(port)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection((self.gateway.address, port), timeout=1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            self.assertRaises(OSError, other.bind, ("0.0.0.0", port))
            self.gateway.release(port)
            other.bind(("0.0.0.0", port))

    def test_requests_are_counted(self):
        self.gateway.ask_for_ports()
        self.gateway.ask_for_ports()
        self.gateway.ask("GET /v1/nothing")
        self.assertEqual({f"GET {NEW} 200": 2, "GET /v1/nothing 401": 1}, self.gateway.requests())

    def test_nonsense_is_refused(self):
        for path, text in (("/fault", "x"), ("/ports", "1,x"), ("/auth", "?"), ("/nothing", "")):
            with self.assertRaises(AssertionError):
                self.gateway.steer(path, text)
        self.mend()


if __name__ == "__main__":
    unittest.main()
