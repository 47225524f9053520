"""Requests by name: the load's own, those beside it, and reads apart by what the cache said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from loadlab.measurement.documents import MEASURED_SCENARIO, K6Document, Scenario, Split
from loadlab.measurement.failures import (
    KEPT,
    FailedRequests,
    failures_of,
    most_frequent,
)
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Unanswered
from loadlab.measurement.sending import SplitLatency
from loadlab.measurement.series import merge_series
from loadlab.measurement.values import NamedRequests, SideLoad
from loadlab.measurement.without_answer import waited_of
from loadlab.plan.expected import LoadFacts

SIDE_SCENARIO = "side"
# The scenario script's trends, and what the results call them.
_CACHE_TRENDS = {"cache_hit": "hit", "cache_miss": "miss"}


def named_requests(documents: Sequence[K6Document], load: LoadFacts) -> dict[str, NamedRequests]:
    """Return the requests of each name; nothing where there is one name only."""
    splits: dict[str, list[Split]] = {}
    waited: dict[str, list[Unanswered]] = {}
    for document in documents:
        for scenario in _loading(document):
            for split in scenario.splits:
                splits.setdefault(split.name, []).append(split)
                waited.setdefault(split.name, []).append(waited_of(scenario, split, load))
    beside = _beside(documents)
    failures = most_frequent((f for scenario in beside for f in failures_of(scenario)), KEPT)
    names = {split.name for scenario in beside for split in scenario.splits}
    dropped = sum(scenario.dropped_iterations for scenario in beside)
    named = {
        name: _merged(found, Unanswered.total(waited[name]))
        for name, found in sorted(splits.items())
    }
    for name in names & named.keys():
        named[name] = replace(named[name], failures=failures, dropped=dropped)
    named |= _by_cache(documents)
    return named if len(named) > 1 else {}


def side_load(documents: Sequence[K6Document]) -> SideLoad | None:
    """Return what was sent beside the load; None where nothing was."""
    if not (beside := _beside(documents)):
        return None
    return SideLoad(
        names=tuple(sorted({split.name for scenario in beside for split in scenario.splits})),
        series=merge_series(beside),
    )


def _beside(documents: Sequence[K6Document]) -> list[Scenario]:
    return [d.scenarios[SIDE_SCENARIO] for d in documents if SIDE_SCENARIO in d.scenarios]


@dataclass(frozen=True, slots=True)
class NamedCount:
    """The requests of one name over replicates, and why some failed."""

    requests: int = 0
    failed: int = 0
    answers: int = 0  # successful ones, of which the latency is
    failures: tuple[FailedRequests, ...] = ()

    def plus(self, named: NamedRequests) -> Self:
        """Add those of one more replicate."""
        return replace(
            self,
            requests=self.requests + named.requests,
            failed=self.failed + named.failed,
            answers=self.answers + named.latency.count,
            failures=most_frequent((*self.failures, *named.failures), KEPT),
        )

    @property
    def failed_rate(self) -> float:
        """Share of failed requests, 0..1."""
        return self.failed / self.requests if self.requests else 0.0


def _loading(document: K6Document) -> Iterator[Scenario]:
    names = (MEASURED_SCENARIO, SIDE_SCENARIO)
    yield from (document.scenarios[name] for name in names if name in document.scenarios)


def _merged(found: Sequence[Split], waited: Unanswered) -> NamedRequests:
    load = SplitLatency.of(found)
    return NamedRequests(
        requests=sum(split.requests for split in found),
        failed=sum(split.failed for split in found),
        latency=load.latency,
        sending=load.sending,
        without_answer=waited,
    )


def _by_cache(documents: Sequence[K6Document]) -> dict[str, NamedRequests]:
    named = {}
    for trend, name in _CACHE_TRENDS.items():
        found = [d.trends[trend].hdr for d in documents if trend in d.trends]
        if found:
            latency = Histogram.merged(found)
            named[name] = NamedRequests(requests=latency.count, failed=0, latency=latency)
    return named
