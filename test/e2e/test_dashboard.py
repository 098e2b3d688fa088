"""The dashboard in a real browser, in front of a real controller."""
import os
import unittest

import browser
from browser import Browser
from docker_host import docker
from harness import PoolTest, require

READY = ("[...document.querySelectorAll('#engines > .good')]"
         ".filter(card => card.checkVisibility()).length")


class Dashboard(PoolTest):
    def setUp(self):
        require(browser.PROGRAM, "Chromium")
        super().setUp()
        self.page = Browser()
        self.addCleanup(self.page.close)

    def open_with_three(self, **environment):
        self.write_spec(3)
        self.start_controller(environment=environment)
        self.settle(3)
        self.page.open(f"http://{self.listen}/")

    def wait_for_ready(self, count):
        return self.page.wait_for(f"{READY} === {count}", f"{count} ready engines")

    def assert_nothing_wrong(self):
        self.assertEqual([], self.page.complaints)
        others = [url for url in self.page.requests
                  if not url.startswith((f"http://{self.listen}/", "data:"))]
        self.assertEqual([], others, "the page asked others than its controller")

    def test_it_shows_the_pool_and_keeps_up(self):
        self.open_with_three()
        self.wait_for_ready(3)
        gateway = self.gateways[0].name
        self.assertIn(f"3 of 3 engines serve through {gateway}", self.page.text("#headline"))
        for slot in range(3):
            self.page.click(f"#engines [data-name='{self.pool}-{slot}']")
            self.assertIn(f"{gateway}:{19000 + slot}", self.page.text("#detail"))
        self.assertIn(gateway, self.page.text("#gateways"))
        self.assertIn("engine created", self.page.text("#events"))

        self.page.wait_for("streaming", "events are streamed")
        docker("kill", self.engines()[1].id)
        took = self.page.wait_for(f"{READY} < 3", "the killed engine")
        print(f"a killed engine is on the page after {took:.2f} s")
        self.wait_for_ready(3)
        self.assertIn("engine replaced", self.page.text("#events"))
        self.assert_nothing_wrong()

    def test_it_asks_for_the_key_and_forgets_it_with_the_tab(self):
        key_file = os.path.join(self.folder, "key")
        with open(key_file, "w") as file:
            file.write("open-sesame\n")
        self.open_with_three(ROUNDHOUSE_API_KEY_FILE=key_file)
        self.page.wait_for("document.activeElement.id === 'key-text'", "the key is asked for")
        self.assertEqual("", self.page.text("#main"))
        self.give_key("open-barley")
        self.page.wait_for("document.getElementById('key-hint').innerText.includes('wrong')",
                           "a wrong key is refused")
        self.give_key("open-sesame")
        self.wait_for_ready(3)
        self.page.wait_for("streaming", "events are streamed with the key")
        self.assertEqual("open-sesame", self.page.evaluate("sessionStorage.getItem('key')"))
        self.assertEqual([0, ""], self.page.evaluate("[localStorage.length, document.cookie]"))
        self.assertFalse([url for url in self.page.requests if "sesame" in url])

    def give_key(self, key):
        self.page.type_into("#key-text", key)
        self.page.click("#key button")


if __name__ == "__main__":
    unittest.main()
