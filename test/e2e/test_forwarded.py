"""Engines follow the ports that the VPN forwards, without chasing them."""
import time
import unittest

import docker_host
from docker_host import docker
from forwarded import INTERVAL_S, ONCE, STABLE_S, ForwardedTest
from harness import ids


class OnePort(ForwardedTest):
    gateway_environment = {"GLUETUN_PORTS": "40001"}

    def test_one_that_is_there_is_taken_at_once(self):
        begun = time.time()
        self.begin(3, ONCE)
        self.assertEqual(0, self.wait_for_holders([40001])[40001].slot)
        self.wait_until_told("ForwardedPortReady", "True")
        self.assert_nothing_changes(2)
        self.assertEqual(3, len(self.made_since(begun)), "an engine was made twice")

    def test_one_that_appears_late(self):
        # minInterval does not hold it back: no engine was ever made for a port.
        self.gateway.set_ports([])
        before = ids(self.begin(2, ONCE))
        self.wait_until_told("ForwardedPortReady", "False")
        appeared = time.time()
        self.gateway.set_ports([40001])
        self.assertEqual(0, self.wait_for_holders([40001])[40001].slot)
        made = self.made_since(appeared)
        self.assertEqual(1, len(made))
        self.assertGreaterEqual(made[0] - appeared, STABLE_S, "stableFor was not waited for")
        self.assertEqual(before[1], ids(self.engines())[1], "the other engine was touched")

    def test_one_that_changes_once(self):
        stable_s = 2
        before = ids(self.begin(2, {"stableFor": f"{stable_s}s", "minInterval": f"{INTERVAL_S}s"}))
        self.wait_for_holders([40001])
        self.assert_nothing_changes(INTERVAL_S)
        changed = time.time()
        self.gateway.set_ports([40002])
        name = self.wait_for_holders([40002])[40002].name
        gap = self.watcher.seconds_between("die", "start", name, changed)
        followed = next(at for at, action, container, _ in self.watcher.changes_since(changed)
                        if action == "start" and container == name) - changed
        print(f"a changed port is in a running engine after {followed:.2f} s, "
              f"{gap * 1000:.0f} ms of them without that engine")
        self.assertGreaterEqual(followed, stable_s, "stableFor was not waited for")
        self.assertEqual(before[1], ids(self.engines())[1], "the other engine was touched")

    def test_none_for_a_while_changes_nothing(self):
        before = ids(self.begin(2))
        self.wait_for_holders([40001])
        begun = time.time()
        self.gateway.set_ports([])
        self.wait_until_told("ForwardedPortReady", "False")
        self.assert_nothing_changes(STABLE_S + INTERVAL_S)
        self.gateway.set_ports([40001])
        self.wait_until_told("ForwardedPortReady", "True")
        self.assert_nothing_changes(STABLE_S + INTERVAL_S)
        self.assertEqual([], self.watcher.changes_since(begun))
        self.assertEqual(before, ids(self.engines()))

    def test_its_holder_is_killed(self):
        self.begin(3, ONCE)
        killed = self.wait_for_holders([40001])[40001]
        docker("kill", killed.name)
        self.wait_until(lambda: ids(self.engines()).get(killed.slot) not in (None, killed.id),
                        "the holder is replaced")
        self.assertEqual(killed.slot, self.wait_for_holders([40001])[40001].slot)

    def test_the_gateway_is_made_again_with_another(self):
        before = set(ids(self.begin(2, ONCE)).values())
        self.wait_for_holders([40001])
        self.gateway.remove()
        self.gateway.environment["GLUETUN_PORTS"] = "40009"
        self.gateway.make()
        self.wait_until(lambda: len(self.engines()) == 2 and
                        not before & set(ids(self.engines()).values()), "both are replaced")
        self.wait_for_holders([40009])

    def test_the_controller_starts_again(self):
        self.begin(2)
        self.wait_for_holders([40001])
        self.assertEqual(0, self.controllers[0].terminate())
        self.start_controller()
        self.wait_until_told("ForwardedPortReady", "True")
        self.assert_nothing_changes(STABLE_S + INTERVAL_S)

    def test_ignored_where_the_spec_says_so(self):
        engines = self.begin(2, {"assign": "none"})
        self.assertEqual({}, self.holders())
        self.assert_consistent(engines)
        self.assert_nothing_changes(2)

    def test_shared_by_all_where_the_spec_says_so(self):
        engines = self.begin(2, {"assign": "shared"}, template={"env": {"P2P_BIND": "optional"}})
        for engine in engines:
            self.assertIn("P2P_PORT=40001", docker_host.inspect(engine.id)["Config"]["Env"])
        self.assert_nothing_changes(2)


class Rotation(ForwardedTest):
    """Providers rotate the port every 45 s at times; here it is every second or so."""
    gateway_environment = {"GLUETUN_PORTS": "40001"}

    def test_faster_than_stable_for_replaces_nothing_and_shows(self):
        self.begin(2, {"stableFor": "2s", "minInterval": "1s"})
        self.wait_for_holders([40001])
        self.gateway.rotate(1000)
        self.assert_nothing_changes(5)
        self.assertTrue(self.controllers[0].says("ForwardedPortReady", "False"))
        self.gateway.rotate(0)
        self.wait_until(lambda: any(port >= 40001 + 5 for port in self.holders()),
                        "the last port is followed")
        self.wait_until_told("ForwardedPortReady", "True")

    def test_slower_replaces_one_engine_in_each_min_interval(self):
        interval_s = 3
        self.begin(2, {"stableFor": "200ms", "minInterval": f"{interval_s}s"})
        self.wait_for_holders([40001])
        begun = time.time()
        self.gateway.rotate(1000)
        time.sleep(3 * interval_s)  # what is counted is what happens in this time
        made = self.made_since(begun)
        self.assertIn(len(made), (1, 2, 3), "an engine follows, once in each interval")
        for earlier, later in zip(made, made[1:]):
            self.assertGreaterEqual(later - earlier, interval_s - 0.1, "too soon after the last")


class SeveralPorts(ForwardedTest):
    gateway_environment = {"GLUETUN_PORTS": "40001,40002"}

    def test_two_ports_and_four_engines(self):
        self.begin(4, ONCE)
        holders = self.wait_for_holders([40001, 40002])
        self.assertEqual([0, 1], sorted(engine.slot for engine in holders.values()))
        self.assert_nothing_changes(2)

    def test_one_of_two_changes(self):
        before = self.begin(3)
        keeper = self.wait_for_holders([40001, 40002])[40002]
        self.assert_nothing_changes(INTERVAL_S)
        self.gateway.set_ports([40002, 40003])
        self.assertEqual(keeper.id, self.wait_for_holders([40002, 40003])[40002].id)
        self.assertEqual(before[2].id, self.engines()[2].id, "an engine of no port was touched")

    def test_scaling_down_keeps_the_holders(self):
        self.begin(2, ONCE)
        holders = self.wait_for_holders([40001, 40002])
        low, high = sorted(holders.values(), key=lambda engine: engine.slot)
        self.gateway.set_ports([])
        self.wait_for_rounds(self.gateway)
        docker("rm", "--force", low.name)
        self.wait_until(lambda: ids(self.engines()).get(low.slot) not in (None, low.id),
                        "slot 0 is filled again, without a port")
        self.settle(2)
        self.gateway.set_ports([high.p2p_port])
        self.wait_for_holders([high.p2p_port])
        self.scale(1)
        self.assertEqual(high.id, self.settle(1, slots=[high.slot])[0].id)


if __name__ == "__main__":
    unittest.main()
