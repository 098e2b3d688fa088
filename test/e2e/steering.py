"""Steers a stand-in gateway (test/standins/README.md): says what its Gluetun reports from now on,
and what is wrong with it."""
import http.client
import json
import random
import socket

from waiting import PATIENCE_S, wait_until


def http_request(host, port, method="GET", path="/", body=None, timeout=1.0):
    """The body of a 200 answer, or None for any other outcome."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        text = response.read()
        return text if response.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


claims = {}  # port -> a Unix socket named after it; until this process ends


def claim_port():
    """A free port that no other test on this machine uses while this process lives: a port belongs
    to the test that has bound the Unix socket of its name. test/unit/gluetun/gateway_process.cpp
    claims ports in the same way. Linux gives none of these to a socket that asks for any port."""
    for port in random.sample(range(10000, 18000), 1000):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0roundhouse-test-port-{port}")
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("0.0.0.0", port))
        except OSError:
            claim.close()
            continue
        claims[port] = claim
        return port
    raise AssertionError("no free port")


def free_ports(count):
    """Ports of this machine that nobody has, for TCP and UDP, each another."""
    return [claim_port() for _ in range(count)]


class Steering:
    """What can be done to a stand-in gateway. Whoever inherits it has an `address`."""

    steering_port = 8001

    def steer(self, path, text):
        done = http_request(self.address, self.steering_port, "PUT", path, str(text),
                            timeout=PATIENCE_S)
        assert done is not None, f"the gateway did not take PUT {path} {text!r}"

    def wait_until_it_listens(self):
        wait_until(lambda: http_request(self.address, self.steering_port, path="/requests")
                   is not None, "the gateway takes steering")

    def set_ports(self, ports):
        """What is forwarded from now on; [] is none, and ends a rotation."""
        self.steer("/ports", ",".join(str(port) for port in ports))

    def rotate(self, interval_ms):
        """Every port increases by one each `interval_ms`; 0 ends that."""
        self.steer("/rotate", interval_ms)

    def vpn(self, status):
        """"starting", "running", "stopping", "stopped", "crashed" or "completed". While it does
        not run there are no forwarded ports and no public IP, as with Gluetun."""
        self.steer("/vpn", status)

    def reconnect(self, stopping_ms=0, ip_ms=0, ports_ms=0):
        """The VPN is stopping for so long, then it runs; then its public IP is known after so
        long, and its ports after that. Its commands are run, if it has any."""
        self.steer("/reconnect", f"{stopping_ms},{ip_ms},{ports_ms}")

    def public_ip(self, address):
        """"" is: unknown."""
        self.steer("/publicip", address)

    def fault(self, word, path=""):
        """What is wrong with the control server, or with one path of it: "none", "refuse", "hang",
        "drop", "drip", "huge", "garbage", "noise", "redirect URL", or a status such as "500"."""
        self.steer("/fault" + path, word)

    def answer_verbatim(self, path, body):
        """That path answers 200 and this body; "" ends that."""
        self.steer(path, body)

    def require(self, role):
        """"apikey KEY", "basic USER:PASSWORD", "none" (all may), "default" (nothing set up)."""
        self.steer("/auth", role)

    def permit(self, *routes):
        """Only these ("GET /v1/portforward") are covered by the role; no argument: all."""
        self.steer("/routes", ",".join(routes) or "all")

    def set_health(self, word):
        """What the container's health check says from now on: "healthy" or anything else."""
        self.steer("/health", word)

    def hold(self, port):
        """Takes the UDP half of a port in the gateway's namespace, so that no engine can bind that
        port and nobody listens there by TCP."""
        self.steer("/hold", port)

    def release(self, port):
        self.steer("/release", port)

    def requests(self):
        """How often the control server was asked: "GET /v1/portforward 200" -> count."""
        return json.loads(http_request(self.address, self.steering_port, path="/requests"))
