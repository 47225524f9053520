"""Whether two ways to measure one thing agree, by runs that were made in turns.

| told           | where the 95 % interval of the ratio lies                              |
|----------------|------------------------------------------------------------------------|
| APART          | wholly beyond what two may differ by that are the same                 |
| UNKNOWN        | beyond a factor of two as well: such runs would hide any fault          |
| the same       | wholly within                                                          |
| not told apart | else: they may differ by as much as its ends say                       |

The first two are disagreements. Five pairs whose ratios vary by a quarter, as on a machine of two
CPUs, are APART in 1 of 7 simulations where one is 1.3 times the other, and in half at 1.5 times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import mean, stdev

from tests.manifests import Json

# Student's t for 95 %, by the number of values.
T = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}


@dataclass(frozen=True, slots=True)
class Ends:
    """What a run says of a figure: where it lies, one value where both ends are the same."""

    low: float
    high: float


Figures = Mapping[str, Ends]
WIDEST = 2.0  # a ratio that may lie beyond it, or its inverse, is not known


@dataclass(frozen=True, slots=True)
class Closeness:
    """How far apart two means may be that are the same: the larger of both."""

    share: float
    absolute: float = 0.0


# Two processes of one program differ by as much on a machine of two CPUs that has more to do.
BOUNDS: Mapping[str, Closeness] = {
    "requestsPerSecond": Closeness(share=0.02),
    "p50": Closeness(share=0.05, absolute=0.5),
    "p95": Closeness(share=0.10, absolute=1.0),
}


def of_row(row: Json) -> Figures:
    """The figures of a row of results.

    Where k6 sent late a row tells both ends of a percentile, from the send and from when the
    request was planned, and claims no more than that it lies between.
    """
    late, sent = row["latencyMs"], row.get("latencyFromSendMs") or row["latencyMs"]
    per_second = float(row["requestsPerSecond"]["mean"])
    return {
        "requestsPerSecond": Ends(per_second, per_second),
        "p50": Ends(sent["med"], late["med"]),
        "p95": Ends(sent["p95"], late["p95"]),
    }


def of_run(run: Mapping[str, float]) -> Figures:
    """The figures of a plain run."""
    return {name: Ends(run[name], run[name]) for name in BOUNDS}


def disagreements(
    ours: Sequence[Figures], theirs: Sequence[Figures], named: tuple[str, str]
) -> list[str]:
    """Print the ratios of runs that were made in turns; return what differs, or is not known.

    What a machine does meanwhile both of a pair have their part of. Ratios are averaged by their
    logarithms; the 95 % interval reaches from the lower ends to the upper ones.
    """
    wrong = []
    for name, bound in BOUNDS.items():
        pairs = [(one[name], other[name]) for one, other in zip(ours, theirs, strict=True)]
        low, _ = _interval([log(one.low / other.high) for one, other in pairs])
        _, high = _interval([log(one.high / other.low) for one, other in pairs])
        usual = mean((other.low + other.high) / 2 for _, other in pairs)
        allowed = max(bound.share, bound.absolute / usual)
        told = _told(exp(low), exp(high), allowed)
        line = f"{name:>17}: {named[0]} over {named[1]} [{exp(low):.3f}, {exp(high):.3f}]"
        line += f", {named[1]} {usual:.2f}, {told} within {allowed:.1%}"
        print(line)
        wrong += [line] if told in {"APART", "UNKNOWN"} else []
    return wrong


def _told(low: float, high: float, allowed: float) -> str:
    if low > 1 + allowed or high < 1 - allowed:
        return "APART"
    if low < 1 / WIDEST or high > WIDEST:
        return "UNKNOWN"
    return "the same" if 1 - allowed <= low and high <= 1 + allowed else "not told apart"


def _interval(values: Sequence[float]) -> tuple[float, float]:
    half = T[len(values)] * stdev(values) / len(values) ** 0.5
    return mean(values) - half, mean(values) + half
