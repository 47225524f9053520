"""Chromium without a window, and axe-core: what a page looks like, and what is wrong with it.

Chromium is Debian's (`make test` installs it where it may); axe-core 4.12.1 is taken once out of a
wheel from PyPI, by its hash: the wheel's own code, which drives another browser, is not installed.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pytest

AXE = "axe-playwright-python==0.1.8"
AXE_WHEEL = "axe_playwright_python-0.1.8-py3-none-any.whl"
AXE_SHA256 = "fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8"
AXE_SCRIPT = "axe_playwright_python/axe.min.js"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CSP = re.compile(r'<meta http-equiv="Content-Security-Policy".*?>')
# Everything unfolded, as a reader may have it; the answer as JSON that cannot end its element.
ASK = """
<script src="{axe}"></script>
<script>
addEventListener("load", async () => {{
  document.querySelectorAll("details").forEach((each) => {{ each.open = {unfolded}; }});
  const answer = await (async () => {{ {question} }})();
  const out = document.createElement("script");
  out.type = "application/json";
  out.id = "answer";
  out.textContent = JSON.stringify(answer).replaceAll("<", "\\\\u003c");
  parent.document.body.append(out);
}});
</script>
"""


# A window is never narrower than 500 pixels, a frame is; it has the origin of what it stands in.
FRAME = """
<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<body style="margin: 0">
<iframe style="border: 0" width="{width}" height="2000" srcdoc="{page}"></iframe>
"""


@dataclass(frozen=True)
class Browser:
    """A browser of one width, light or dark."""

    program: str
    axe: Path
    folder: Path
    width: int = 1280
    dark: bool = False

    def ask(self, html: str, question: str, *, unfolded: bool = True) -> Any:
        """Run the body of an asynchronous function in a page, and return what it returns."""
        script = ASK.format(axe=self.axe.as_uri(), question=question, unfolded=json.dumps(unfolded))
        page = CSP.sub("", html).replace("</body>", f"{script}</body>")
        dom = self.dom(FRAME.format(width=self.width, page=escape(page)))
        found = re.search(r'<script type="application/json" id="answer">(.*?)</script>', dom)
        assert found, dom[-2000:]
        return json.loads(found[1])

    def dom(self, html: str) -> str:
        """Return the page's elements after its scripts, if any may run."""
        return self._run(html, "--virtual-time-budget=60000", "--dump-dom").stdout

    def screenshot(self, html: str, file: Path, height: int) -> bytes:
        """Return a PNG of the page's upper part."""
        self._run(html, f"--screenshot={file}", height=height)
        return file.read_bytes()

    def _run(
        self, html: str, *options: str, height: int = 2000
    ) -> subprocess.CompletedProcess[str]:
        page = self.folder / "page.html"
        page.write_text(html, encoding="utf-8")
        theme = ["--blink-settings=preferredColorScheme=0"] if self.dark else []
        return subprocess.run(
            [
                *(self.program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *(f"--user-data-dir={self.folder / 'profile'}", "--force-device-scale-factor=1"),
                *(f"--window-size={self.width},{height}", *theme, *options, page.as_uri()),
            ],
            capture_output=True,
            text=True,
            timeout=180,
            check=True,
        )


def find_browser() -> str:
    """Return the browser's program; without one the test is skipped."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium: apt-get install chromium")
    return found


def find_axe() -> Path:
    """Return axe-core's script, fetched once; where it cannot be fetched the test is skipped."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "loadlab"
    wheel, script = cache / AXE_WHEEL, cache / f"{AXE_SHA256[:16]}-axe.min.js"
    if script.is_file():
        return script
    if not wheel.is_file():
        _fetch(cache)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert digest == AXE_SHA256, f"{wheel} is not {AXE}"
    with zipfile.ZipFile(wheel) as packed:
        unfinished = script.with_suffix(f".{os.getpid()}")  # tests may run beside each other
        unfinished.write_bytes(packed.read(AXE_SCRIPT))
    unfinished.replace(script)
    return script


def _fetch(cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    fetched = subprocess.run(
        [*PIP, "download", "-q", "--no-deps", "--dest", str(cache), AXE],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if fetched.returncode:
        pytest.skip(f"pip cannot fetch {AXE}: {fetched.stderr[-200:]}")
