"""An independent witness: follows Docker's events and checks, at every moment, what must always
hold for a pool. It knows nothing of roundhouse but its labels."""
import http.client
import json
import math
import threading
import time

import docker_host
from waiting import PATIENCE_S

CHANGES = {"create", "start", "restart", "stop", "kill", "die", "destroy", "rename", "update",
           "pause", "unpause"}


class Watcher(threading.Thread):
    """Between start() and close() it collects `violations`; a test reads them at its end."""

    def __init__(self, pool, names_prefix):
        super().__init__(daemon=True)
        self.pool = pool
        self.names_prefix = names_prefix
        self.cap = None             # most engines that may run at a time
        self.violations = []
        self.network_modes = {}     # engine name -> set of modes it was created with
        self.changes = []           # (seconds since 1970, action, container name, container id)
        self._protected = {}        # id -> since when, in ns since 1970
        self._running = {}          # id -> slot
        self._closing = False
        self._stream = None
        self._opened = threading.Event()

    def begin(self):
        self.start()
        assert self._opened.wait(PATIENCE_S), "no stream of Docker events"

    def close(self):
        self._closing = True
        if self.is_alive():
            self._hang_up()
            self.join(PATIENCE_S)

    def protect(self, container_id):
        """From now on any change of this container is a violation. Docker may still have to tell of
        earlier ones."""
        self._protected[container_id] = time.time_ns()

    def release(self, container_id):
        self._protected.pop(container_id, None)

    @property
    def running(self):
        """The ids of the engines that run, by Docker's events. An engine may answer a moment before
        the event of its start: wait for this before watching for further changes."""
        return set(self._running)

    def changes_since(self, moment):
        return [change for change in list(self.changes) if change[0] >= moment]

    def seconds_between(self, first_action, second_action, name, since):
        """From the first such event of the container `name` to the next second one."""
        begun = None
        for moment, action, container, _ in self.changes_since(since):
            if container != name:
                continue
            if begun is None and action == first_action:
                begun = moment
            elif begun is not None and action == second_action:
                return moment - begun
        return None

    def most_down_since(self, moment):
        """How many engines were down at a time since then, at most."""
        down, most = set(), 0
        for _, action, name, _ in self.changes_since(moment):
            if action == "die":
                down.add(name)
            elif action == "start":
                down.discard(name)
            most = max(most, len(down))
        return most

    def run(self):
        since = time.time()
        while not self._closing:
            try:
                self._follow(since)
            except (OSError, ValueError, AttributeError, http.client.HTTPException):
                pass  # the daemon went away, or close() hung up
            since = time.time()
            if not self._closing:
                self._hang_up()
                time.sleep(0.05)

    def _hang_up(self):
        if self._stream:
            docker_host.close_stream(self._stream)

    def _follow(self, since):
        self._stream = docker_host.open_stream(
            "/events", {"since": f"{since:.6f}", "filters": json.dumps({"type": ["container"]})})
        listed = docker_host.list_by_label(f"roundhouse.pool={self.pool}")
        self._running = {each["Id"]: each["Labels"]["roundhouse.slot"] for each in listed
                         if each["State"] == "running" and "roundhouse.slot" in each["Labels"]}
        self._opened.set()
        with self._stream as lines:
            while line := lines.readline():
                self._take(json.loads(line))

    def _take(self, event):
        action = {"died": "die", "remove": "destroy"}.get(event["Action"], event["Action"])
        identity = event["Actor"]["ID"]
        attributes = event["Actor"]["Attributes"]
        name = attributes.get("name", "")
        ours = attributes.get("roundhouse.pool") == self.pool
        if action not in CHANGES:
            return
        if event["timeNano"] > self._protected.get(identity, math.inf):
            self.violations.append(f"{action} of {name}, which is not ours")
        if ours or name.startswith(self.names_prefix):
            self.changes.append((event["timeNano"] / 1e9, action, name, identity))
        # An engine has a slot; without one it only carries our label.
        if ours and "roundhouse.slot" in attributes:
            self._judge(action, identity, name, attributes["roundhouse.slot"])

    def _judge(self, action, identity, name, slot):
        if action == "create":
            seen = docker_host.inspect(identity)
            if seen:
                self.network_modes.setdefault(name, set()).add(seen["HostConfig"]["NetworkMode"])
        elif action == "start":
            if slot in self._running.values() and identity not in self._running:
                self.violations.append(f"two engines run in slot {slot}")
            self._running[identity] = slot
            if self.cap is not None and len(self._running) > self.cap:
                self.violations.append(f"{len(self._running)} engines run, the cap is {self.cap}")
        elif action in ("die", "destroy"):
            self._running.pop(identity, None)
