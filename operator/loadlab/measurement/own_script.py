"""What a script of the user's own asks for beside its requests: bounds, and what is not in force.

Its thresholds are k6's: of an aggregation of one metric. Those on times of its own are worked out
here, while the histograms are there; those on k6's metrics are judged as criteria are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadlab.measurement.documents import K6Document, OwnThreshold
from loadlab.measurement.histogram import Histogram

WARM_UP = "warmup"
_OF_TIMES = ("avg", "min", "med", "max", "p")
_OF_K6 = {  # what a criterion may be about: loadlab.analysis.criteria
    "http_req_duration": _OF_TIMES,
    "http_req_failed": ("rate",),
    "http_reqs": ("count", "rate"),
    "dropped_iterations": ("count",),
}
_SPELLING = re.compile(
    r"\s*(?P<name>[a-z]+)(?:\(\s*(?P<percent>\d{1,3}(?:\.\d{1,4})?)\s*\))?"
    r"\s*(?:<=|>=|==|!=|<|>)\s*\d{1,12}(?:\.\d{1,6})?\s*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptBound:
    """One threshold of a script. Of a time of its own the value of this trial is beside it."""

    metric: str
    threshold: str
    value: float | None = None  # ms; None for a metric of k6's


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptFacts:
    """What a script's options ask for."""

    bounds: tuple[ScriptBound, ...] = ()
    unsupported: tuple[str, ...] = ()  # thresholds on what is not looked at
    ignored: tuple[str, ...] = ()  # options that are not in force
    cut_in_warm_up: int = 0  # iterations; what they put off ends in the measurement


def script_facts(documents: Sequence[K6Document]) -> ScriptFacts | None:
    """Return what the pods' script asks for; None where the requests are ours."""
    told = documents[0].script
    if told is None:
        return None
    bounds = [_bound(documents, each) for each in told.thresholds]
    return ScriptFacts(
        bounds=tuple(bound for bound in bounds if bound is not None),
        unsupported=tuple(
            f"{each.metric}: {each.threshold}"
            for each, bound in zip(told.thresholds, bounds, strict=True)
            if bound is None
        ),
        ignored=told.ignored,
        cut_in_warm_up=sum(
            document.scenarios[WARM_UP].interrupted_iterations
            for document in documents
            if WARM_UP in document.scenarios
        ),
    )


def _bound(documents: Sequence[K6Document], asked: OwnThreshold) -> ScriptBound | None:
    found = _SPELLING.fullmatch(asked.threshold)
    known = _OF_K6.get(asked.metric, _OF_TIMES)
    if found is None or found["name"] not in known or not _is_percentile(found):
        return None
    if asked.metric in _OF_K6:
        return ScriptBound(metric=asked.metric, threshold=asked.threshold)
    trend = Histogram.merged(_of_trend(documents, asked.metric))
    if not trend.count:
        return None
    value = _value_ms(trend, found["name"], found["percent"])
    return ScriptBound(metric=asked.metric, threshold=asked.threshold, value=value)


def _is_percentile(found: re.Match[str]) -> bool:
    """Whether p has a number from above 0 to 100, and nothing else has one."""
    percent = found["percent"]
    if found["name"] != "p":
        return percent is None
    return percent is not None and 0 < float(percent) <= 100


def _of_trend(documents: Sequence[K6Document], name: str) -> Iterator[Histogram]:
    return (document.trends[name].hdr for document in documents if name in document.trends)


def _value_ms(trend: Histogram, name: str, percent: str | None) -> float:
    match name:
        case "avg":
            return trend.mean_us / 1000
        case "min":
            return trend.min_us / 1000
        case "max":
            return trend.max_us / 1000
        case _:
            return trend.percentile_us(float(percent or 50)) / 1000  # med
