"""Requests by name: the load's own, those beside it, and reads apart by what the cache said."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from loadlab.measurement.documents import MEASURED_SCENARIO, K6Document, Split
from loadlab.measurement.failures import (
    KEPT,
    NO_ANSWER,
    FailedRequests,
    failures_of,
    most_frequent,
)
from loadlab.measurement.histogram import Histogram, HistogramSum
from loadlab.measurement.latency import ALL_ANSWERED, Unanswered
from loadlab.measurement.values import NamedRequests

SIDE_SCENARIO = "side"
# The scenario script's trends, and what the results call them.
_CACHE_TRENDS = {"cache_hit": "hit", "cache_miss": "miss"}


def named_requests(documents: Sequence[K6Document], timeout_ms: float) -> dict[str, NamedRequests]:
    """Return the requests of each name; nothing where there is one name only."""
    splits: dict[str, list[Split]] = {}
    for document in documents:
        for name in (MEASURED_SCENARIO, SIDE_SCENARIO):
            for split in document.scenarios[name].splits if name in document.scenarios else ():
                splits.setdefault(split.name, []).append(split)
    beside = [d.scenarios[SIDE_SCENARIO] for d in documents if SIDE_SCENARIO in d.scenarios]
    failures = most_frequent((f for scenario in beside for f in failures_of(scenario)), KEPT)
    names = {split.name for scenario in beside for split in scenario.splits}
    named = {
        name: _merged(found, failures if name in names else (), timeout_ms)
        for name, found in sorted(splits.items())
    }
    named |= _by_cache(documents)
    return named if len(named) > 1 else {}


class NamedSum:
    """The requests of each name over replicates, added up in place."""

    def __init__(self) -> None:
        self._requests: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._latency: dict[str, HistogramSum] = {}
        self._unanswered: dict[str, Unanswered] = {}
        self._failures: dict[str, tuple[FailedRequests, ...]] = {}

    def add(self, trial: Mapping[str, NamedRequests]) -> None:
        """Add those of one more replicate."""
        for name, named in trial.items():
            self._requests[name] += named.requests
            self._failed[name] += named.failed
            self._latency.setdefault(name, HistogramSum()).add(named.latency)
            waited = self._unanswered.get(name, ALL_ANSWERED)
            self._unanswered[name] = Unanswered.total([waited, named.without_answer])
            before = self._failures.get(name, ())
            self._failures[name] = most_frequent((*before, *named.failures), KEPT)

    def named_requests(self) -> dict[str, NamedRequests]:
        """Return what was added so far."""
        return {
            name: NamedRequests(
                requests=self._requests[name],
                failed=self._failed[name],
                latency=latency.histogram(),
                without_answer=self._unanswered[name],
                failures=self._failures[name],
            )
            for name, latency in self._latency.items()
        }


def _merged(
    splits: Iterable[Split], failures: tuple[FailedRequests, ...], timeout_ms: float
) -> NamedRequests:
    found = list(splits)
    timed_out = sum(split.requests for split in found if split.status_class == NO_ANSWER)
    return NamedRequests(
        requests=sum(split.requests for split in found),
        failed=sum(split.failed for split in found),
        latency=Histogram.merged(s.http_req_total.hdr for s in found if s.succeeded),
        without_answer=Unanswered.total([Unanswered(requests=timed_out, after_ms=timeout_ms)]),
        failures=failures,
    )


def _by_cache(documents: Sequence[K6Document]) -> dict[str, NamedRequests]:
    named = {}
    for trend, name in _CACHE_TRENDS.items():
        found = [d.trends[trend].hdr for d in documents if trend in d.trends]
        if found:
            latency = Histogram.merged(found)
            named[name] = NamedRequests(requests=latency.count, failed=0, latency=latency)
    return named
