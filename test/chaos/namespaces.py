"""An independent look at the kernel: in whose network engines really are, and who listens there."""
import os
import threading
import time

import docker_host
from waiting import PATIENCE_S

LISTENING = "0A"


def network_of(pid):
    """Identity of a process's network namespace; None when the process is gone."""
    try:
        return os.stat(f"/proc/{pid}/ns/net").st_ino
    except OSError:
        return None


def listening_ports(pid):
    """TCP ports that somebody listens on in the network namespace of a process."""
    ports = set()
    for table in ("tcp", "tcp6"):
        try:
            with open(f"/proc/{pid}/net/{table}", encoding="ascii") as lines:
                rows = [line.split() for line in lines][1:]
        except OSError:
            continue
        ports |= {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == LISTENING}
    return ports


class NamespaceWatcher(threading.Thread):
    """Between begin() and close() it looks at every engine that runs, several times a second."""

    def __init__(self, pool, gateways, violations):
        super().__init__(daemon=True)
        self.pool = pool
        self.gateways = gateways
        self.violations = violations
        self.looks = 0
        self._of_gateways = set()
        self._closing = threading.Event()

    def close(self):
        self._closing.set()
        self.join(PATIENCE_S)

    def run(self):
        while not self._closing.wait(0.2):
            try:
                self._look()
            except (OSError, AssertionError, ValueError, KeyError, TypeError):
                time.sleep(0.2)  # the daemon is away

    def _look(self):
        live = {}
        for gateway in self.gateways:
            seen = docker_host.inspect(gateway.name)
            pid = seen["State"]["Pid"] if seen else 0
            network = network_of(pid) if pid else None
            if network:
                self._of_gateways.add(network)
                live[gateway.name] = listening_ports(pid)
        for row in docker_host.list_by_label(f"roundhouse.pool={self.pool}"):
            if row["State"] == "running":
                self._judge(row)
        self._judge_listeners(live)
        self.looks += 1

    def _judge(self, row):
        seen = docker_host.inspect(row["Id"])
        pid = seen["State"]["Pid"] if seen else 0
        network = network_of(pid) if pid else None
        if network is not None and network not in self._of_gateways:
            # A gateway may have been made since its own look.
            time.sleep(0.3)
            for gateway in self.gateways:
                again = docker_host.inspect(gateway.name)
                if again and again["State"]["Pid"]:
                    self._of_gateways.add(network_of(again["State"]["Pid"]))
        own = network_of(os.getpid())
        if network is not None and (network == own or network not in self._of_gateways):
            self.violations.append(f"{row['Names'][0]} runs outside every gateway's network")

    def _judge_listeners(self, live):
        """The port of a slot is served behind one gateway at a time."""
        for port in range(19000, 19020):
            places = [name for name, ports in live.items() if port in ports]
            if len(places) > 1:
                self.violations.append(f"port {port} is served behind {' and '.join(places)}")
