"""A proxy between the program and a server that speaks HTTP: Docker on its socket, or a control
server. It passes everything on, except for replies that a test alters, cuts, delays, holds back, or
sends more of than was asked for."""
import contextlib
import dataclasses
import http.client
import json
import os
import re
import socket
import threading
import time

import docker_host


@dataclasses.dataclass
class Reply:
    """What the client gets."""
    status: int
    body: bytes
    delay_s: float = 0
    keeps: float = 1  # the part of the message that is sent, before the connection is closed
    stray: bytes = b""  # comes after the reply
    stray_after_s: float = 0.05
    is_sent: bool = True  # else the client waits until it gives up

    @property
    def json(self):
        return json.loads(self.body)

    @json.setter
    def json(self, value):
        self.body = json.dumps(value).encode()

    @property
    def message(self):
        head = (f"HTTP/1.1 {self.status} {http.client.responses.get(self.status, 'Odd')}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n\r\n")
        # Neither of these has a body, whatever its head says.
        return head.encode() + (b"" if self.status in (204, 304) else self.body)


class AlteringProxy:
    """Listens at `path`, a Unix socket, or at `address`, a host and a port."""

    def __init__(self, connect, path=None, address=None):
        self.connect = connect  # makes an http.client.HTTPConnection
        self.lock = threading.Lock()
        self.alterations = []
        self.asked = []  # "GET /version", each call
        self.is_open = True
        family = socket.AF_UNIX if path else socket.AF_INET
        self.listener = socket.socket(family)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(path or address)
        self.listener.listen(100)
        self.begin(self.accept)

    @staticmethod
    def begin(work, *arguments):
        threading.Thread(target=work, args=arguments, daemon=True).start()

    def close(self):
        self.is_open = False
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    @contextlib.contextmanager
    def altering(self, call, change, is_forwarded=True):
        """Until the end of the block `change` gets the reply to each call that the pattern finds,
        such as "GET .*/json", and alters it. What is not forwarded has no effect at the server."""
        alteration = (re.compile(call), change, is_forwarded)
        with self.lock:
            self.alterations.append(alteration)
        try:
            yield
        finally:
            with self.lock:
                self.alterations.remove(alteration)

    # --- one thread for each connection

    def accept(self):
        while self.is_open:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.begin(self.serve, client)

    def serve(self, client):
        with client, contextlib.suppress(OSError, http.client.HTTPException):
            stream = client.makefile("rb")
            while request := stream.readline().decode("latin-1").split():
                headers = http.client.parse_headers(stream)
                body = stream.read(int(headers.get("Content-Length", 0)))
                method, target = request[:2]
                with self.lock:
                    self.asked.append(f"{method} {target}")
                    found = [each for each in self.alterations
                             if each[0].search(f"{method} {target}")]
                is_forwarded = all(each[2] for each in found)
                reply = Reply(200, b"")
                if is_forwarded:
                    reply = self.ask(client, (method, target, body, headers), not found)
                if reply is None:
                    return
                for _, change, _ in found:
                    change(reply)
                if not self.answer(client, reply):
                    return

    def ask(self, client, request, is_passed_on):
        """The server's reply; None when an endless one was passed on."""
        method, target, body, headers = request
        server = self.connect()
        with contextlib.closing(server):
            kept = {name: value for name, value in headers.items()
                    if name.lower() not in ("host", "connection", "content-length")}
            server.request(method, target, body, kept)
            response = server.getresponse()
            is_endless = "/events?" in target
            if is_endless and is_passed_on:
                return self.pass_on(client, response)
            return Reply(response.status, b"" if is_endless else response.read())

    @staticmethod
    def answer(client, reply):
        """Returns whether another request may come."""
        if not reply.is_sent:
            client.recv(1)  # until the client leaves
            return False
        time.sleep(reply.delay_s)
        message = reply.message
        client.sendall(message[:int(len(message) * reply.keeps)])
        if reply.stray:
            time.sleep(reply.stray_after_s)
            client.sendall(reply.stray)
        return reply.keeps == 1

    @staticmethod
    def pass_on(client, response):
        client.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while part := response.read1(65536):
            client.sendall(part)


def docker_proxy(folder):
    path = os.path.join(folder, "altering.sock")
    return AlteringProxy(lambda: docker_host.UnixConnection(timeout=600), path=path)


def control_proxy(test, host, port, gateway):
    """Listens there, for what is asked of that port of a gateway."""
    def connect():
        return http.client.HTTPConnection(gateway.address, port, timeout=600)

    proxy = AlteringProxy(connect, address=(host, port))
    test.addCleanup(proxy.close)
    return proxy


# --- changes of a reply

def becomes(status, message=None):
    """An error of Docker's with that message; without one, something that is not Docker's."""
    def change(reply):
        reply.status = status
        reply.body = b"<html>no</html>" if message is None else b""
        if message is not None:
            reply.json = {"message": message}
    return change


def says(text):
    def change(reply):
        reply.status, reply.body = 200, text.encode()
    return change


def edited(edit):
    """`edit` changes the decoded reply, or returns another one."""
    def change(reply):
        value = reply.json
        changed = edit(value)
        reply.json = value if changed is None else changed
    return change


def row(name, edit):
    """`edit` changes the row of that container in a list."""
    def change(rows):
        for each in rows:
            if each.get("Names") == ["/" + name]:
                edit(each)
    return edited(change)


def without(*keys):
    def edit(value):
        for key in keys:
            value.pop(key)
    return edit


def having(**values):
    return lambda value: value.update(values)


def part(keeps):
    def change(reply):
        reply.keeps = keeps
    return change


def late(seconds):
    def change(reply):
        reply.delay_s = seconds
    return change


def never(reply):
    reply.is_sent = False


def followed_by(stray, after_s=0.05):
    def change(reply):
        reply.stray, reply.stray_after_s = stray, after_s
    return change


def twice(reply):
    reply.stray, reply.stray_after_s = reply.message, 0
