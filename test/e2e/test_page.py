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
# The least contrast between a visible text and what is behind it, as WCAG 2 counts it.
LEAST_CONTRAST = """(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const painted = (colours) => {
    for (const colour of ["white", ...colours]) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) =>
      byte / 255 <= 0.03928 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  };
  const contrast = (node) => {
    const behind = [];
    for (let each = node; each; each = each.parentElement) {
      behind.unshift(getComputedStyle(each).backgroundColor);
    }
    const [text, ground] = [painted([...behind, getComputedStyle(node).color]), painted(behind)];
    return Math.max(text, ground) / Math.min(text, ground);
  };
  const hasText = (node) => node.checkVisibility() &&
    [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
  return Math.min(...[...document.querySelectorAll("body *")].filter(hasText).map(contrast));
})()"""
STALE = "document.body.classList.contains('stale')"


def part(name):
    with open(os.path.join(PARTS, name), encoding="utf-8") as file:
        return file.read()


def whole_page():
    """As the build puts it together."""
    page = part("page.html").replace("@style@", part("style.css"))
    scripts = [part(f"{name}.js") for name in ("words", "view", "history", "updates")]
    return page.replace("@script@", "\n".join(scripts)).encode()


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require(browser.PROGRAM, "Chromium")
        cls.page = Browser()
        cls.addClassCleanup(cls.page.close)

    def setUp(self):
        # The page of the test before goes first: its complaints are not this test's.
        self.page.open("about:blank")
        self.page.show_on(1280, 800)
        self.page.complaints.clear()
        self.page.requests.clear()
        self.api = ApiStandin(whole_page())
        self.api.happens("spec accepted", message="pool=acestream")
        self.api.start()
        self.addCleanup(self.api.stop)

    def open(self):
        self.page.open(f"http://{self.api.address}/")

    def wait_for_ready(self, count):
        return self.page.wait_for(f"{READY} === {count}", f"{count} ready engines")

    def troubles(self):
        """Tone, title and text of each card that asks for attention, opened or not."""
        return self.page.evaluate(
            "[...document.querySelectorAll('#troubles > li')].map(e => [e.className,"
            " e.querySelector('.mark').textContent, e.textContent])")

    def test_all_is_shown_and_nobody_else_is_asked(self):
        self.open()
        self.wait_for_ready(3)
        self.assertEqual("3 of 3 engines serve through gluetun, 192.0.2.1, port 40001",
                         self.page.text("#headline"))
        self.assertEqual("good", self.page.evaluate("document.getElementById('banner').className"))
        self.assertEqual("for 10 min", self.page.text("#since"))
        for told in ("acestream", "roundhouse 0.1.0", "seen ", " s ago"):
            self.assertIn(told, self.page.text("#about"))
        self.assertEqual("3/3 acestream", self.page.evaluate("document.title"))
        self.assertEqual("", self.page.text("#attention"))
        self.assertIn("17 of 20 slots free", self.page.text("#slots"))
        for told in ("40001", "192.0.2.1", "ready for 2 h"):
            self.assertIn(told, self.page.text("#gateways"))
        self.assertIn("spec accepted", self.page.text("#events"))
        self.assertEqual([], self.page.complaints)
        others = [url for url in self.page.requests
                  if not url.startswith((f"http://{self.api.address}/", "data:"))]
        self.assertEqual([], others)

    def test_the_last_hour_is_on_one_axis(self):
        self.open()
        self.wait_for_ready(3)
        self.assertIn("now 3 of 3", self.page.evaluate(
            "document.getElementById('ready-chart').getAttribute('aria-label')"))
        drawn = self.page.evaluate(
            "document.querySelector('#ready-chart .line').getBBox().width")
        self.assertAlmostEqual(300, drawn, delta=3, msg="50 minutes of an hour, 360 wide")
        self.assertIn("1 engine replaced, 2 new forwarded ports", self.page.text("#history"))
        marks = "document.querySelectorAll('#changes-chart .{}').length"
        self.assertEqual([1, 2], [self.page.evaluate(marks.format(kind))
                                  for kind in ("replaced", "port")])
        self.assertEqual(4, self.page.evaluate("document.querySelectorAll('.axis span').length"))

    def test_engines_that_fail_again_and_again(self):
        """The headline has the cause, and the details what an engine wrote."""
        self.api.engines[0] = engine(0, ready=False, state="exited", reason="Backoff",
                                     message="exited with code 1", lastLines=["one", "no disk"])
        self.api.conditions.append(condition("Stable", "False", "Exited", "correct template.args"))
        self.open()
        self.wait_for_ready(2)
        self.assertEqual("2 of 3 engines serve: engines fail again and again (they exit)",
                         self.page.text("#headline"))
        self.assertIn("correct template.args", self.page.text("#attention"))
        self.page.click("#engines button")
        self.assertIn("no disk", self.page.text("#detail"))

    def test_an_event_brings_what_changed_at_once(self):
        self.open()
        self.wait_for_ready(3)
        self.page.wait_for("streaming", "events are streamed")
        # After 2 s the page would ask by itself: once more it may.
        self.page.stop_timers(2000)
        stopped_at = self.page.evaluate("Date.now()")
        self.page.wait_for(f"lastAnswer > {stopped_at}", "the last of these timers is over")
        self.api.engines[1] = engine(1, ready=False, state="exited", reason="Backoff", failures=2,
                                     message="exited with code 137", due="2999-01-01T00:00:00Z")
        self.api.happens("engine waits", "warning", engine="acestream-1", reason="Backoff")
        self.wait_for_ready(2)
        self.assertEqual("2 of 3 engines serve: acestream-1 exited", self.page.text("#headline"))
        self.assertEqual("✕ 2/3 acestream", self.page.evaluate("document.title"))
        for told in ("exited with code 137", "waits ", "docker logs acestream-1"):
            self.assertIn(told, self.page.text("#attention"))
        self.assertTrue(self.page.text("#events > li:first-child").endswith("Backoff"))

    def test_a_tile_shows_its_engine(self):
        self.api.engines[2] |= {"publishedPort": 19102, "forwarded": True, "p2pPort": 40001,
                                "sessions": 2, "failures": 1}
        self.open()
        self.wait_for_ready(3)
        tile = "#engines [data-name='acestream-2']"
        self.api.engines[1] |= {"publishedPort": 19101, "publishedAddress": "192.0.2.9"}
        self.assertIn("▶2", self.page.text(tile))
        self.assertEqual("", self.page.text("#detail"))
        self.page.click(tile)
        for told in ("acestream-2", "serves", "http://127.0.0.1:19102", "http://gluetun:19002",
                     "40001, forwarded by the VPN", "1 in a row led to this engine"):
            self.assertIn(told, self.page.text("#detail"))
        self.page.evaluate(
            "navigator.clipboard.writeText = async (text) => { window.copied = text; }")
        self.page.click("#detail button")
        self.page.wait_for("window.copied === 'http://127.0.0.1:19102'", "the address is copied")
        self.api.engines[2] |= {"sessions": 3}
        self.page.wait_for("document.getElementById('detail').innerText.includes('sessions\\n3')",
                           "the details are kept up to date")
        self.page.click("#engines [data-name='acestream-1']")
        self.page.wait_for("document.getElementById('detail').innerText.includes("
                           "'http://192.0.2.9:19101')", "the only address where it is published")
        self.page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
        self.assertEqual("", self.page.text("#detail"))

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
                (awaited | {"then": "replaced"},
                 r"^waits until gateway gluetun is ready, then replaced$"),
                (remedy, r"^To do: publish 19000-19019 on gluetun$")]
        self.api.engines = [engine(slot, ready=False, reason="Backoff", **members)
                            for slot, (members, _) in enumerate(rows)]
        self.open()
        self.page.wait_for("!document.getElementById('main').hidden", "an answer")
        for slot, (members, line) in enumerate(rows):
            with self.subTest(members=members):
                self.page.click(f"#engines [data-name='acestream-{slot}']")
                self.assertRegex(self.page.text("#detail").rstrip().splitlines()[-1], line)

    def test_without_a_stream_it_asks_instead(self):
        self.api.streams = False
        self.open()
        self.wait_for_ready(3)
        self.api.engines[0] = engine(0, ready=False, reason="Starting")
        self.api.happens("engine replaced", engine="acestream-0")
        self.wait_for_ready(2)
        self.page.wait_for("document.getElementById('events').innerText.includes('replaced')",
                           "the event")

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
                           "it is counted")
        self.assertEqual(3, self.page.evaluate("document.querySelectorAll('#events > li').length"))

    def test_data_is_never_markup(self):
        evil = "<img src=x onerror='document.title=1'><script>document.title=2</script>"
        self.api.engines[0] = engine(0, message=evil, name=evil)
        self.api.conditions = [condition("Ready", "False", evil, evil),
                               condition(evil, "False", evil, evil)]
        self.api.gateways[0] |= {"message": evil, "name": evil}
        self.api.happens(evil, message=evil)
        self.open()
        self.wait_for_ready(3)
        self.page.click("#engines button")
        for where in ("#detail", "#attention", "#gateways", "#events"):
            self.assertIn(evil, self.page.text(where))
        self.assertEqual(0, self.page.evaluate("document.images.length"))
        self.assertEqual("3/3 acestream", self.page.evaluate("document.title"))

    def test_colours_tell_what_is_wrong(self):
        wanted = [("SpecValid", "False", "bad"), ("Capped", "True", "warn"),
                  ("ForwardedPortReady", "False", "warn"), ("SessionsKnown", "Unknown", "plain"),
                  ("PortsFree", "False", "warn"), ("NeverHeardOf", "False", "warn")]
        fine = [condition("Ready", "True", "Because"), condition("Progressing", "True", "Because"),
                condition("NeverHeardOfEither", "True", "Because")]
        self.api.conditions = fine + [condition(kind, status, "Because", kind)
                                      for kind, status, _ in wanted]
        self.open()
        self.wait_for_ready(3)
        shown = {text.split("Because")[1].split("To do")[0]: tone
                 for tone, _, text in self.troubles()}
        self.assertEqual({kind: tone for kind, _, tone in wanted}, shown)

    def test_a_pool_that_waits_for_a_person_is_bad(self):
        stuck = condition("Progressing", "False", "Stuck", "remove acestream-2 by hand")
        self.api.conditions = [condition("Ready", "True", "AllEnginesReady", "3 of 3"), stuck]
        self.open()
        self.wait_for_ready(3)
        [(tone, _, text)] = self.troubles()
        self.assertEqual("bad", tone)
        self.assertIn("remove acestream-2 by hand", text)

    def test_what_is_wrong_is_told_once_with_its_cause_and_what_to_do(self):
        until = "2 of 3 engines ready; acestream-2: GatewayNotReady until 2026-01-01T00:01:00Z"
        self.api.conditions = [condition("Ready", "False", "EnginesNotReady", until),
                               condition("Progressing", "True", "WorldDiffers", until),
                               condition("GatewayReady", "False", "GatewayNotReady", "is stopped")]
        self.api.gateways[0] |= {"ready": False, "state": "stopped", "publicIp": "",
                                 "forwardedPorts": [], "forwardedPortReason": "GatewayNotReady",
                                 "message": "is stopped since 2026-01-01T00:01:00Z"}
        for each in self.api.engines:
            each |= {"ready": False, "reason": "GatewayNotReady", "message": "is stopped"}
        self.open()
        self.page.wait_for("!document.getElementById('main').hidden", "an answer")
        self.assertEqual("0 of 3 engines serve: gateway gluetun is stopped",
                         self.page.text("#headline"))
        [(tone, title, text)] = self.troubles()
        self.assertEqual(("bad", "gateway gluetun is stopped"), (tone, title))
        self.assertIn("To do: docker start gluetun", text)
        everything = self.page.text("body")
        self.assertNotIn("GatewayNotReady", everything)
        self.assertNotRegex(everything, r"2026-01-01T")
        self.assertIn("none", self.page.text("#gateways"))

    def test_engines_that_only_repeat_what_docker_refuses_are_not_told_again(self):
        refusal = "docker: create acestream-{}: change resources.cpus"
        self.api.conditions.append(
            condition("TemplateAccepted", "False", "Refused", refusal.format(1)))
        for slot, each in enumerate(self.api.engines):
            each |= {"ready": False, "reason": "Backoff", "message": refusal.format(slot)}
        self.api.engines[2] |= {"reason": "Starting", "message": "connection refused",
                                "failures": 3}
        self.open()
        self.page.wait_for("!document.getElementById('main').hidden", "an answer")
        self.assertEqual(
            [["bad", "Docker refuses the template"],
             ["warn", "acestream-2 is starting again, after 3 failures in a row"]],
            [each[:2] for each in self.troubles()])

    def test_a_stopped_gateway_comes_before_an_image_that_cannot_be_pulled(self):
        self.api.gateways[0] |= {"ready": False, "state": "stopped", "message": "is not running"}
        self.api.conditions.append(condition("TemplateAccepted", "False", "ImageNotPulled", "-"))
        for slot in (0, 1):
            self.api.engines[slot] = engine(slot, ready=False, reason="NoPublishedPort", name="")
        self.open()
        self.page.wait_for("!document.getElementById('main').hidden", "an answer")
        self.assertEqual(
            [["bad", "gateway gluetun is stopped"],
             ["bad", "the spec's image cannot be pulled"],
             ["bad", "2 new engines do not serve"]],
            [each[:2] for each in self.troubles()])

    def test_the_headline_is_the_case_in_one_sentence(self):
        ready = condition("Ready", "True", "AllEnginesReady")
        refused = condition("SpecValid", "False", "Refused", "engines.yaml:3:5: no such field")
        away = condition("RuntimeReachable", "False", "LookFailed", "permission denied")
        serve = "3 of 3 engines serve through gluetun, 192.0.2.1, port 40001"
        for conditions, headline, tone in [
                ([ready], serve, "good"),
                ([ready, refused], f"{serve}; the spec's last edit has an error", "warn"),
                ([away], "Docker does not answer. Last seen: 3 of 3 engines serve", "bad")]:
            self.api.conditions = conditions
            self.open()
            self.wait_for_ready(3)
            self.assertEqual([headline, tone], self.page.evaluate(
                "[document.getElementById('headline').innerText,"
                " document.getElementById('banner').className]"))

    def test_events_are_filtered(self):
        self.api.happens("engine waits", "warning", engine="acestream-1", reason="Backoff",
                         message="port=19001 p2p_port=22001: exited with code 137")
        self.open()
        self.wait_for_ready(3)
        rows = "document.querySelectorAll('#events > li').length"
        self.assertEqual(2, self.page.evaluate(rows))
        self.assertIn("exited with code 137", self.page.text("#events"))
        self.assertNotIn("p2p_port", self.page.text("#events"))
        self.page.type_into("#filter-text", "ACCEPTED")
        self.assertEqual(1, self.page.evaluate(rows))
        self.page.click("#filter-warnings")
        self.assertIn("no such event", self.page.text("#events"))

    def test_it_fits_a_phone_and_the_dark(self):
        self.api.engines = [engine(slot) for slot in range(20)]
        self.api.engines[0] = engine(0, name="a-name-of-many-letters-" * 8)
        self.api.wanted = 20
        self.page.show_on(390, 844)
        self.open()
        self.wait_for_ready(20)
        bottom = "document.querySelector('#engines > li:last-child').getBoundingClientRect().bottom"
        self.assertLess(self.page.evaluate(bottom), 844, "20 engines are on the first screen")
        self.page.click("#engines button")
        colour = "getComputedStyle(document.body).color"
        light = self.page.evaluate(colour)
        self.page.show_on(360, 740, dark=True)
        self.assertNotEqual(light, self.page.evaluate(colour))
        self.assertLessEqual(self.page.evaluate("document.documentElement.scrollWidth"), 360)

    def test_every_text_can_be_read_in_light_and_dark(self):
        self.api.engines[1] = engine(1, ready=False, state="exited", reason="Backoff", message="-")
        self.api.engines[2] = engine(2, reason="P2PPortClosed", message="closed")
        self.api.conditions.append(condition("SessionsKnown", "Unknown", "NotReadable", "-"))
        self.open()
        self.wait_for_ready(1)
        self.page.click("#engines button")
        for dark in (False, True):
            self.page.show_on(1280, 800, dark=dark)
            self.assertGreater(self.page.evaluate(LEAST_CONTRAST), 4.5, f"WCAG AA, dark: {dark}")

    def test_it_says_when_the_controller_is_gone(self):
        self.open()
        self.wait_for_ready(3)
        self.page.wait_for("streaming", "events are streamed")
        self.api.stop()
        self.page.wait_for(STALE, "it is gone")
        self.assertIn("roundhouse does not answer", self.page.text("#headline"))
        self.assertIn("No answer since", self.page.text("#since"))
        self.assertEqual("? roundhouse", self.page.evaluate("document.title"))
        # A new controller counts its events from the start.
        self.api.events = []
        self.api.happens("roundhouse starts")
        self.api.start()
        self.page.wait_for(f"!{STALE} && streaming", "it is back")
        self.page.wait_for("document.getElementById('headline').innerText.startsWith('3 of 3')",
                           "the page says so")
        self.assertIn("roundhouse starts", self.page.text("#events"))
        self.assertNotIn("spec accepted", self.page.text("#events"))


if __name__ == "__main__":
    unittest.main()
