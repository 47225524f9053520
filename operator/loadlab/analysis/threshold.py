"""Success criteria in k6's threshold spelling, such as `p(95)<500` on http_req_duration.

`parse_threshold` is usable when a spec is validated.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass


class ThresholdError(ValueError):
    """A threshold that does not say what can be measured."""


AGGREGATIONS: Mapping[str, tuple[str, ...]] = {
    "http_req_duration": ("avg", "min", "med", "max", "p(N)"),
    "http_req_failed": ("rate",),
    "http_reqs": ("count", "rate"),
    "dropped_iterations": ("count",),
}
_SPELLING = re.compile(
    r"^\s*(?P<aggregation>[a-z]+|p\(\s*(?P<percent>\d+(?:\.\d+)?)\s*\))"
    r"\s*(?P<relation><=|>=|==|!=|<|>)\s*(?P<bound>\d+(?:\.\d+)?)\s*$"
)
TAIL_FROM = 90.0  # percent
_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "==": lambda value, bound: value == bound,
    "!=": lambda value, bound: value != bound,
}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bound on one aggregation of one metric."""

    metric: str
    aggregation: str  # avg, min, med, max, rate, count or p
    relation: str
    bound: float
    percent: float | None = None

    def __str__(self) -> str:
        name = self.aggregation if self.percent is None else f"p({_spell(self.percent)})"
        return f"{name}{self.relation}{_spell(self.bound)}"

    def holds(self, value: float) -> bool:
        """Whether a value keeps the bound."""
        return _HOLDS[self.relation](value, self.bound)

    @property
    def bounds_tail(self) -> bool:
        """Whether the slow answers must stay below it: the p90 to the maximum."""
        of_slow = self.aggregation == "max" or (self.percent or 0.0) >= TAIL_FROM
        return self.metric == "http_req_duration" and self.relation[0] == "<" and of_slow

    def badness(self, value: float) -> float:
        """Order values: the larger, the closer to or the further beyond the bound."""
        match self.relation[0]:
            case "<":
                return value
            case ">":
                return -value
            case "=":
                return abs(value - self.bound)
            case _:
                return -abs(value - self.bound)


def parse_threshold(metric: str, text: str) -> Threshold:
    """Read a threshold; ThresholdError lists what there is."""
    if metric not in AGGREGATIONS:
        raise ThresholdError(f"metric {metric!r} does not exist; there are: {_catalogue()}")
    found = _SPELLING.match(text)
    if not found:
        raise ThresholdError(
            f"threshold {text!r} is not of the form aggregation, <, <=, >, >=, == or !=, number, "
            "such as p(95)<500 or rate<0.01"
        )
    percent = float(found["percent"]) if found["percent"] else None
    aggregation = "p" if percent is not None else found["aggregation"]
    if ("p(N)" if aggregation == "p" else aggregation) not in AGGREGATIONS[metric]:
        raise ThresholdError(
            f"threshold {text!r}: {metric} has no {aggregation}; there are: {_catalogue()}"
        )
    if percent is not None and not 0 < percent <= 100:
        raise ThresholdError(f"threshold {text!r}: a percentile lies above 0 and at most at 100")
    return Threshold(metric, aggregation, found["relation"], float(found["bound"]), percent)


def _catalogue() -> str:
    return "; ".join(f"{metric}: {', '.join(names)}" for metric, names in AGGREGATIONS.items())


def _spell(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)
