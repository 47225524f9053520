"""A page in Chromium, driven by its DevTools protocol: pages that live have no end to dump."""

import base64
import itertools
import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

START_SECONDS = 60.0
SOON = 30.0  # seconds for what a page shows within one
# What axe, once its script is in the page, finds wrong in it.
AXE_RUN = """
axe.run(document, {resultTypes: ["violations"], iframes: false}).then((found) =>
  found.violations.map((v) => [v.id, v.impact, v.nodes.length, v.nodes[0].html]))
"""
KEYS = {"Tab": 9, "Enter": 13, " ": 32}


class Page:
    """One page. Every message that is no answer is kept in `events`."""

    def __init__(self, connection: websocket.WebSocket) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv())
            if message.get("id") == number:
                assert "error" not in message, message
                found: dict[str, Any] = message["result"]
                return found
            self.events.append(message)

    def view(self, width: int, *, dark: bool, height: int = 900) -> None:
        """Take a width, light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **size)
        theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[theme])

    def open(self, address: str) -> None:
        self.send("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")

    def ask(self, expression: str) -> Any:
        """Return the value of an expression in the page, awaited where it is a promise."""
        found = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until it holds."""
        deadline = time.monotonic() + SOON
        while not self.ask(f"Boolean({expression})"):
            body = self.ask("document.body?.innerText")
            assert time.monotonic() < deadline, f"{expression} never held: {body}"
            time.sleep(0.1)

    def press(self, key: str) -> None:
        text = {"Enter": "\r", " ": " "}.get(key, "")
        known = {"key": key, "windowsVirtualKeyCode": KEYS[key]}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **known)
        self.send("Input.dispatchKeyEvent", type="keyUp", **known)

    def screenshot(self, *, whole: bool = False) -> bytes:
        found = self.send("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(found["data"])

    @property
    def complaints(self) -> list[str]:
        """What the browser complained of: refused scripts and styles, errors."""
        self.ask("1")  # so that what was said before is there
        logged = [e["params"]["entry"] for e in self.events if e["method"] == "Log.entryAdded"]
        thrown = [e for e in self.events if e["method"] == "Runtime.exceptionThrown"]
        return [entry["text"] for entry in logged] + [json.dumps(each) for each in thrown]


@contextmanager
def opened(program: str, folder: Path) -> Iterator[Page]:
    """Yield an empty page of a browser of its own."""
    profile = folder / "devtools-profile"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    ports = ["--remote-debugging-port=0", f"--user-data-dir={profile}"]
    command = [program, *options, *ports, "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as browser:
        try:
            address = _new_page(profile / "DevToolsActivePort")
            connection = websocket.create_connection(address, suppress_origin=True, timeout=SOON)
            try:
                yield Page(connection)
            finally:
                connection.close()
        finally:
            browser.terminate()


def _new_page(file: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while not file.is_file() or "\n" not in file.read_text():
        assert time.monotonic() < deadline, "the browser did not start"
        time.sleep(0.1)
    port = file.read_text().split("\n")[0]
    request = urllib.request.Request(f"http://127.0.0.1:{port}/json/new", method="PUT")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=SOON) as answer:
        return str(json.load(answer)["webSocketDebuggerUrl"])
