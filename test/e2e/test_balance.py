"""`roundhouse balance` in front of two controllers, of which one goes away and comes back."""
import os
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from api_standin import ApiStandin, engine
from harness import BINARY, require
from player import Viewer
from steering import free_ports, http_request
from waiting import PATIENCE_S, wait_until

PROGRAM = os.path.join(os.environ.get("STANDIN_PROGRAMS", ""), "standin_engine")
VERSION = "/webui/api/service?method=get_version"


class Balance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require(os.access(PROGRAM, os.X_OK), "STANDIN_PROGRAMS, the folder of the stand-ins")

    def start(self, program, **environment):
        log = tempfile.TemporaryFile()
        self.addCleanup(log.close)
        process = subprocess.Popen(program, env=environment, stdout=log, stderr=log)
        self.addCleanup(process.wait, PATIENCE_S)
        self.addCleanup(process.kill)
        return process

    def start_controller(self, name):
        """One with an engine that plays."""
        names = ("HTTP_PORT", "HTTPS_PORT", "API_PORT", "P2P_PORT")
        ports = dict(zip(names, free_ports(len(names))))
        self.start([PROGRAM], BIND_ALL="1", **{key: str(port) for key, port in ports.items()})
        api = ApiStandin()
        api.engine_port = ports["HTTP_PORT"]
        api.engines = [engine(0, name=name, id=name, publishedPort=api.engine_port)]
        api.start()
        self.addCleanup(api.stop)
        wait_until(lambda: http_request("127.0.0.1", api.engine_port), "the engine answers")
        return api

    def start_balancer(self, *sources):
        self.front = f"http://127.0.0.1:{free_ports(1)[0]}"
        flags = [word for source in sources for word in ("--from", source)]
        return self.start([BINARY, "balance", *flags,
                           "--balancer-listen", self.front.removeprefix("http://")])

    def answer(self, path="/ace/getstream?id=x"):
        """Where that is redirected to, or the reason why not."""
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        try:
            urllib.request.build_opener(Stay).open(self.front + path, timeout=PATIENCE_S)
        except urllib.error.HTTPError as answer:
            return answer.headers.get("Location") or answer.read().decode()
        except OSError:
            return ""
        return ""

    def test_the_engines_of_both_and_of_one_while_the_other_is_away(self):
        first, second = self.start_controller("one"), self.start_controller("two")
        # The name is looked up; both are this machine's, so that the client's host is used.
        balancer = self.start_balancer(f"http://{first.address}", f"dns:localhost:{second.port}")

        def targets():
            return {port for port in (first.engine_port, second.engine_port)
                    for path in (VERSION, "/ace/getstream?id=y", "/ace/getstream?id=z")
                    if self.answer(path).startswith(f"http://127.0.0.1:{port}/")}

        both = {first.engine_port, second.engine_port}
        wait_until(lambda: targets() == both, "viewers are sent to both")
        viewers = [Viewer(f"{self.front}/ace/getstream?id=channel") for _ in range(2)]
        for viewer in viewers:
            self.addCleanup(viewer.leave)
        self.assertEqual(both, {viewer.port for viewer in viewers})
        wait_until(lambda: all(viewer.packets > 100 for viewer in viewers), "both play")

        second.stop()
        wait_until(lambda: targets() == {first.engine_port}, "the other one is left out")
        self.assertFalse(any(viewer.ended for viewer in viewers), "and its stream plays on")
        first.engines[0].update(draining=True)
        wait_until(lambda: "about to be replaced" in self.answer(), "it says why not")
        second.start()
        wait_until(lambda: targets() == {second.engine_port}, "it comes back")
        self.assertEqual(["", ""], [viewer.lost for viewer in viewers])
        balancer.terminate()
        self.assertEqual(0, balancer.wait(PATIENCE_S))

    def test_a_controller_with_a_key_and_one_that_is_none(self):
        guarded = self.start_controller("one")
        guarded.key = "sesame"
        self.start_balancer(f"http://{guarded.address}", "http://127.0.0.1:1")
        why = wait_until(lambda: "HTTP 401" in (said := self.answer()) and said, "it says so")
        self.assertIn("127.0.0.1:1: ", why)
        self.assertIn("--api-key-file", why)


if __name__ == "__main__":
    unittest.main()
