"""Players of streams, as tests use them: ffprobe, and one that misses no byte."""
import shutil
import subprocess
import threading
import urllib.parse
import urllib.request

from harness import require
from waiting import PATIENCE_S

PACKET_BYTES = 188
NULL_PID = 0x1FFF


def probe(url):
    """What ffprobe says that plays there: container and codec, such as "mpegts mpeg1video"."""
    require(shutil.which("ffprobe"), "ffprobe")
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "csv=p=0", "-show_entries",
         "format=format_name:stream=codec_name", url],
        capture_output=True, text=True, timeout=PATIENCE_S)
    if shown.returncode != 0:
        raise AssertionError(f"ffprobe cannot play {url}: {shown.stderr}")
    return " ".join(sorted(set(shown.stdout.split())))


class Viewer:
    """Follows the redirects of `url` and reads what a stand-in engine streams there until it ends
    or leave() is called. Every packet has to follow the one before it."""

    def __init__(self, url, headers=None):
        request = urllib.request.Request(url, headers=headers or {})
        self._stream = urllib.request.urlopen(request, timeout=PATIENCE_S)
        self.host, self.port = urllib.parse.urlsplit(self._stream.url).netloc.split(":")
        self.port = int(self.port)
        self.packets = 0
        self.ended = False
        self.lost = ""  # what is missing, if anything is
        self._leaving = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        numbered = 0
        while not self._leaving:
            try:
                packet = self._stream.read(PACKET_BYTES)
            except OSError:
                packet = b""
            if len(packet) < PACKET_BYTES:
                break
            if int.from_bytes(packet[1:3], "big") & NULL_PID == NULL_PID:
                number = int.from_bytes(packet[4:12], "big")
                if number != numbered and not self.lost:
                    self.lost = f"packet {number} came where {numbered} was expected"
                numbered += 1
            self.packets += 1
        self.ended = not self._leaving
        self._stream.close()

    def leave(self):
        self._leaving = True
        self._reader.join(PATIENCE_S)
