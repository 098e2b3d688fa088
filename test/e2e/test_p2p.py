"""An engine that does not listen on its forwarded port: a healthy HTTP API does not prove that P2P
got its port."""
import unittest

from forwarded import ForwardedTest
from harness import HASTY_PROBE


class UnboundPort(ForwardedTest):
    gateway_environment = {"GLUETUN_PORTS": "40001"}

    def test_its_engine_fails_until_the_port_can_be_bound(self):
        self.gateway.hold(40001)
        self.watcher.cap = self.replicas = 2
        self.write_spec(2, template={"env": {"P2P_BIND": "optional"}, "probe": HASTY_PROBE})
        controller = self.start_controller()
        self.wait_until(lambda: len(self.engines()) == 2 and
                        any(holder.failures for holder in self.holders().values()),
                        "the engine is replaced, and the failure is counted")
        self.assertIn("P2PPortClosed", controller.log)
        other = next(engine for engine in self.engines() if not engine.forwarded)
        self.assertEqual(0, other.failures)

        self.gateway.release(40001)
        self.wait_until(lambda: self.gateway_listens(40001), "it is mended")
        self.wait_for_holders([40001])
        self.assertEqual(other.id, self.engines()[other.slot].id, "the other engine was touched")
        self.assert_nothing_changes(2)

    def gateway_listens(self, port):
        """Whether the engine that holds this port says that it is bound."""
        holder = self.holders().get(port)
        said = holder and holder.tells(self.gateway.address)
        return bool(said and said["p2p_bound"])


if __name__ == "__main__":
    unittest.main()
