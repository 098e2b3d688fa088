"""Between a program and the Docker daemon: passes everything on, and notes what was asked, when,
and how much went over it."""
import os
import re
import socket
import threading
import time

REQUEST = re.compile(rb"(GET|HEAD|POST|PUT|DELETE) (\S+) HTTP/1\.1\r\n")


class Tap:
    def __init__(self, folder, daemon_socket):
        self.path = os.path.join(folder, "tap.sock")
        self.calls = []  # (seconds since 1970, "GET /containers/json?...")
        self.octets = 0
        self._daemon_socket = daemon_socket
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def calls_since(self, moment, pattern=""):
        return [call for call in list(self.calls)
                if call[0] >= moment and re.search(pattern, call[1])]

    def _accept(self):
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return  # closed
            daemon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            daemon.connect(self._daemon_socket)
            for source, target, note in ((client, daemon, True), (daemon, client, False)):
                threading.Thread(target=self._pass_on, args=(source, target, note),
                                 daemon=True).start()

    def _pass_on(self, source, target, note):
        try:
            while data := source.recv(65536):
                if note and (request := REQUEST.match(data)):
                    self.calls.append((time.time(), b" ".join(request.groups()).decode()))
                self.octets += len(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # either side is gone
