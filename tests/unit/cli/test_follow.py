"""Rates on the terminal and in a pipe, and `loadlab run` with them from end to end."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from loadlab.base.names import children_name, result_token
from loadlab.cli.dashboard.curves import Second
from loadlab.cli.follow import LINE_EVERY, Rates
from loadlab.cli.live import Reading
from loadlab.cli.source import Cluster
from loadlab.cli.terminal import console
from tests.unit.cli.api_server import PODS_PATH, ApiServer, Run

TRIAL = f"{children_name('select', '7f1c')}-004"
RUN = f"{TRIAL}-a1"
LOG = f"{PODS_PATH}/k6-x/log"
FORBIDDEN = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": "pods is forbidden"}


def reading(second: int, rate: float = 1050.0) -> Reading:
    return Reading("4 of 9", Second(second, rate, 0.0, 8.12, "measurement"))


class Shown:
    """Rates on a console of which everything is kept, with a clock that is set by hand."""

    def __init__(self, terminal: Console) -> None:
        self.text, self.now = io.StringIO(), 100.0
        terminal.file = self.text
        self.status = terminal.status("")
        self.rates = Rates("select", terminal, self.status, lambda: self.now)

    @property
    def lines(self) -> list[str]:
        return self.text.getvalue().splitlines()


def test_in_a_pipe_there_is_one_line_in_ten_seconds() -> None:
    shown = Shown(Console(force_terminal=False, width=100))

    for second in range(25):
        shown.rates.show(reading(second))
        shown.now += 1

    told = [line.rpartition("second ")[2] for line in shown.lines]
    assert told == ["0", "10", "20"]
    assert shown.lines[0] == (
        "select: trial 4 of 9: 1,050 req/s, p95 8.12 ms, measurement, second 0"
    )
    assert LINE_EVERY == 10


def test_the_next_trial_does_not_bring_its_line_forward() -> None:
    shown = Shown(Console(force_terminal=False, width=100))

    shown.rates.show(reading(1))
    shown.rates.show(None)
    shown.now += LINE_EVERY - 0.1
    shown.rates.show(reading(1))

    assert len(shown.lines) == 1


def test_in_a_terminal_one_line_is_rewritten_and_none_is_added() -> None:
    shown = Shown(Console(force_terminal=True, width=100, _environ={"TERM": "xterm"}))

    shown.rates.show(reading(1))
    assert shown.status.status == reading(1).line
    shown.rates.show(reading(2, 1100.0))
    assert shown.status.status == reading(2, 1100.0).line
    shown.rates.show(None)

    assert shown.status.status == "following select"
    assert shown.lines == []


def test_a_terminal_that_cannot_rewrite_gets_lines() -> None:
    shown = Shown(Console(force_terminal=True, width=100, _environ={"TERM": "dumb"}))

    shown.rates.show(reading(1))

    assert len(shown.lines) == 1


def test_no_color_means_plain_lines_in_a_terminal_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    shown = Shown(console())

    with shown.status:
        shown.rates.show(reading(1))

    assert len(shown.lines) == 1
    assert "\x1b" not in shown.text.getvalue()


def test_why_there_are_no_rates_is_said_once_however_many_pods_there_are() -> None:
    shown = Shown(Console(force_terminal=False, width=200))

    for pod in ("a", "b"):
        shown.rates.explain(f"The generators' logs cannot be read: follow the log of {pod}: 403")

    (line,) = shown.lines
    assert line.startswith("The generators' logs cannot be read: follow the log of a: 403 (")
    assert line.endswith(" (select goes on without rates)")


@pytest.fixture
def shown_once(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once a reading or an explanation was printed."""
    event = threading.Event()

    def setting(method: Callable[..., None]) -> Callable[..., None]:
        def call(self: Rates, what: Any) -> None:
            method(self, what)
            if what is not None:
                event.set()

        return call

    for name in ("show", "explain"):
        monkeypatch.setattr(Rates, name, setting(getattr(Rates, name)))
    return event


@pytest.fixture
def under_way(
    running: dict[str, Any],
    finished: dict[str, Any],
    shown_once: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> str:
    """An experiment that finishes once something was shown of its rates; its file."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "certificates").touch()  # to load the machine's takes longer than a test
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificates"))
    running["metadata"]["uid"] = "7f1c"
    running["status"]["currentTrial"] = TRIAL

    def follow(*_: object) -> Iterator[dict[str, Any]]:
        yield running
        assert shown_once.wait(30)
        yield finished

    monkeypatch.setattr(Cluster, "follow", follow)
    document = {"apiVersion": "loadlab.dev/v1alpha1", "kind": "LoadExperiment"}
    spec = {"workload": "sleep", "variants": [{"name": "sync"}]}
    file = tmp_path / "select.yaml"
    file.write_text(yaml.safe_dump(document | {"metadata": {"name": "select"}, "spec": spec}))
    ApiServer.applied, ApiServer.writes = [], (200, [running])
    return str(file)


def generator() -> dict[str, Any]:
    labels = {"loadlab.dev/run": RUN, "loadlab.dev/component": "k6"}
    return {"metadata": {"name": "k6-x", "namespace": "lab", "uid": "u1", "labels": labels}}


def told(second: int, requests: int) -> str:
    document = {"version": 1, "seconds": second, "phase": "measurement", "requests": requests}
    body = {"loadlab_progress": document | {"failed": 0, "p95Us": 8120}}
    return f"{result_token('7f1c', RUN)} {json.dumps(body, separators=(',', ':'))}"


def test_run_shows_the_rates_of_the_trial_under_way(
    loadlab: Run, under_way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ApiServer, "pods", (200, [{"metadata": {}, "items": [generator()]}]))
    monkeypatch.setitem(ApiServer.others, LOG, (200, [told(1, 900)]))

    code, out, err = loadlab("run", under_way)

    assert (code, err) == (0, "")
    assert "select: trial 4 of 9: 900 req/s, p95 8.12 ms, measurement, second 1\n" in out
    assert out.index("req/s, p95 8.12") < out.index("Verdict: Passed")


def test_run_goes_on_where_logs_may_not_be_read(
    loadlab: Run, under_way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ApiServer, "pods", (403, [FORBIDDEN]))

    code, out, err = loadlab("run", under_way)

    assert (code, err) == (0, "")
    assert out.count("goes on without rates") == 1
    assert "403" in out
    assert "Verdict: Passed" in out
