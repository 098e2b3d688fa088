"""A headless Chromium, driven by its DevTools protocol over a pair of pipes."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

from waiting import PATIENCE_S, wait_until

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One tab. `complaints` are the console's errors and warnings, `requests` the URLs that were
    asked for."""

    def __init__(self):
        self.complaints = []
        self.requests = []
        self._profile = tempfile.mkdtemp(prefix="roundhouse-browser-")
        self._last_id = 0
        self._received = b""
        self._session = None
        self._start()
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.command(f"{domain}.enable")

    def _start(self):
        # The browser reads commands from its descriptor 3 and answers on 4.
        commands_out, self._commands = os.pipe()
        self._answers, answers_in = os.pipe()
        flags = ["--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu",
                 "--disable-dev-shm-usage", "--disable-background-networking",
                 f"--user-data-dir={self._profile}"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # it refuses to run as root with one
        script = 'exec "$@" 3<&"$COMMANDS" 4>&"$ANSWERS"'
        self.process = subprocess.Popen(
            ["bash", "-c", script, "bash", PROGRAM, *flags, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(commands_out, answers_in),
            env=os.environ | {"COMMANDS": str(commands_out), "ANSWERS": str(answers_in)})
        os.close(commands_out)
        os.close(answers_in)

    def close(self):
        try:
            self._session = None
            self._call("Browser.close")
            self.process.wait(PATIENCE_S)
        except (OSError, subprocess.TimeoutExpired, TimeoutError):
            self.process.kill()
            self.process.wait()
        os.close(self._commands)
        os.close(self._answers)
        shutil.rmtree(self._profile, ignore_errors=True)

    # --- what a user does

    def stop_timers(self, milliseconds):
        """From now on no timer of that length is set."""
        self.evaluate(f"""{{
            const setAnyTimeout = window.setTimeout;
            window.setTimeout = (what, after) =>
                after === {milliseconds} ? 0 : setAnyTimeout(what, after);
        }}""")

    def open(self, url):
        self.command("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete'", f"{url} is there")

    def evaluate(self, expression):
        """The value of JavaScript in the page, as JSON can carry it."""
        reply = self.command("Runtime.evaluate", expression=expression, returnByValue=True,
                             awaitPromise=True)
        if "exceptionDetails" in reply:
            raise AssertionError(f"{expression}: {reply['exceptionDetails']}")
        return reply["result"].get("value")

    def text(self, selector):
        """What is to be read there; "" where nothing is shown."""
        return self.evaluate(
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            ".filter(e => e.checkVisibility()).map(e => e.innerText).join('\\n')")

    def wait_for(self, expression, what):
        """Polls until the expression is true; returns how many seconds that took."""
        begun = time.monotonic()
        wait_until(lambda: self.evaluate(f"Boolean({expression})"), what,
                   lambda: "\n".join([self.text("body"), *self.complaints]))
        return time.monotonic() - begun

    def type_into(self, selector, text):
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.command("Input.insertText", text=text)

    def click(self, selector):
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def show_on(self, width, height, dark=False):
        """The size of the screen, and whether the user likes it dark."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                     deviceScaleFactor=1, mobile=width < 600)
        scheme = "dark" if dark else "light"
        self.command("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": scheme}])

    def take_picture(self, path):
        picture = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    # --- the protocol: JSON texts, each ended by a zero byte

    def command(self, method, **parameters):
        return self._call(method, **parameters)

    def _call(self, method, **parameters):
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") != self._last_id:
                self._note(answer)
            elif "error" in answer:
                raise AssertionError(f"{method}: {answer['error']}")
            else:
                return answer["result"]

    def _receive(self):
        while b"\0" not in self._received:
            readable, _, _ = select.select([self._answers], [], [], PATIENCE_S)
            if not readable:
                raise TimeoutError("the browser does not answer")
            chunk = os.read(self._answers, 1 << 16)
            if not chunk:
                raise BrokenPipeError("the browser has ended")
            self._received += chunk
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    def _note(self, event):
        told = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(str(told["exceptionDetails"]))
        elif event.get("method") == "Runtime.consoleAPICalled":
            if told["type"] in ("error", "warning", "assert"):
                self.complaints.append(str(told["args"]))
        elif event.get("method") == "Log.entryAdded":
            entry = told["entry"]
            if entry["level"] in ("error", "warning"):
                self.complaints.append(f"{entry['text']} {entry.get('url', '')}")
