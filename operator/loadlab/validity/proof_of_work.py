"""Proof of work: what the stores did between the two snapshots, against what was answered.

The stores' own counters are asked, not the service: a variant that answers without doing the work
cannot pretend. Postgres' backends report their counters once a second at most, so that the last
second before a snapshot may be missing in it (PostgreSQL manual, 28.2: The Cumulative Statistics
System); bounds allow for it. Redis counts at once.
"""

from collections.abc import Iterator

from loadlab.base.names import Component
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.values import TrialMeasurement
from loadlab.measurement.work_done import WorkDone
from loadlab.model.status.evidence import LAST_WORDS
from loadlab.plan.expected import ExpectedWork
from loadlab.validity import bounds
from loadlab.validity.judgement import Family, Reason, ReasonKind, invalid, suspect


def proof_reasons(trial: TrialMeasurement) -> Iterator[Reason]:
    """Hold what the stores did against what was answered."""
    expected, counts = trial.expected, trial.counts
    if expected is None:
        return
    yield from _waited(trial, expected)
    yield from _workers(trial, expected)
    if counts is None or counts.seconds < bounds.COUNT_MIN_SECONDS or trial.work is None:
        return
    answered = counts.load * (1 - trial.failed_rate)
    reads = answered * (1 - expected.write_share)
    yield from _looked_up(trial, expected, trial.work, reads)
    yield from _queried(expected, counts, trial.work, reads)


def _waited(trial: TrialMeasurement, expected: ExpectedWork) -> Iterator[Reason]:
    """Hold the fastest good answer against its wait; of answers that are not told apart none is."""
    shortest = trial.latency.min_us / 1000
    needed = bounds.WAITED_SHARE * expected.wait_ms - bounds.WAITED_EARLY_MS
    if trial.failed and trial.program and trial.program.latency_mixes_failures:
        return
    if trial.latency.count and shortest < needed:
        yield invalid(
            ReasonKind.WORK_SKIPPED,
            f"an answer came after {shortest:.1f} ms, each must wait {expected.wait_ms:g} ms: "
            "the service did not wait",
            Family.SERVICE,
        )


def _workers(trial: TrialMeasurement, expected: ExpectedWork) -> Iterator[Reason]:
    service = trial.components.get(Component.SERVICE)
    if expected.workers is None or service is None or service.processes is None:
        return
    if service.processes != expected.workers:
        yield invalid(
            ReasonKind.WORKERS_MISMATCH,
            f"{service.processes} processes served, {expected.workers} workers were asked for: "
            f"a worker died, or the server did not start them; {LAST_WORDS}",
        )
    spread = service.request_spread
    if spread is not None and spread > bounds.WORKER_SPREAD:
        yield suspect(
            ReasonKind.WORKERS_UNEVEN,
            f"the busiest worker served {spread:.1f} times the requests of the idlest, bound "
            f"{bounds.WORKER_SPREAD:g}: fewer workers did the work than were asked for",
        )


def _looked_up(
    trial: TrialMeasurement, expected: ExpectedWork, work: WorkDone, reads: float
) -> Iterator[Reason]:
    if not expected.cached:
        return
    if work.lookups is None:
        yield _unknown("Redis")
        return
    needed = bounds.LOOKUP_SHARE * reads - trial.load.virtual_users
    if work.lookups < needed:
        yield invalid(
            ReasonKind.WORK_SKIPPED,
            f"Redis saw {work.lookups} look-ups for {reads:.0f} reads, at least {needed:.0f} "
            "expected: the service did not ask its cache",
            Family.SERVICE,
        )


def _queried(
    expected: ExpectedWork, counts: RequestCounts, work: WorkDone, reads: float
) -> Iterator[Reason]:
    if not expected.transactions:
        return
    if work.transactions is None:
        yield _unknown("Postgres")
        return
    uncached = max(0.0, reads - (work.cache_hits or 0)) if expected.cached else reads
    unreported = bounds.STATISTICS_DELAY_SECONDS * uncached / counts.seconds
    needed = expected.transactions * (bounds.QUERY_SHARE * uncached - unreported)
    if work.transactions < needed:
        yield invalid(
            ReasonKind.WORK_SKIPPED,
            f"Postgres saw {work.transactions} transactions for {uncached:.0f} reads of "
            f"{expected.transactions}, at least {needed:.0f} expected: the service did not query",
            Family.SERVICE,
        )


def _unknown(store: str) -> Reason:
    return suspect(
        ReasonKind.WORK_NOT_VERIFIED,
        f"the counters of {store} are unknown or were reset: nobody can say whether the work "
        "was done",
    )
