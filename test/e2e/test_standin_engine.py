"""The stand-in engine binds its ports as a real one does, or misbehaves on request."""
import json
import os
import signal
import socket
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from harness import require
from player import Viewer, probe
from steering import free_ports, http_request
from waiting import PATIENCE_S, wait_until

PROGRAM = os.path.join(os.environ.get("STANDIN_PROGRAMS", ""), "standin_engine")


class EngineTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require(os.access(PROGRAM, os.X_OK), "STANDIN_PROGRAMS, the folder of the stand-ins")

    def start(self, **environment):
        names = ("HTTP_PORT", "HTTPS_PORT", "API_PORT", "P2P_PORT")
        self.ports = dict(zip(names, free_ports(len(names))))
        variables = {name: str(port) for name, port in self.ports.items()} | environment
        self.hold_p2p()
        process = subprocess.Popen([PROGRAM], env=variables, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait, PATIENCE_S)
        self.addCleanup(process.kill)
        return process

    held = ()  # kinds of sockets that somebody else has on the P2P port

    def hold_p2p(self):
        for kind in self.held:
            other = socket.socket(socket.AF_INET, kind)
            self.addCleanup(other.close)
            other.bind(("0.0.0.0", self.ports["P2P_PORT"]))
            if kind == socket.SOCK_STREAM:
                other.listen()

    def tells(self):
        return json.loads(wait_until(
            lambda: http_request("127.0.0.1", self.ports["HTTP_PORT"]), "the engine answers"))


class Ports(EngineTest):
    def test_a_free_port_is_bound(self):
        for mode in ("required", "optional"):
            with self.subTest(mode=mode):
                self.start(P2P_BIND=mode)
                said = self.tells()
                port = self.ports["P2P_PORT"]
                self.assertEqual((port, True), (said["p2p_port"], said["p2p_bound"]))
                self.assertEqual(str(port), said["environment"]["P2P_PORT"])
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                    self.assertRaises(OSError, other.bind, ("0.0.0.0", port))

    def test_a_port_that_is_required_and_taken_ends_it(self):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with self.subTest(kind=kind):
                self.held = (kind,)
                self.assertEqual(1, self.start().wait(PATIENCE_S))

    def test_one_that_is_optional_and_taken_does_not(self):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with self.subTest(kind=kind):
                self.held = (kind,)
                self.start(P2P_BIND="optional")
                self.assertFalse(self.tells()["p2p_bound"])

    def test_one_that_stops_accepting_lets_connecting_time_out(self):
        process = self.start()
        self.tells()
        process.send_signal(signal.SIGUSR1)

        def connect_until_it_times_out():
            deadline = time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline:
                connection = socket.create_connection(("127.0.0.1", self.ports["HTTP_PORT"]), 0.5)
                self.addCleanup(connection.close)

        self.assertRaises(TimeoutError, connect_until_it_times_out)
        self.assertIsNone(process.poll())
        process.terminate()
        self.assertEqual(0, process.wait(PATIENCE_S))

    def test_by_tcp_and_udp_or_not_at_all(self):
        self.held = (socket.SOCK_DGRAM,)
        self.start(P2P_BIND="optional")
        self.tells()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.ports["P2P_PORT"]), timeout=1)


class Streams(EngineTest):
    def setUp(self):
        self.start()
        self.tells()
        self.root = f"http://127.0.0.1:{self.ports['HTTP_PORT']}"

    def watch(self, path):
        viewer = Viewer(self.root + path)
        self.addCleanup(viewer.leave)
        return viewer

    def asked(self, url):
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return json.load(answer)["response"]

    def test_a_player_shows_them(self):
        self.assertEqual("mpeg1video mpegts", probe(self.root + "/ace/getstream?id=abc"))
        self.assertEqual("hls mpeg1video", probe(self.root + "/ace/manifest.m3u8?id=abc"))

    def test_they_do_not_end_and_nothing_is_missing(self):
        viewer = self.watch("/ace/getstream?infohash=abc")
        # More than there is at once.
        wait_until(lambda: viewer.packets > 2500, "it plays")
        self.assertEqual(("", False), (viewer.lost, viewer.ended))

    def test_the_next_player_takes_a_stream_away_and_one_with_an_id_of_its_own_does_not(self):
        first, other = self.watch("/ace/getstream?id=abc"), self.watch("/ace/getstream?id=def")
        second = self.watch("/ace/getstream?id=abc&pid=2")
        wait_until(lambda: second.packets > 100, "the second one plays")
        self.assertFalse(first.ended)
        self.watch("/ace/getstream?id=abc")
        wait_until(lambda: first.ended, "the first one ends")
        self.assertEqual((False, False), (second.ended, other.ended))

    def test_a_program_asks_in_json_and_commands(self):
        session = self.asked(self.root + "/ace/getstream?infohash=abc&format=json")
        viewer = Viewer(session["playback_url"])
        self.addCleanup(viewer.leave)
        self.assertEqual("dl", self.asked(session["stat_url"])["status"])
        wait_until(lambda: viewer.packets > 100, "it plays")
        self.assertEqual("ok", self.asked(session["command_url"] + "?method=stop"))
        wait_until(lambda: viewer.ended, "it ends")
        with self.assertRaises(urllib.error.HTTPError) as gone:
            self.asked(session["stat_url"])
        self.assertEqual(404, gone.exception.code)


if __name__ == "__main__":
    unittest.main()
