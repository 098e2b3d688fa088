"""Where it is measured: a Docker daemon of the benchmark's own, with one stand-in gateway, and a
record of what happens there."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
# pylint: disable=wrong-import-position
import docker_host
from harness import ENGINE_IMAGE, PoolTest
from private_docker import use_private_docker
from steering import http_request

LARGEST = 200


class World(PoolTest):
    """A pool that nobody else knows, its controller not yet started."""

    @classmethod
    def make(cls):
        cls.daemon = use_private_docker(cls.addClassCleanup)
        world = cls()
        world.setUp()
        world.watcher.names_prefix = ""  # of any owner
        world.watcher.pool = ""  # it would inspect roundhouse's new engines, and no others
        world.wait_until_healthy()
        return world

    def close(self):
        self.tearDown()
        self.doCleanups()
        self.doClassCleanups()

    def runTest(self):
        """There is nothing to test."""

    @property
    def gateway(self):
        return self.gateways[0]

    def declare(self, replicas):
        """The spec as users have it, but for the cap and the image."""
        self.write_spec(replicas, template={"probe": {}}, maxActiveReplicas=LARGEST,
                        checkInterval=None, failover=None)

    def begin_controller(self, **options):
        return self.start_controller(
            environment={"MAX_ACTIVE_REPLICAS": str(LARGEST)} | options, log_level="warning")

    def moments(self, action, owns, since):
        """When that happened to containers whose name `owns` accepts, in order."""
        return [moment for moment, what, name, _ in self.watcher.changes_since(since)
                if what == action and owns(name)]

    def wait_for(self, count, action, owns, since):
        """The moment when that happened for the `count`th time since then."""
        def seen():
            return self.moments(action, owns, since)

        self.wait_until(lambda: len(seen()) >= count, f"{action} happens {count} times")
        return sorted(seen())[count - 1]

    def wait_for_first_round(self):
        self.wait_until(lambda: http_request(*self.listen.split(":"), path="/readyz"),
                        "the controller has looked once")

    def wait_until_ready(self, count):
        """Until the controller calls so many engines ready."""
        def ready():
            rows = http_request(*self.listen.split(":"),
                                path="/api/v1/engines?ready=true&format=hostport")
            return rows is not None and len(rows.split()) == count

        self.wait_until(ready, f"{count} engines are ready")

    def containers(self, owns):
        """Docker's inspection of each of them, by name."""
        rows = docker_host.look("/containers/json", {"all": 1})
        found = [row["Id"] for row in rows if row["Names"] and owns(row["Names"][0].lstrip("/"))]
        seen = [each for each in map(docker_host.inspect, found) if each]
        return sorted(seen, key=lambda each: each["Name"])

    def remove(self, owns):
        """Until there are none, even if somebody creates new ones meanwhile."""
        while there := self.containers(owns):
            docker_host.docker("rm", "--force", *(each["Id"] for each in there), check=False)


__all__ = ["World", "ENGINE_IMAGE", "LARGEST", "docker_host"]
