"""Says what is being done, how long that usually takes, and how long it took."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

QUIET_SECONDS = 2.0  # a step shorter than this needs no progress
LOG_INTERVAL = 15.0  # between progress lines where the output is not a terminal


@dataclass
class Timings:
    """The steps of this run and the seconds each of them took."""

    steps: list[tuple[str, float]] = field(default_factory=list)

    def table(self) -> str:
        """The steps one below the other, with their sum."""
        rows = [*self.steps, ("total", sum(seconds for _, seconds in self.steps))]
        width = max(len(title) for title, _ in rows)
        return "\n".join(f"  {title:<{width}}  {seconds:7.1f} s" for title, seconds in rows)


TIMINGS = Timings()


def say(text: str) -> None:
    """Print one line at once."""
    print(text, flush=True)


def duration(seconds: float) -> str:
    """Seconds as people read them: 4 s, 2 min, 5.5 min."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min".replace(".0 ", " ")


@contextmanager
def step(title: str, *, first: float, again: float) -> Iterator[None]:
    """Announce a step with its usual seconds (the first time, and again); report the real ones."""
    say(f"▸ {title} (first time about {duration(first)}, again {duration(again)})")
    started = time.monotonic()
    finished = threading.Event()
    ticker = threading.Thread(target=_show_progress, args=(started, finished), daemon=True)
    ticker.start()
    outcome = "failed after"
    try:
        yield
        outcome = "done in"
    finally:
        finished.set()
        ticker.join()
        seconds = time.monotonic() - started
        TIMINGS.steps.append((title, seconds))
        say(f"  {outcome} {seconds:.1f} s")


def _show_progress(started: float, finished: threading.Event) -> None:
    on_terminal = sys.stdout.isatty()
    interval = 1.0 if on_terminal else LOG_INTERVAL
    if finished.wait(max(QUIET_SECONDS, interval)):
        return
    while True:
        elapsed = f"  … {time.monotonic() - started:.0f} s"
        print(
            f"\r{elapsed}" if on_terminal else elapsed, end="" if on_terminal else "\n", flush=True
        )
        if finished.wait(interval):
            break
    if on_terminal:
        print("\r\033[K", end="", flush=True)
