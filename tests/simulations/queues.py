"""Simulated windows whose truth is known, judged second by second: steady noise, and queues.

A queue is one server with Poisson arrivals and exponential work (M/M/1): it is steady below full
use, however unsteady it looks, and grows above. A figure per second is what a trial keeps of it.
"""

import math
import random
from collections.abc import Callable
from dataclasses import replace

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.series import Line, Series
from loadlab.measurement.values import GeneratorLoad, TrialMeasurement
from loadlab.plan.expected import LoadFacts
from loadlab.validity.steadiness import latency_growing, warm_up_counted

SEED = 20261127
_WARM_UP = 3  # seconds
Window = Callable[[random.Random], Series]


def noisy(seconds: int, noise: float, memory: float = 0.0) -> Window:
    """Return windows of lognormal figures, each with so much of the one before (AR(1))."""

    def window(chance: random.Random) -> Series:
        lines, level = [], chance.gauss(sigma=noise)
        for at in range(seconds):
            us = round(50_000 * math.exp(level))
            lines.append(Line(at, 500, 0, us, 3 * us))
            level = memory * level + chance.gauss(sigma=noise * math.sqrt(1 - memory**2))
        return Series.of(lines)

    return window


def queue(seconds: int, rate: float, use: float) -> Window:
    """Return windows of a queue that is used so much, of its full capacity, after a warm-up."""

    def window(chance: random.Random) -> Series:
        now = free = 0.0
        by_second: list[list[float]] = [[] for _ in range(seconds)]
        while now < seconds + _WARM_UP:
            now += chance.expovariate(rate)
            free = max(free, now) + chance.expovariate(rate / use)
            if 0 <= (second := math.floor(free) - _WARM_UP) < seconds:
                by_second[second].append(1e6 * (free - now))
        return Series.of([_line(at, sorted(each)) for at, each in enumerate(by_second)])

    return window


def _line(at: int, us: list[float]) -> Line:
    p50, p99 = (round(us[int(share * len(us))]) + 1 if us else None for share in (0.5, 0.99))
    return Line(at, len(us), 0, p50, p99)


def grows(trial: TrialMeasurement) -> bool:
    """Whether a window is said to grow."""
    return any(latency_growing(trial))


def warms_up(trial: TrialMeasurement) -> bool:
    """Whether the first seconds of a window are said to be a warm-up."""
    return any(warm_up_counted(trial))


def share_told(window: Window, says: Callable[[TrialMeasurement], bool], rounds: int) -> float:
    """Return the share of windows of which it is said."""
    chance = random.Random(SEED)
    return sum(says(_trial(window(chance))) for _ in range(rounds)) / rounds


def _trial(series: Series) -> TrialMeasurement:
    seconds = len(series.requests)
    load = LoadFacts(open_model=True, virtual_users=9, duration_seconds=seconds, rate_per_second=9)
    return replace(_EMPTY, load=load, series=series, last_answer_epoch_seconds=float(seconds))


_EMPTY = TrialMeasurement(
    load=LoadFacts(open_model=True, virtual_users=9, duration_seconds=1.0),
    pods=1,
    first_request_epoch_seconds=0.0,
    last_answer_epoch_seconds=1.0,
    requests=1,
    failed=0,
    iterations=1,
    dropped_iterations=0,
    mean_iteration_ms=1.0,
    latency=Histogram(),
    status={},
    start_skew_ms=0.0,
    first_sample_skew_ms=0.0,
    components={},
    generator=GeneratorLoad(cpu_share=0.1, throttled_share=0.0, sched_wait_p99_ms=0.1),
)
