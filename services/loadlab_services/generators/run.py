"""The sequence of every generator: wait, arrive, warm up, measure between snapshots, account."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from loadlab_services.generators.contract import FIRST_ID, Lines, Trial
from loadlab_services.generators.document import End, Program, build_document
from loadlab_services.generators.outcome import Outcome
from loadlab_services.generators.steward import AbortedError, Steward
from loadlab_services.generators.stopping import StoppedError, stop_at_sigterm
from loadlab_services.generators.watched import ToolError, Usage

BAD_CONFIGURATION, TOLD_TO_STOP, ABORTED, TOOL_FAILED = 104, 105, 108, 109
VERSION = 1
LEAST_REST_SECONDS = 0.25  # of a warm-up: a tool takes some time to end
SNAPSHOT_LEAD_SECONDS = 0.25  # in which one pod takes it, so that all begin together
WARM_UP_SHARE = 0.75  # the rest lets requests in flight end: measuring begins with an idle service


class Tool(Protocol):
    """One program that makes load."""

    def program(self) -> Program:
        """Say which program it is."""
        ...

    def prepare(self) -> None:
        """Do what takes time before the load, while the service is awaited."""
        ...

    def close(self) -> None:
        """Leave nothing running."""
        ...

    def warm_up_seconds(self, seconds: float) -> float:
        """Return how long it may load of a time of which some is to be quiet."""
        ...

    def load(self, seconds: float, first_id: int) -> tuple[Outcome, Usage]:
        """Load for so many seconds, or until it made the iterations of a measurement before.

        Raises:
            ToolError: it did not do so.
        """
        ...


class OneShot:
    """A tool that is a process for each load, which ends with it."""

    def prepare(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing is left running."""


@dataclass(frozen=True)
class Options:
    """What some tools are told beside the configuration; 0 for nothing."""

    threads: int = 0


NO_OPTIONS = Options()
MakeTool = Callable[[Trial, Options], Tool]


@dataclass
class _Progress:
    """Says once a second how far the run is."""

    lines: Lines
    phase: str = "preparation"
    began: float = field(default_factory=time.monotonic)
    done: threading.Event = field(default_factory=threading.Event)

    def keep_telling(self) -> None:
        while not self.done.wait(1.0):
            seconds = int(time.monotonic() - self.began)
            told = {"version": VERSION, "seconds": seconds, "phase": self.phase}
            self.lines.write("loadlab_progress", told)


def run_trial(tool: Tool, trial: Trial, lines: Lines) -> int:
    """Run one pod's share; whatever happens, the last line is a document, a void one if need be."""
    stop_at_sigterm()
    began, found, error, code = time.time(), dict[str, tuple[Outcome, Usage]](), "", 0
    try:
        with _progress(lines) as progress:
            _perform(tool, trial, lines, progress, found)
    except StoppedError:
        error, code = "told to stop: requests in flight were cut", TOLD_TO_STOP
    except AbortedError as why:
        error, code = f"{trial.run}, pod {trial.pod}: {why}", ABORTED
    except ToolError as why:
        error, code = str(why), TOOL_FAILED
    finally:
        tool.close()
    end = End(began, time.time(), error, code)
    lines.write("loadlab_result", build_document(trial, tool.program(), found, end))
    return code


def _perform(
    tool: Tool,
    trial: Trial,
    lines: Lines,
    progress: _Progress,
    found: dict[str, tuple[Outcome, Usage]],
) -> None:
    steward, takes_snapshots = Steward(trial), trial.pod == 0
    tool.prepare()
    steward.await_service()
    steward.arrive()
    lead = SNAPSHOT_LEAD_SECONDS if trial.pods > 1 else 0.0
    warm_up = trial.warmup_ms / 1000
    loaded = tool.warm_up_seconds(warm_up) if warm_up else 0.0
    rest = max(warm_up - loaded, LEAST_REST_SECONDS) if warm_up else 0.0
    measuring = time.monotonic() + loaded + rest + lead
    if warm_up:
        progress.phase = "warm-up"
        found["warmup"] = tool.load(loaded, FIRST_ID["warmup"])
        if not lead:
            measuring = max(measuring, time.monotonic() + _rest_of(found["warmup"], warm_up))
        time.sleep(max(measuring - lead - time.monotonic(), 0.0))
    progress.phase = "measurement"
    if takes_snapshots:
        lines.write("loadlab_snapshot", steward.snapshot("start"))
    if lead:
        time.sleep(max(measuring - time.monotonic(), 0.0))
    seconds = trial.duration_ms / 1000
    last = partial(_tell_end, steward, lines) if takes_snapshots else None
    with _called_after(seconds, last) if last else nullcontext():
        found["measure"] = tool.load(seconds, FIRST_ID["measure"])
    lines.write("loadlab_account", steward.finish())


def _rest_of(warm_up: tuple[Outcome, Usage], seconds: float) -> float:
    """Return how long a service may still work on what was cut off, within the warm-up's length.

    Where nothing was answered in time that is all of it. Several pods begin together, at a time
    that none of them can put off.
    """
    outcome, _ = warm_up
    return min(outcome.longest_seconds or seconds, seconds) if outcome.cut else 0.0


def _tell_end(steward: Steward, lines: Lines) -> None:
    lines.write("loadlab_snapshot", steward.snapshot("end"))


@contextmanager
def _called_after(seconds: float, call: Callable[[], None]) -> Iterator[None]:
    """Call once, after so many seconds or as the block ends well, whichever is sooner.

    A tool ends later than its load: with the last answers, and once it has told what it found. The
    service rests meanwhile: by a snapshot after it its CPUs would seem idler than they were.
    """
    called = threading.Event()

    def once() -> None:
        call()
        called.set()

    timer = threading.Timer(seconds, once)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    timer.join()
    if not called.is_set():
        call()


@contextmanager
def _progress(lines: Lines) -> Iterator[_Progress]:
    progress = _Progress(lines)
    telling = threading.Thread(target=progress.keep_telling, daemon=True)
    telling.start()
    try:
        yield progress
    finally:
        progress.done.set()
        telling.join()


def tool_environment() -> dict[str, str]:
    """Return what a tool may know of this pod's environment: no secret, and no configuration."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
