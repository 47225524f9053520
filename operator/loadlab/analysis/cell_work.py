"""The proof of work of a cell's replicates, added up and shared out over their requests."""

from collections.abc import Callable, Iterable, Sequence

from loadlab.analysis.trial_figures import TrialFigures
from loadlab.measurement.work_done import WorkDone
from loadlab.model.status import WorkRow


def work_of(measured: Sequence[TrialFigures]) -> WorkRow | None:
    """Add up what the stores did in the replicates that know it; None where none does."""
    known = [(m.work, m.counts.load) for m in measured if m.work and m.counts and m.counts.load]
    # A queue in Redis is looked up too: hits mean something where there is a cache.
    cached = [(m.work, 1.0) for m in measured if m.work and m.expected and m.expected.cached]
    hits = _total(cached, lambda work: work.cache_hits)
    lookups = _total(cached, lambda work: work.lookups)
    commits = _total(known, lambda work: work.commits)
    fresh = [m.freshness for m in measured if m.freshness]
    found = WorkRow(
        transactions=_per_request(known, lambda work: work.transactions),
        rows_read=_per_request(known, lambda work: work.rows_read),
        rows_written=_per_request(known, lambda work: work.rows_written),
        cache_hit_rate=hits / lookups if hits is not None and lookups else None,
        records_per_commit=(
            (_total(known, lambda work: work.persisted) or 0) / commits if commits else None
        ),
        stale_reads=sum(f.stale for f in fresh) if fresh else None,
        worst_stale_ms=max((f.worst_ms for f in fresh), default=None),
    )
    return found if found != WorkRow() else None


_Known = Iterable[tuple[WorkDone, float]]


def _total(known: _Known, pick: Callable[[WorkDone], int | None]) -> int | None:
    found = [count for work, _ in known if (count := pick(work)) is not None]
    return sum(found) if found else None


def _per_request(known: _Known, pick: Callable[[WorkDone], int | None]) -> float | None:
    found = [(count, load) for work, load in known if (count := pick(work)) is not None]
    return sum(count for count, _ in found) / sum(load for _, load in found) if found else None
