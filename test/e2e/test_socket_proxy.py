"""What the socket proxy lets through is enough for roundhouse, and nothing else gets through."""
import shutil
import tempfile
import unittest

import docker_host
from docker_calls import ID, NEEDED, OTHER_CALLS, OTHER_SPELLINGS, V, last, requests_that_hide
from docker_host import docker
from harness import PoolTest, ids, require
from socket_proxy import PROGRAM, SocketProxy, statuses

REFUSED = '{"message":"not on the list"}'


class Calls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require(docker_host.answers(), "a Docker Engine that answers")
        require(PROGRAM, "haproxy")
        folder = tempfile.mkdtemp(prefix="roundhouse-socket-proxy-")
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.proxy = SocketProxy(folder)
        cls.addClassCleanup(cls.proxy.stop)

    def test_those_that_are_needed_reach_docker(self):
        for call, status in NEEDED.items():
            with self.subTest(call):
                reply = self.proxy.ask(call)
                self.assertEqual([status], statuses(reply), reply)
                self.assertIn("Api-Version: ", reply.title(), "Docker did not answer")

    def test_all_others_do_not(self):
        for call in OTHER_CALLS + OTHER_SPELLINGS:
            with self.subTest(call):
                reply = self.proxy.ask(call)
                # HAProxy itself takes some spellings for no HTTP at all.
                self.assertIn(statuses(reply), ([403], [400]), reply)
                self.assertNotIn("Api-Version: ", reply.title(), "Docker answered")
        self.assertIn("refused with 403: POST /v1.41/containers/prune,", self.proxy.log)

    def test_nor_those_that_hide_in_another(self):
        for request in requests_that_hide(last("GET /info")):
            with self.subTest(request):
                replies = self.proxy.send(request)
                self.assertNotEqual([], statuses(replies))
                self.assertNotIn("DockerRootDir", replies, "the hidden call was answered")

    def test_nor_needed_ones_with_more_than_roundhouse_sends(self):
        for call, *headers in [
                ("GET /version", "Content-Length: 1"),
                ("GET /version", "Transfer-Encoding: chunked"),
                ("GET /version", "Upgrade: h2c", "Connection: Upgrade"),
                (f"POST {V}/containers/{ID}/start", "Content-Length: 1"),
                (f"POST {V}/containers/create?name=x", "Transfer-Encoding: chunked"),
                (f"POST {V}/containers/create?name=x", "Upgrade: websocket")]:
            with self.subTest((call, headers)):
                reply = self.proxy.ask(call, *headers, body="0\r\n\r\n")
                self.assertEqual([403], statuses(reply), reply)

    def test_a_refusal_says_so_in_dockers_way(self):
        reply = self.proxy.ask("POST /v1.41/build")
        self.assertEqual([403], statuses(reply))
        self.assertTrue(reply.endswith(REFUSED), reply)


class PoolThroughTheProxy(PoolTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require(PROGRAM, "haproxy")

    def test_is_made_healed_and_taken_away(self):
        proxy = SocketProxy(self.folder)
        self.addCleanup(proxy.stop)
        # Looks are rare: what happens is heard of by events.
        self.write_spec(3, checkInterval="1h")
        self.start_controller(environment={"DOCKER_HOST": proxy.docker_host})
        before = ids(self.settle(3))
        docker("kill", self.engines()[1].name)
        self.wait_until(lambda: self.engines()[1:2] and self.engines()[1].id != before[1],
                        "the killed engine was replaced")
        self.settle(3)
        self.write_spec(1, checkInterval="1h")
        self.settle(1)
        self.assertEqual(0, self.controllers[-1].terminate())
        down = self.pool_command("down", environment={"DOCKER_HOST": proxy.docker_host})
        self.assertEqual(0, down.returncode, down.stderr)
        self.assertEqual([], self.engines())
        self.assertNotIn("refused", proxy.log)


if __name__ == "__main__":
    unittest.main()
