"""Where a value lies on an axis, in percent of its length, and where the ticks are."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Self

from loadlab import spelling

_STEPS = (1, 2, 5)
_MOST_TICKS = 6
_FEWEST_TICKS = 3
_LEAST, _MOST = 1e-9, 1e15
_ROOM = 1.04  # beyond the largest value
_NARROW = 1.25  # a logarithmic axis spans this at least


class Tick(NamedTuple):
    """A place of an axis, in percent of it, and what stands there."""

    at: str
    text: str


def percent(value: float) -> str:
    """Spell a place within the plot, in percent, as short as a pixel allows."""
    return f"{value:.1f}".removesuffix(".0") + "%"


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from low to high, linear or logarithmic."""

    low: float
    high: float
    ticks_at: tuple[float, ...]
    is_log: bool = False

    @classmethod
    def linear(cls, values: Iterable[float]) -> Self:
        """Make an axis from 0 to a little beyond all values."""
        most = max(map(_within, values), default=0.0)
        most = most if most > _LEAST else 1.0
        step = _round_step(most / (_MOST_TICKS - 1))
        ticks = tuple(step * place for place in range(math.floor(most / step + 1e-9) + 1))
        return cls(0.0, most * _ROOM, ticks)

    @classmethod
    def logarithmic(cls, values: Iterable[float]) -> Self:
        """Make an axis around all positive values, with ticks at 1, 2, 5, 10, …"""
        known = [_within(value) for value in values if value > 0] or [1.0]
        low, high = min(known) / 1.05, max(known) * 1.05
        if high / low < _NARROW:
            middle = math.sqrt(low * high)
            low, high = middle / math.sqrt(_NARROW), middle * math.sqrt(_NARROW)
        return cls(low, high, _log_ticks(low, high), is_log=True)

    def place(self, value: float) -> float:
        """Return where a value lies, 0 to 100 from the low end; what is outside, at the end."""
        value = _within(value)
        if self.is_log:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return 100 * min(max(share, 0.0), 1.0)

    def across(self, value: float) -> str:
        """Return the distance from the left."""
        return percent(self.place(value))

    def down(self, value: float) -> str:
        """Return the distance from the top."""
        return percent(100 - self.place(value))

    def ticks_across(self) -> tuple[Tick, ...]:
        """Return the ticks from the left."""
        return tuple(Tick(self.across(at), spelling.number(at)) for at in self.ticks_at)

    def ticks_down(self) -> tuple[Tick, ...]:
        """Return the ticks from the top."""
        return tuple(Tick(self.down(at), spelling.number(at)) for at in self.ticks_at)


def _within(value: float) -> float:
    """Return a value that can be drawn: a status may hold any number, and is no reason to fail."""
    return min(max(value, _LEAST), _MOST) if value > 0 else 0.0


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (*_STEPS, 10) if step * power >= least * (1 - 1e-9))


def _log_ticks(low: float, high: float) -> tuple[float, ...]:
    """Return 1, 2, 5 of each power between the ends; powers alone where those are too many."""
    found = [tick for tick in _candidates(low, high, _STEPS) if low <= tick <= high]
    if len(found) > _MOST_TICKS:
        found = [tick for tick in _candidates(low, high, (1,)) if low <= tick <= high]
    if len(found) > _MOST_TICKS:
        found = found[:: math.ceil(len(found) / _MOST_TICKS)]
    return tuple(found) if len(found) >= _FEWEST_TICKS else _fine_ticks(low, high)


def _candidates(low: float, high: float, steps: Iterable[int]) -> Iterator[float]:
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        for step in steps:
            yield step * 10.0**power


def _fine_ticks(low: float, high: float) -> tuple[float, ...]:
    """Return ticks at even steps, where the ends lie too near for 1, 2, 5."""
    step = _round_step((high - low) / _MOST_TICKS)
    first = math.ceil(low / step)
    return tuple(step * place for place in range(first, math.floor(high / step) + 1))


def polyline(points: Iterable[tuple[float, float]]) -> str:
    """Spell points, in percent from left and top, for a drawing of 1000 by 1000.

    Points that fall together are told once: a line of a thousand is no longer than what is seen.
    """
    places = [(round(x * 10), round(y * 10)) for x, y in points]
    kept = places[:1] + [there for here, there in pairwise(places) if there != here]
    return " ".join(f"{x},{y}" for x, y in kept)
