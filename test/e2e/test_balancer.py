"""One address in front of all engines: players follow it to engines on a real Docker Engine."""
import json
import subprocess
import unittest
import urllib.error
import urllib.request

from docker_host import docker
from harness import PoolTest
from player import Viewer, probe
from steering import free_ports
from waiting import PATIENCE_S

FIRST = 29500  # HTTP port of slot 0, inside and outside alike, as a real engine needs it


class Balancer(PoolTest):
    gateway_count = 0

    def setUp(self):
        super().setUp()
        self.front = f"127.0.0.1:{free_ports(1)[0]}"

    def start_gateway_that_publishes(self, ports):
        gateway = self.start_gateway()
        gateway.remove()
        gateway.make(f"--publish={ports}")

    def begin(self, replicas, template=None, **fields):
        self.write_spec(replicas, template, ports={"http": FIRST}, **fields)
        self.start_controller(environment={"ROUNDHOUSE_BALANCER_LISTEN": self.front})

    def curl(self, path, *options):
        """Status, Location and body of one answer."""
        shown = subprocess.run(
            ["curl", "--silent", "--max-time", "10", "--write-out",
             "\n%{http_code} %{redirect_url}", *options, f"http://{self.front}{path}"],
            capture_output=True, text=True, check=False)
        body, _, last = shown.stdout.rpartition("\n")
        status, _, location = last.partition(" ")
        return int(status), location, body

    def watch(self, stream):
        viewer = Viewer(f"http://{self.front}/ace/getstream?id={stream}")
        self.addCleanup(viewer.leave)
        return viewer

    def watch_again(self, stream):
        """As a player does: until it is let in."""
        def attempt():
            try:
                return self.watch(stream)
            except (urllib.error.URLError, ConnectionError):
                return None

        return self.wait_until(attempt, f"somebody plays {stream}")

    def asked(self, url):
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def test_four_viewers_on_four_engines_and_one_of_these_dies(self):
        self.start_gateway_that_publishes(f"127.0.0.1:{FIRST}-{FIRST + 3}:{FIRST}-{FIRST + 3}")
        self.begin(4, {"env": {"READY_AFTER": "4000"}})
        self.wait_until(lambda: "of 4 engines ready" in self.curl("/ace/getstream?id=a")[2],
                        "the balancer says why nothing plays yet")
        self.settle(4)

        viewers = [self.watch(f"stream{i}") for i in range(4)]
        self.assertEqual({FIRST + slot for slot in range(4)}, {each.port for each in viewers})
        self.assertEqual("mpeg1video mpegts", probe(f"http://{self.front}/ace/getstream?id=x"))
        self.assertEqual("hls mpeg1video", probe(f"http://{self.front}/ace/manifest.m3u8?id=x"))
        _, location, _ = self.curl("/ace/getstream?id=y", "--header", "Host: roundhouse:6878")
        self.assertRegex(location, rf"^http://{self.gateways[0].name}:295\d\d/ace/getstream\?id=y$")

        session = self.asked(f"http://{self.front}/ace/getstream?id=z&format=json")["response"]
        viewer = Viewer(session["playback_url"])
        self.addCleanup(viewer.leave)
        self.wait_until(lambda: viewer.packets > 100, "a program plays")
        urllib.request.urlopen(session["command_url"] + "?method=stop", timeout=PATIENCE_S).close()
        self.wait_until(lambda: viewer.ended, "and stops at the engine that plays for it")

        # The highest slot is chosen only for having no viewer.
        last = next(each for each in viewers if each.port == FIRST + 3)
        last.leave()
        best = f"http://{self.listen}/api/v1/engines/best"
        self.wait_until(lambda: self.asked(best)["port"] == last.port, "a free engine is best")
        viewers[viewers.index(last)] = again = self.watch("stream9")
        self.assertEqual(last.port, again.port)

        lost = viewers[0]
        docker("kill", next(each for each in self.engines() if each.http_port == lost.port).name)
        self.wait_until(lambda: lost.ended, "its viewer's stream ends")
        # The new engine in its place takes four seconds to be ready.
        self.assertNotEqual(lost.port, self.watch_again("stream0").port)
        before = [each.packets for each in viewers[1:]]
        self.wait_until(lambda: all(each.packets > count + 1000
                                    for each, count in zip(viewers[1:], before)),
                        "the others watch on")
        self.assertEqual([""] * 3, [each.lost for each in viewers[1:]])
        self.assertFalse(any(each.ended for each in viewers[1:]))

    def test_the_published_port_where_it_is_another_one_and_none_at_all(self):
        self.start_gateway_that_publishes(f"127.0.0.1:29600:{FIRST}")
        self.begin(1)
        self.settle(1)
        version = "/webui/api/service?method=get_version"
        self.wait_until(lambda: self.curl(version)[0] == 307, "the engine is ready")
        self.assertEqual(f"http://127.0.0.1:29600{version}", self.curl(version)[1])
        self.assertIn("3.1.70", self.curl(version, "--location")[2])
        # Clients of other machines do not reach 127.0.0.1.
        status, _, why = self.curl(version, "--header", "Host: nas.local")
        self.assertEqual(503, status)
        self.assertIn("publish them at 0.0.0.0", why)


if __name__ == "__main__":
    unittest.main()
