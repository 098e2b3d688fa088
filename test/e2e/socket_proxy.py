"""HAProxy with manifests/socket-proxy/haproxy.cfg, between a socket of the test's own and Docker's,
and ways to ask it what no client would send."""
import os
import shutil
import socket
import subprocess

import docker_host
from waiting import PATIENCE_S, wait_until

CONFIGURATION = os.path.join(os.path.dirname(__file__), "..", "..", "manifests", "socket-proxy",
                             "haproxy.cfg")
PROGRAM = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin")


class SocketProxy:
    def __init__(self, folder):
        self.log_path = os.path.join(folder, "socket-proxy.log")
        self.path = os.path.join(folder, "socket-proxy.sock")
        self.start()

    @property
    def docker_host(self):
        return f"unix://{self.path}"

    @property
    def log(self):
        with open(self.log_path, errors="replace") as text:
            return text.read()

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "-db", "-f", CONFIGURATION], stdout=log, stderr=log,
                env={"SOCKET_PROXY_LISTEN": f"unix@{self.path}",
                     "DOCKER_SOCKET": docker_host.socket_path()})
        wait_until(lambda: self.process.poll() is not None or os.path.exists(self.path),
                   "the proxy listens", lambda: self.log)
        assert self.process.poll() is None, self.log

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE_S)

    def send(self, text, timeout=PATIENCE_S):
        """All that comes back for these very bytes, until the proxy closes the connection."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(self.path)
            connection.sendall(text.encode("latin-1"))
            received = b""
            while True:
                try:
                    part = connection.recv(65536)
                except ConnectionResetError:
                    part = b""
                if not part:
                    return received.decode("latin-1")
                received += part

    def ask(self, call, *headers, body=""):
        """What comes back for a call such as "GET /version"."""
        lines = [f"{call} HTTP/1.1", "Host: docker", "Connection: close", *headers]
        return self.send("\r\n".join(lines) + "\r\n\r\n" + body)


def statuses(replies):
    """The status of every reply in a text: [200, 403]."""
    return [int(part[:3]) for part in replies.split("HTTP/1.1 ")[1:]]
