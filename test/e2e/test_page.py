"""The dashboard's page in a real browser, in front of an API that says what a test likes."""
import os
import unittest

import browser
from api_standin import ApiStandin, condition, engine
from browser import Browser
from harness import require

PARTS = os.path.join(os.path.dirname(__file__), "..", "..", "controller", "edge", "http",
                     "dashboard")
READY = ("[...document.querySelectorAll('#engines > .good')]"
         ".filter(card => card.checkVisibility()).length")
STALE = "document.body.classList.contains('stale')"


def part(name):
    with open(os.path.join(PARTS, name), encoding="utf-8") as file:
        return file.read()


def whole_page():
    """As the build puts it together."""
    page = part("page.html").replace("@style@", part("style.css"))
    return page.replace("@script@", part("script.js")).encode()


class Page(unittest.TestCase):
    def setUp(self):
        require(browser.PROGRAM, "Chromium")
        self.api = ApiStandin(whole_page())
        self.api.happens("spec accepted", message="pool=acestream")
        self.api.start()
        self.addCleanup(self.api.stop)
        self.page = Browser()
        self.addCleanup(self.page.close)

    def open(self):
        self.page.open(f"http://{self.api.address}/")

    def wait_for_ready(self, count, seconds=10):
        return self.page.wait_for(f"{READY} === {count}", f"{count} ready engines", seconds)

    def test_all_is_shown_and_nobody_else_is_asked(self):
        self.open()
        self.wait_for_ready(3)
        self.assertEqual("acestream", self.page.text("h1"))
        self.assertIn("3 of 3 engines ready", self.page.text("#headline"))
        self.assertIn("gluetun:19002", self.page.text("#engines"))
        self.assertIn("17 of 20 slots free", self.page.text("#engines-title"))
        self.assertIn("40001", self.page.text("#gateways"))
        self.assertIn("ready for 2 h", self.page.text("#gateways"))
        self.assertIn("spec accepted", self.page.text("#events"))
        self.assertIn("3 of 3", self.page.evaluate(
            "document.getElementById('ready-chart').getAttribute('aria-label')"))
        drawn = self.page.evaluate(
            "document.querySelector('#ready-chart .line').getBBox().width")
        self.assertAlmostEqual(300, drawn, delta=3, msg="50 minutes of an hour, 360 wide")
        self.assertEqual([], self.page.complaints)
        others = [url for url in self.page.requests
                  if not url.startswith((f"http://{self.api.address}/", "data:"))]
        self.assertEqual([], others)

    def test_an_event_brings_what_changed_within_two_seconds(self):
        self.open()
        self.wait_for_ready(3)
        self.page.wait_for("streaming", "events are streamed")
        self.api.engines[1] = engine(1, ready=False, state="exited", reason="Backoff", failures=2,
                                     message="exited with code 137", due="2999-01-01T00:00:00Z")
        self.api.happens("engine waits", "warning", engine="acestream-1", reason="Backoff")
        self.wait_for_ready(2, seconds=2)
        card = self.page.text("#engines > .bad")
        for told in ("acestream-1", "exited", "Backoff", "exited with code 137", "2 failures",
                     "waits "):
            self.assertIn(told, card)
        self.assertTrue(self.page.text("#events > li:first-child").endswith("Backoff"))

    def test_a_card_says_what_its_engine_waits_for(self):
        later, earlier = "2999-01-01T00:00:00Z", "2001-01-01T00:00:00Z"
        awaited = {"awaits": "gateway gluetun is ready"}
        remedy = {"remedy": "publish 19000-19019 on gluetun"}
        rows = [({"due": later}, r"^waits \d+ d \d+ h$"),
                ({"due": earlier}, r"^waits for the next round$"),
                (awaited, r"^waits until gateway gluetun is ready$"),
                (awaited | {"due": later},
                 r"^waits until gateway gluetun is ready, at most \d+ d \d+ h$"),
                (awaited | {"due": earlier},
                 r"^waits until gateway gluetun is ready, or for the next round$"),
                (remedy, r"^To do: publish 19000-19019 on gluetun$"),
                ({}, r"^(?!waits|To do)")]
        self.api.engines = [engine(slot, ready=False, reason="Backoff", **members)
                            for slot, (members, _) in enumerate(rows)]
        self.open()
        self.page.wait_for("[...document.querySelectorAll('#engines > li')]"
                           f".filter(card => card.checkVisibility()).length === {len(rows)}",
                           "every card")
        for number, (members, line) in enumerate(rows, start=1):
            with self.subTest(members=members):
                card = self.page.text(f"#engines > li:nth-child({number})")
                self.assertRegex(card.rstrip().splitlines()[-1], line)

    def test_without_a_stream_it_asks_instead(self):
        self.api.streams = False
        self.open()
        self.wait_for_ready(3)
        self.api.engines[0] = engine(0, ready=False, reason="Starting")
        self.api.happens("engine replaced", engine="acestream-0")
        self.wait_for_ready(2, seconds=3)
        self.page.wait_for("document.getElementById('events').innerText.includes('replaced')",
                           "the event", seconds=3)

    def test_a_repeated_event_moves_to_the_top(self):
        self.api.happens("gateway changed", gateway="gluetun", message="state=unhealthy")
        self.api.happens("engine ready", engine="acestream-0")
        self.open()
        self.page.wait_for("streaming", "events are streamed")
        again = self.api.events[1] | {"id": 4, "count": 2}
        with self.api.news:
            self.api.events = [self.api.events[0], self.api.events[2], again]
            self.api.news.notify_all()
        self.page.wait_for("document.querySelector('#events > li').innerText.includes('2 times')",
                           "it is counted", seconds=2)
        self.assertEqual(3, self.page.evaluate("document.querySelectorAll('#events > li').length"))

    def test_data_is_never_markup(self):
        evil = "<img src=x onerror='document.title=1'><script>document.title=2</script>"
        self.api.engines[0] = engine(0, message=evil, name=evil)
        self.api.conditions = [condition("Ready", "False", evil, evil)]
        self.api.gateways[0] |= {"message": evil, "name": evil}
        self.api.happens(evil, message=evil)
        self.open()
        self.wait_for_ready(3)
        for where in ("#engines", "#conditions", "#gateways", "#events"):
            self.assertIn(evil, self.page.text(where))
        self.assertEqual(0, self.page.evaluate("document.images.length"))
        self.assertEqual("3/3 acestream", self.page.evaluate("document.title"))

    def test_colours_tell_what_is_wrong(self):
        wanted = {"Ready: True": "good", "GatewayReady: False": "bad", "Capped: True": "warn",
                  "ForwardedPortReady: False": "warn", "Capped: False": "good",
                  "Progressing: True": "plain", "PortsPublished: Unknown": "plain",
                  "PortsFree: False": "warn"}
        self.api.conditions = [condition(*name.split(": "), "Because") for name in wanted]
        self.open()
        self.wait_for_ready(3)
        shown = self.page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('#conditions > li')]"
            ".map(e => [e.querySelector('.mark').innerText, e.className]))")
        self.assertEqual(wanted, shown)

    def test_a_pool_that_waits_for_a_person_is_bad(self):
        stuck = condition("Progressing", "False", "Stuck", "remove acestream-2 by hand")
        self.api.conditions = [condition("Ready", "True", "AllEnginesReady", "3 of 3"), stuck]
        self.open()
        self.wait_for_ready(3)
        self.assertIn("Stuck", self.page.text("#conditions > .bad"))
        self.assertEqual("remove acestream-2 by hand", self.page.text("#headline"))

    def test_the_headline_shows_what_matters_most(self):
        ready = condition("Ready", "False", "NotReady", "2 of 3 engines ready")
        awaited = condition("Progressing", "True", "Working", "acestream-2 starts, until 12:00")
        refused = condition("SpecValid", "False", "Refused", "engines.yaml:3:5: no such field")
        for conditions, headline in [([ready], "2 of 3 engines ready"),
                                     ([ready, awaited], "acestream-2 starts, until 12:00"),
                                     ([ready, awaited, refused],
                                      "Refused: engines.yaml:3:5: no such field"),
                                     ([], "3 of 3 engines ready")]:
            self.api.conditions = conditions
            self.open()
            self.wait_for_ready(3)
            self.assertEqual(headline, self.page.text("#headline"))

    def test_it_fits_a_phone_and_the_dark(self):
        self.api.engines[0] = engine(0, name="a-name-of-many-letters-" * 8)
        self.open()
        self.wait_for_ready(3)
        self.page.show_on(360, 740)
        colour = "getComputedStyle(document.body).color"
        light = self.page.evaluate(colour)
        self.page.show_on(360, 740, dark=True)
        self.assertNotEqual(light, self.page.evaluate(colour))
        self.assertLessEqual(self.page.evaluate("document.documentElement.scrollWidth"), 360)

    def test_it_says_when_the_controller_is_gone(self):
        self.open()
        self.wait_for_ready(3)
        self.page.wait_for("streaming", "events are streamed")
        self.api.stop()
        self.page.wait_for(STALE, "it is gone")
        self.assertIn("No answer since", self.page.text("#link"))
        # A new controller counts its events from the start.
        self.api.events = []
        self.api.happens("roundhouse starts")
        self.api.start()
        self.page.wait_for(f"!{STALE} && streaming", "it is back")
        self.assertIn("roundhouse starts", self.page.text("#events"))
        self.assertNotIn("spec accepted", self.page.text("#events"))


if __name__ == "__main__":
    unittest.main()
