"""The stand-in gateway as a process of this machine, without a container."""
import http.client
import os
import socket
import subprocess

from steering import Steering, free_ports
from waiting import PATIENCE_S, wait_until

PROGRAM = os.path.join(os.environ.get("STANDIN_PROGRAMS", ""), "standin_gateway")
OLD, NEW = "/v1/openvpn/portforwarded", "/v1/portforward"


class LocalGateway(Steering):
    """On ports of its own, so that any number of them can run."""

    address = "127.0.0.1"

    def __init__(self, profile, environment=None):
        self.profile = profile
        self.control_port, self.steering_port, self.health_port = free_ports(3)
        self.process = subprocess.Popen([PROGRAM], env={
            "GLUETUN_PROFILE": profile, "CONTROL_PORT": str(self.control_port), "DNS_PORT": "0",
            "STEERING_PORT": str(self.steering_port), "HEALTH_PORT": str(self.health_port),
        } | (environment or {}))
        wait_until(lambda: self.process.poll() is not None or self.listens(), "it listens")

    def listens(self):
        try:
            socket.create_connection((self.address, self.steering_port), timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self):
        self.process.terminate()
        return self.process.wait(PATIENCE_S)

    def health_status(self):
        """The HTTP status of its health check."""
        return self.ask("GET /", port=self.health_port)[0]

    def ask(self, request, headers=None, body=None, timeout=PATIENCE_S, port=None):
        """(status, body, headers) of "METHOD /path", by default of the control server."""
        method, target = request.split(" ", 1)
        connection = http.client.HTTPConnection(self.address, port or self.control_port,
                                                timeout=timeout)
        try:
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read().decode(), dict(response.headers)
        finally:
            connection.close()

    def ask_for_ports(self, **options):
        path = OLD if self.profile in ("v3.38", "v3.40") else NEW
        return self.ask(f"GET {path}", **options)
