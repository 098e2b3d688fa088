"""The Docker Engine as the tests reach it: the docker command to act, the API to look.

Independent of roundhouse's own client, so that one mistake cannot hide in both.
"""
import http.client
import json
import os
import socket
import subprocess
import urllib.parse

from waiting import PATIENCE_S


def docker(*arguments, check=True):
    """Runs the docker command and returns what it printed."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True,
                          timeout=PATIENCE_S)
    if check and done.returncode != 0:
        raise AssertionError(f"docker {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


def socket_path():
    """Of the daemon's socket, as DOCKER_HOST names it."""
    endpoint = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not endpoint.startswith("unix://"):
        raise AssertionError(f"the tests need a unix socket, DOCKER_HOST is {endpoint}")
    return endpoint.removeprefix("unix://")


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the Docker socket."""

    def __init__(self, timeout):
        super().__init__("docker", timeout=timeout)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(socket_path())


def open_stream(path, query=None, timeout=None):
    """GET; returns the response, its body still to be read, and its socket as `.socket`."""
    if query:
        path += "?" + urllib.parse.urlencode(query)
    connection = UnixConnection(timeout)
    connection.request("GET", path)
    stream_socket = connection.sock  # the connection forgets it when the daemon wants to close
    response = connection.getresponse()
    response.socket = stream_socket
    return response


def close_stream(response):
    """Also ends a read that is under way in another thread."""
    try:
        response.socket.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # closed from the other side
    response.socket.close()


def look(path, query=None):
    """GET; returns the decoded answer, or None where there is no such thing."""
    response = open_stream(path, query, timeout=PATIENCE_S)
    text = response.read()
    close_stream(response)
    # Podman's 500: the container is removed just now.
    if response.status == 404 or (response.status == 500 and b": no such container" in text):
        return None
    if response.status != 200:
        raise AssertionError(f"GET {path}: {response.status} {text!r}")
    return json.loads(text)


def answers():
    """Whether a Docker Engine answers."""
    try:
        response = open_stream("/_ping", timeout=PATIENCE_S)
        response.read()
        close_stream(response)
        return response.status == 200
    except (OSError, http.client.HTTPException):
        return False


def inspect(container):
    """Everything about one container by name or id, or None."""
    return look(f"/containers/{container}/json")


def network_mode_of(row):
    """Of a row of a list; Podman's rows do not tell it. Empty when the container is gone."""
    told = row if "HostConfig" in row else inspect(row["Id"])
    return told["HostConfig"]["NetworkMode"] if told else ""


def list_by_label(label):
    return look("/containers/json", {"all": 1, "filters": json.dumps({"label": [label]})})
