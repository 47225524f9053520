"""What a script of the user's own asks for beside its requests: bounds, and what is not in force.

Its thresholds are k6's: of an aggregation of one metric. Those on its checks and times are worked
out here, while the histograms are there; those on requests are judged as criteria are.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadlab.measurement.documents import (
    MEASURED_SCENARIO,
    K6Document,
    OwnThreshold,
    Scenario,
)
from loadlab.measurement.nearby import Nearby
from loadlab.measurement.script_trends import known_of, nearby_of

WARM_UP = "warmup"
_OF_TIMES = ("avg", "min", "med", "max", "p")
_OF_K6 = {  # what a criterion may be about: loadlab.analysis.criteria
    "http_req_duration": _OF_TIMES,
    "http_req_failed": ("rate",),
    "http_reqs": ("count", "rate"),
    "dropped_iterations": ("count",),
}
CHECKS = "checks"
LONGEST = 100.0  # percent: of the values that there were it is known
TOLD_CHECKS = 3  # that are told
TOLD_EXCEPTIONS = 3
_SPELLING = re.compile(
    r"\s*(?P<name>[a-z]+)(?:\(\s*(?P<percent>\d{1,3}(?:\.\d{1,4})?)\s*\))?"
    r"\s*(?:<=|>=|==|!=|<|>)\s*(?P<bound>\d{1,12}(?:\.\d{1,6})?)\s*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptBound:
    """One threshold of a script. Of its times and checks the value of this trial is beside it."""

    metric: str
    threshold: str
    value: float | None = None  # ms, or a share of the checks; None for a metric of requests
    checks: tuple[int, int] | None = None  # that passed, of so many
    nearby: Nearby | None = None  # values, of a percentile of those below the longest


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptFacts:
    """What a script's options ask for."""

    bounds: tuple[ScriptBound, ...] = ()
    unsupported: tuple[str, ...] = ()  # thresholds on what is not looked at
    ignored: tuple[str, ...] = ()  # options that are not in force
    failed_checks: tuple[str, ...] = ()  # the most frequent ones, in words
    iterations: int = 0  # of the measurement
    thrown: int = 0  # of them: they ended with an exception, without what would have followed
    exceptions: tuple[str, ...] = ()  # the most frequent ones, in words
    beside: tuple[str, ...] = ()  # what is no HTTP request and in no figure, in words
    cut_in_warm_up: int = 0  # iterations; what they put off ends in the measurement


def script_facts(documents: Sequence[K6Document]) -> ScriptFacts | None:
    """Return what the pods' script asks for; None where the requests are ours."""
    told = documents[0].script
    if told is None:
        return None
    measured = [d.scenarios[MEASURED_SCENARIO] for d in documents]
    thrown = _thrown(measured)
    bounds = [_bound(documents, each) for each in told.thresholds]
    return ScriptFacts(
        bounds=tuple(bound for bound in bounds if isinstance(bound, ScriptBound)),
        unsupported=(
            *(bound for bound in bounds if isinstance(bound, str)),
            *_left_out(told.thresholds_left_out),
        ),
        ignored=told.ignored,
        failed_checks=_failed_checks(documents),
        iterations=sum(scenario.iterations for scenario in measured),
        thrown=thrown.total(),
        exceptions=tuple(
            f"{number:,} x {text}" for text, number in thrown.most_common(TOLD_EXCEPTIONS)
        ),
        beside=_beside(measured),
        cut_in_warm_up=sum(
            document.scenarios[WARM_UP].interrupted_iterations
            for document in documents
            if WARM_UP in document.scenarios
        ),
    )


def _left_out(thresholds: int) -> Iterator[str]:
    if thresholds:
        yield f"{thresholds} more, as 20 are the most"


def _beside(scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    found: Counter[str] = Counter()
    for scenario in scenarios:
        found.update(scenario.other_protocols)
    return tuple(f"{number:,} {what}" for what, number in sorted(found.items()) if number)


def _thrown(scenarios: Sequence[Scenario]) -> Counter[str]:
    thrown: Counter[str] = Counter()
    for each in (each for scenario in scenarios for each in scenario.exceptions):
        thrown[each.text] += each.iterations
    return thrown


def _bound(documents: Sequence[K6Document], asked: OwnThreshold) -> ScriptBound | str:
    """One threshold, or in words what is not judged."""
    found = _SPELLING.fullmatch(asked.threshold)
    known = _OF_K6.get(asked.metric, _OF_TIMES)
    known = ("rate",) if asked.metric == CHECKS else known
    if found is None or found["name"] not in known or not _is_percentile(found):
        return str(asked)
    if asked.metric == CHECKS:
        return _of_checks(asked, *_checked(documents))
    if asked.metric in _OF_K6:
        return ScriptBound(metric=asked.metric, threshold=asked.threshold)
    return _of_trend(documents, asked, found)


def _of_trend(
    documents: Sequence[K6Document], asked: OwnThreshold, found: re.Match[str]
) -> ScriptBound | str:
    trends = [
        document.trends[asked.metric] for document in documents if asked.metric in document.trends
    ]
    percent = found["percent"]
    known = known_of(trends, found["name"], float(percent) if percent else None)
    if known is None:
        return str(asked)
    if not known.decides(float(found["bound"])):
        return f"{asked}, as it lies between {known.low:g} and {known.high:g}"
    near = nearby_of(trends, float(percent)) if percent and float(percent) < LONGEST else None
    return ScriptBound(
        metric=asked.metric, threshold=asked.threshold, value=known.value, nearby=near
    )


def _of_checks(
    asked: OwnThreshold, passed: Counter[str], failed: Counter[str]
) -> ScriptBound | str:
    if not (all_of_them := passed.total() + failed.total()):
        return str(asked)
    counts = passed.total(), all_of_them
    return ScriptBound(
        metric=asked.metric,
        threshold=asked.threshold,
        value=counts[0] / all_of_them,
        checks=counts,
    )


def _checked(documents: Sequence[K6Document]) -> tuple[Counter[str], Counter[str]]:
    passed: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for document in documents:
        passed.update({name: found.passed for name, found in document.checks.items()})
        failed.update({name: found.failed for name, found in document.checks.items()})
    return passed, failed


def _failed_checks(documents: Sequence[K6Document]) -> tuple[str, ...]:
    passed, failed = _checked(documents)
    return tuple(
        f"{name!r} failed {number:,} of {number + passed[name]:,} times"
        for name, number in failed.most_common(TOLD_CHECKS)
        if number
    )


def _is_percentile(found: re.Match[str]) -> bool:
    """Whether p has a number from above 0 to 100, and nothing else has one."""
    percent = found["percent"]
    if found["name"] != "p":
        return percent is None
    return percent is not None and 0 < float(percent) <= 100
