"""Whatever a proxy makes of a control server's replies: an engine that is removed is made again,
the others stay, and `get pool` names the cause."""
import unittest

from altering_proxy import (becomes, control_proxy, followed_by, late, never, part, says, twice)
from docker_host import docker
from harness import PoolTest, ids

EMPTY_LIST = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"


class ControlServer(PoolTest):
    def setUp(self):
        super().setUp()
        self.wait_until_healthy()
        gateway = self.gateways[0]
        host = "127.66.0.8"
        # The engines are probed at that address, too.
        self.proxy, *_ = [control_proxy(self, host, port, gateway) for port in (8000, 19000, 19001)]
        gateway.set_ports([40001])
        self.watcher.cap = 2
        self.write_spec(2, checkInterval="300ms", gateways=[
            {"container": gateway.name, "controlServer": {"address": host}}])
        self.start_controller()
        self.settle(2)

    def told(self):
        return self.command("get", "pool").stdout

    def test_replies_that_are_not_the_answer(self):
        self.wait_until_told("ForwardedPortReady", "True")
        kept = ids(self.engines())[0]
        for change, words in ((becomes(500), "500"), (becomes(403), "Unauthorized"),
                              (says("<html>"), "MalformedReply"), (says("[]"), "MalformedReply"),
                              (says('{"port": "x"}'), "MalformedReply"),
                              (part(0.9), "no whole HTTP reply"), (never, "Unreachable"),
                              (late(0.5), "Held"), (twice, "Held"),
                              (followed_by(EMPTY_LIST), "Held")):
            with self.subTest(words), self.proxy.altering("GET /v1/.*", change):
                former = ids(self.engines())[1]
                docker("rm", "--force", former)
                self.wait_until(lambda: ids(self.engines()).get(1, former) != former,
                                "the engine in slot 1 is replaced")
                self.wait_until(lambda: words in self.told(), f"get pool says {words}")
                self.let_rounds_pass(1)
                self.assertEqual(kept, ids(self.engines())[0], self.account())
                self.assertEqual([0, 1], sorted(ids(self.engines())))
            self.settle(2)


if __name__ == "__main__":
    unittest.main()
