"""What a container daemon tells after a death: how long its list still calls the container running,
and whether an inspect waits until that is over.

    TEST_DAEMON=docker python3 -B barrier.py [DEATHS]

or podman; DAEMON_ROOT as in engines/run.sh. Prints a row of the table in README.md."""
import contextlib
import json
import os
import signal
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
# pylint: disable=wrong-import-position
import docker_host
from harness import ENGINE_IMAGE
from private_podman import use_private_podman

NAME = "barrier"
STATES_OF_THE_LIVING = ("running", "stopping", "removing")


def listed_state():
    rows = docker_host.look("/containers/json", {"all": 1})
    return next(row["State"] for row in rows if NAME in row["Names"][0])


def die():
    """Starts a container and kills it. Returns when the daemon reports the death."""
    docker_host.docker("run", "--detach", "--name", NAME, "--network", "none", ENGINE_IMAGE)
    filters = json.dumps({"event": ["die", "died"], "type": ["container"]})
    events = docker_host.open_stream("/events", {"filters": filters}, timeout=20)
    os.kill(docker_host.inspect(NAME)["State"]["Pid"], signal.SIGKILL)
    json.loads(events.readline())
    docker_host.close_stream(events)


def lag():
    """For how many seconds after the event the list calls it alive."""
    die()
    begun = time.monotonic()
    while listed_state() in STATES_OF_THE_LIVING:
        time.sleep(0.002)
    return time.monotonic() - begun


def wait():
    """How many seconds an inspect takes right after the event, what it says, and what the list says
    then."""
    die()
    begun = time.monotonic()
    said = docker_host.inspect(NAME)["State"]["Status"]
    took = time.monotonic() - begun
    return took, said, listed_state()


def forget():
    docker_host.docker("rm", "--force", NAME)


def main():
    deaths = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    with contextlib.ExitStack() as stack:
        use_private_podman(stack.callback)
        about = docker_host.look("/version")["Components"][0]
        lags, waits = [], []
        for _ in range(deaths):
            lags.append(lag())
            forget()
            waits.append(wait())
            forget()
    inspects = [1000 * took for took, _, _ in waits]
    true = sum(said == listed == "exited" for _, said, listed in waits)
    lags = [1000 * each for each in lags]
    print(f"| {about['Name'].replace('Engine', 'Docker').split()[0]} {about['Version']} "
          f"| {statistics.median(lags):.0f} ms (at most {max(lags):.0f}) "
          f"| {statistics.median(inspects):.0f} ms (at most {max(inspects):.0f}) "
          f"| {true} of {deaths} |")


if __name__ == "__main__":
    main()
