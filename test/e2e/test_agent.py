"""The agent and its holders, as in a Pod: what one of them does when another one dies, moves or
comes late. Plain processes in a network namespace of this module's own."""
import os
import signal
import socket
import threading
import time
import unittest

import local_pod
from harness import HASTY_PROBE, require
from local_pod import LocalPod, children_of, is_alive
from private_docker import enter_own_network


def setUpModule():
    require(os.access(local_pod.HOLD, os.X_OK), "HOLD, the helper of engine containers")
    require(enter_own_network(), "the right to make a network namespace")


class Poller:
    """Asks an engine every 5 ms, and knows the longest time without an answer."""

    def __init__(self, pod, slot):
        self.longest_gap = 0.0
        self.answers = 0
        self._last = time.monotonic()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(pod, slot))
        self._thread.start()

    def _run(self, pod, slot):
        while not self._end.wait(0.005):
            if pod.tells(slot) is None:
                continue
            now = time.monotonic()
            self.longest_gap = max(self.longest_gap, now - self._last)
            self._last = now
            self.answers += 1

    def end(self):
        self._end.set()
        self._thread.join()
        self.longest_gap = max(self.longest_gap, time.monotonic() - self._last)
        return self.longest_gap


class Agent(unittest.TestCase):
    slots = 4

    def setUp(self):
        self.pod = LocalPod(self.slots)
        self.addCleanup(self.pod.close)
        self.wait_until = self.pod.wait_until

    def start(self, replicas=5, **fields):
        """Three engines of five are this gateway's. The agent is up before there is any holder, as
        in a Pod."""
        self.pod.write_spec(replicas, **fields)
        self.pod.start_agent()
        self.wait_until(lambda: self.pod.ask("/api/v1/pool"), "the agent answers")
        for slot in range(self.slots):
            self.pod.start_holder(slot)
        return self.settled({0, 1, 2})

    def settled(self, slots):
        self.wait_until(lambda: set(self.pod.engines()) == slots and self.pod.ready() == slots,
                   f"engines serve in slots {slots}")
        return self.pod.engines()

    def steps_logged(self):
        return [line for line in self.pod.logged().splitlines()
                if any(word in line for word in ("engine created", "engine replaced",
                                                 "engine started", "engine removed",
                                                 "step failed"))]

    def test_a_spec_for_another_pod_replaces_no_engine(self):
        def says(part, status):
            told = self.pod.ask("/api/v1/pool")
            [valid] = [each for each in told["status"]["conditions"]
                       if each["type"] == "SpecValid"] if told else [None]
            return valid and valid["status"] == status and part in valid["message"]

        before = self.start()
        self.pod.write_spec(5, image="engine:2")
        self.wait_until(lambda: says("are of engine:1, not of engine:2: render", "False"),
                        "the spec is refused")
        self.assertEqual(before, self.pod.engines())
        self.pod.write_spec(9)
        self.wait_until(lambda: says("has 4 slots for 5 engines: render", "True"),
                        "the spec is accepted with a remark")
        after = self.settled({0, 1, 2, 3})
        self.assertEqual(before, {slot: after[slot] for slot in before})

    def test_a_moved_port_replaces_one_engine(self):
        self.pod.gateway.set_ports([40001])
        before = self.start(drain={"timeout": "0s"})  # the pollers look like viewers
        self.wait_until(lambda: self.forwarded() == {40001}, "an engine has the port")
        before = self.pod.engines()
        pollers = {slot: Poller(self.pod, slot) for slot in before}
        for poller in pollers.values():
            self.addCleanup(poller.end)
        self.pod.gateway.set_ports([40002])
        self.wait_until(lambda: self.forwarded() == {40002}, "an engine has the new port")
        after = self.settled(set(before))
        gaps = {slot: poller.end() for slot, poller in pollers.items()}
        changed = {slot for slot in before if before[slot] != after[slot]}
        # Not always the holder: engines whose pollers are not connected just then come first.
        self.assertEqual([40002], [self.pod.tells(slot)["p2p_port"] for slot in changed])
        self.assertLess(gaps[changed.pop()], 10, "it had to be killed")
        print(f"gaps: {gaps}")

    def forwarded(self):
        told = self.pod.ask("/api/v1/engines")
        return {item["p2pPort"] for item in told["items"]
                if item["forwarded"] and item["ready"]} if told else None

    def test_engines_run_on_without_the_agent_and_are_adopted(self):
        before = self.start()
        steps = self.steps_logged()
        for _ in range(3):
            agent = self.wait_until(self.pod.agent_process, "the agent runs")
            os.kill(agent, signal.SIGKILL)
            self.wait_until(lambda: self.pod.agent_process() not in (None, agent), "it is back")
            self.wait_until(lambda: self.pod.ready() == set(before), "it knows its engines")
        plan = self.pod.ask("/api/v1/plan")
        self.assertEqual([], plan["steps"], plan)
        self.assertEqual(before, self.pod.engines())
        self.assertEqual(steps, self.steps_logged())

        self.assertEqual(0, self.pod.end_agent())
        time_without = 2
        time.sleep(time_without)
        self.assertEqual(before, self.pod.engines())
        self.pod.start_agent()
        self.assertEqual(before, self.settled(set(before)))
        self.assertEqual(steps, self.steps_logged())

    def test_a_gateway_that_is_killed_strands_no_engine(self):
        before = self.start(reconnect={"restartEngines": False})
        steps = self.steps_logged()
        pollers = [Poller(self.pod, slot) for slot in before]
        self.pod.gateway.kill()
        self.wait_until(lambda: self.gateway_state() == "unhealthy", "the agent sees it")
        self.pod.gateway = local_pod.PodGateway(GLUETUN_START="500,500,500")
        self.wait_until(lambda: self.gateway_state() == "ready", "it is ready again")
        self.settled(set(before))
        self.assertEqual(before, self.pod.engines())
        self.assertEqual(steps, self.steps_logged())
        for poller in pollers:
            self.assertLess(poller.end(), 5)

    def gateway_state(self):
        told = self.pod.ask("/api/v1/gateways")
        return told["items"][0]["state"] if told else None

    def test_a_holder_that_dies_concerns_its_own_engine(self):
        before = self.start()
        self.pod.end_holder(1, signal.SIGKILL)
        self.wait_until(lambda: self.pod.ready() == {0, 2}, "the agent sees the loss")
        self.pod.start_holder(1)
        after = self.settled(set(before))
        self.assertEqual([1], [slot for slot in before if before[slot] != after[slot]])

    def test_an_engine_that_is_killed_is_replaced(self):
        before = self.start()
        os.kill(before[2], signal.SIGKILL)
        self.wait_until(lambda: self.pod.engines().get(2) not in (None, before[2]), "another one")
        after = self.settled(set(before))
        self.assertEqual([2], [slot for slot in before if before[slot] != after[slot]])
        told = {item["slot"]: item["failures"] for item in self.pod.ask("/api/v1/engines")["items"]}
        self.assertEqual({0: 0, 1: 0, 2: 1}, told)
        self.assertIn("see kubectl logs -c engine-2", self.pod.logged())

    def test_replicas_follow_an_edit_within_the_slots(self):
        before = self.start()
        self.pod.write_spec(8)
        self.settled({0, 1, 2, 3})
        self.pod.write_spec(2)
        self.settled({0})
        self.assertEqual(before[0], self.pod.engines()[0])
        self.pod.write_spec(2, network="media", gateways=None)
        self.wait_until(lambda: "spec refused" in self.pod.logged(), "the bad edit is refused")
        self.settled({0})

    def test_sessions_are_seen_in_the_namespace_of_the_pod(self):
        self.start()
        viewer = socket.create_connection(("127.0.0.1", local_pod.HTTP_BASE + 1))
        self.addCleanup(viewer.close)
        self.wait_until(lambda: self.sessions() == {0: 0, 1: 1, 2: 0}, "one session is seen")
        viewer.close()
        self.wait_until(lambda: self.sessions() == {0: 0, 1: 0, 2: 0}, "its end is seen")

    def sessions(self):
        told = self.pod.ask("/api/v1/engines")
        return {item["slot"]: item["sessions"] for item in told["items"]} if told else None

    def test_the_end_of_the_pod_is_no_failure(self):
        before = self.start()
        steps = self.steps_logged()
        for slot in list(self.pod.holders):
            self.pod.end_holder(slot)
        self.assertFalse([process for process in before.values() if is_alive(process)])
        self.wait_until(lambda: self.pod.ready() == set(), "the agent sees it")
        told = self.pod.ask("/api/v1/engines")["items"]
        self.assertEqual({"BeingRemoved"}, {item["reason"] for item in told})
        self.assertEqual([], self.pod.ask("/api/v1/plan")["steps"])
        self.assertEqual(steps, self.steps_logged())
        self.assertEqual(0, self.pod.end_agent())

    def test_what_an_engine_leaves_behind_does_not_keep_its_port(self):
        engine = os.path.join(local_pod.PROGRAMS, "standin_engine")
        script = f"{engine} & exec sleep 1000"
        before = self.start(template={
            "image": "engine:1", "command": ["/bin/sh", "-c", script], "stopTimeout": "2s",
            "probe": HASTY_PROBE})
        os.kill(before[0], signal.SIGKILL)
        self.wait_until(lambda: self.pod.engines().get(0) not in (None, before[0]), "another one")
        self.settled(set(before))
        for slot, holder in self.pod.holders.items():
            self.assertLessEqual(len(children_of(holder.pid)), 1, slot)


class Holders(unittest.TestCase):
    def test_twenty_of_them_cost_little(self):
        pod = LocalPod(20)
        self.addCleanup(pod.close)
        for slot in range(20):
            pod.start_holder(slot)
        pod.wait_until(lambda: all(os.path.exists(pod.path("slots", str(slot), "s", "lock"))
                                   for slot in range(20)), "all hold their slots")
        total_kib = 0
        for holder in pod.holders.values():
            with open(f"/proc/{holder.pid}/smaps_rollup") as file:
                total_kib += sum(int(line.split()[1]) for line in file
                                 if line.startswith(("Private_Clean", "Private_Dirty")))
        print(f"20 holders: {total_kib} KiB of private memory")
        self.assertLess(total_kib, 10 * 1024)


if __name__ == "__main__":
    unittest.main()
