"""`loadlab` as somebody uses it: in a terminal, interrupted, taken up in a pipe, and looked at."""

import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from loadlab.cli.preview import preview, read_documents
from tests.browser.browser import find_axe, find_browser
from tests.browser.devtools import AXE_RUN, Page, opened
from tests.e2e.cluster_tools import ENVIRONMENT, REPOSITORY, Lab, condition, eventually
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.measured]
LOADLAB = REPOSITORY / ".venv" / "bin" / "loadlab"
PICTURES = REPOSITORY / "build" / "pictures"
VIEWS = [(1280, False), (1280, True), (380, False), (380, True)]
REWRITTEN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
SPEC: Json = {
    "workload": "sleep",
    "variants": [{"name": "sync"}, {"name": "async"}],
    "factors": {"ms": [20], "virtualUsers": [16]},
    "replicates": 3,
    "load": {"warmup": "2s", "duration": "8s", "settling": "0s"},
    "placement": {"foreignCpu": "1000"},
}


class Terminal:
    """A command in a terminal of 100 columns, and what it has shown so far."""

    def __init__(self, *command: str | Path) -> None:
        self._screen, theirs = pty.openpty()
        self.process = subprocess.Popen(
            list(map(str, command)),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**ENVIRONMENT, "COLUMNS": "100", "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(theirs)
        os.set_blocking(self._screen, False)
        self.raw = ""

    def shown(self) -> str:
        """Return all that it has written, without what moves the cursor and colours."""
        try:
            while part := os.read(self._screen, 65536):
                self.raw += part.decode(errors="replace")
        except (BlockingIOError, OSError):
            pass  # nothing more yet, or the other end is closed
        return REWRITTEN.sub("", self.raw)


@pytest.fixture
def file(lab: Lab, tmp_path: Path) -> Path:
    path = tmp_path / "naps.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "loadlab.dev/v1alpha1",
                "kind": "LoadExperiment",
                "metadata": {"name": "naps", "namespace": lab.namespace},
                "spec": SPEC,
            }
        )
    )
    return path


def seconds_of(status: Json) -> float:
    start, end = (datetime.fromisoformat(status[k]) for k in ("startTime", "completionTime"))
    return (end - start).total_seconds()


def test_it_is_interrupted_in_a_terminal_and_taken_up_in_a_pipe(lab: Lab, file: Path):
    terminal = Terminal(LOADLAB, "run", file)
    # The seconds as the generator reports them, while the second trial is under way.
    eventually(
        lambda: "naps: Running, 1/6" in (seen := terminal.shown()) and "p95" in seen,
        120,
        "rates of a trial under way",
    )
    terminal.process.send_signal(signal.SIGINT)
    code = terminal.process.wait(timeout=20)
    print(terminal.shown())
    phase = lab.status("naps")["phase"]
    piped = subprocess.run(
        [LOADLAB, "run", file],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        timeout=300,
        check=False,
    )
    print(piped.stdout, piped.stderr)
    status, (document,) = lab.status("naps"), read_documents(file.read_text())
    took, planned = seconds_of(status), preview(document).estimated_seconds
    print(f"planned {planned:.0f} s, took {took:.0f}: {took / planned:.2f}")

    assert (code, phase) == (130, "Running")
    assert f"come back: loadlab status naps -n {lab.namespace} --watch" in terminal.shown()
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    assert piped.returncode == 0
    assert "naps: Running" in piped.stdout
    assert "Verdict: Passed" in piped.stdout
    assert "\x1b" not in piped.stdout + piped.stderr  # plain lines where nobody can rewrite them
    assert len(status["results"]) == 2
    assert took == pytest.approx(planned, rel=0.2)


@contextmanager
def served(*command: str | Path) -> Iterator[str]:
    """Serve the live page of the cluster, and yield its address."""
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().split("  ")[0].strip()
        finally:
            process.send_signal(signal.SIGINT)


def take(page: Page, address: str, name: str, is_there: str) -> None:
    """Look at a page in every view: a picture of each, nothing that axe finds, when it shows."""
    for width, dark in VIEWS:
        page.view(width, dark=dark)
        page.open(address)
        page.until(is_there)
        picture = page.screenshot(whole=True)
        (PICTURES / f"{name}-{width}-{'dark' if dark else 'light'}.png").write_bytes(picture)
        page.ask(find_axe().read_text() + "; 1")
        assert page.ask(AXE_RUN) == []
        assert page.ask("document.documentElement.scrollWidth") <= width
    print(name, page.ask("performance.getEntriesByType('paint').map((e) => [e.name, e.startTime])"))


def test_it_is_seen_in_a_browser_while_it_runs_and_after(lab: Lab, file: Path, tmp_path: Path):
    PICTURES.mkdir(parents=True, exist_ok=True)
    lab.kubectl("apply", "-f", str(file))
    report = tmp_path / "report.html"
    serving = (LOADLAB, "dashboard", "-n", lab.namespace, "--no-open", "--port", "0")
    with served(*serving) as address, opened(find_browser(), tmp_path) as page:
        own = f"{address}experiments/{lab.namespace}/naps"
        page.open(address)
        page.until("document.querySelectorAll('#rows tr').length === 1")
        eventually(lambda: lab.status("naps").get("phase") == "Running", 60, "a trial")
        take(page, address, "list", "document.querySelectorAll('#rows tr').length")
        take(page, own, "running", "document.querySelectorAll('.seconds tbody tr').length > 2")
        lab.wait("naps", 240)
        page.view(1280, dark=False)
        page.until("document.querySelector('iframe').src")  # of itself, without a reload
        take(page, own, "over", "document.querySelector('iframe').src")
        began = time.monotonic()
        subprocess.run(
            [LOADLAB, "report", "naps", "-n", lab.namespace, "-o", report],
            env=ENVIRONMENT,
            check=True,
        )
        print(f"report: {time.monotonic() - began:.1f} s, {report.stat().st_size / 1000:,.0f} kB")
        take(page, report.as_uri(), "report", "document.querySelector('svg')")
        assert page.complaints == []
