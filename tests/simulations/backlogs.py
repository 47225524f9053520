"""Simulated open loads of known use: which of them are said not to have been carried.

A queue is one server with Poisson arrivals (as many as the rate says, as `load.arrivals` draws
them) and exponential work: it carries its load below full use, however unsteady it looks.
"""

import math
import random
from collections import Counter
from statistics import median

from loadlab.measurement.backlog import backlog_of
from loadlab.measurement.documents.generator import Second
from loadlab.validity.generator_rules import backlog_growth

SEED = 20261128


def share_missed(seconds: int, rate: int, use: float, rounds: int) -> float:
    """Return the share of loads of which the backlog is said to grow.

    `use` is the offered rate over what the server carries.
    """
    chance = random.Random(SEED)
    return sum(_is_missed(chance, seconds, rate, use) for _ in range(rounds)) / rounds


def _is_missed(chance: random.Random, seconds: int, rate: int, use: float) -> bool:
    began = 1000 + chance.random()
    arrivals = sorted(chance.random() * seconds + began for _ in range(rate * seconds))
    free, ends = began, list[float]()
    for at in arrivals:
        free = max(free, at) + chance.expovariate(rate / use)
        ends.append(free)
    backlog = backlog_of([_seconds(arrivals, ends)], began, float(seconds))
    return bool(backlog and backlog_growth(backlog, float(rate)))


def _seconds(arrivals: list[float], ends: list[float]) -> list[Second]:
    waiting, ended = Counter[int](), dict[int, list[float]]()
    for at, end in zip(arrivals, ends, strict=True):
        waiting.update(range(math.floor(at) + 1, math.floor(end) + 1))
        ended.setdefault(math.floor(end), []).append(end - at)
    return [
        Second(t=t, n=len(took), p50=round(1e6 * median(took)) + 1, due=waiting[t])
        for t, took in sorted(ended.items())
    ]
