"""What the latencies of a cell and of its requests by name count from, where that matters."""

from collections.abc import Mapping, Sequence
from functools import partial

from loadlab.analysis.failures import failure_rows
from loadlab.analysis.percentiles import mean_latency
from loadlab.analysis.trial_figures import TrialFigures
from loadlab.measurement.failures import KEPT, most_frequent
from loadlab.measurement.requests_by_name import NamedCount
from loadlab.model.status import MAX_NAMES, LatencyMs, RequestRow
from loadlab.validity.lateness import ends_apart

_BOUND = "lower_bound_above"
OTHERS = "__other__"  # as k6's output calls those that it had no room for
Replicate = tuple[LatencyMs | None, LatencyMs | None]  # of one: as reported, and from the send


def lower_ends(latency: LatencyMs | None, replicates: Sequence[Replicate]) -> LatencyMs | None:
    """Return the mean latency from the send, where it is another one than the reported.

    A replicate that does not tell it has the reported one. It is stored coarser, and never above.
    """
    if latency is None or not any(sent for _, sent in replicates):
        return None
    found = mean_latency([sent or whole for whole, sent in replicates if whole])
    if found is None or not ends_apart(latency, found):
        return None
    figures = (name for name in LatencyMs.model_fields if name != _BOUND)
    return found.model_copy(
        update={name: min(getattr(found, name), getattr(latency, name)) for name in figures}
    )


def request_rows(
    named: Mapping[str, NamedCount], used: Sequence[TrialFigures]
) -> tuple[RequestRow, ...]:
    """Return the rows of the requests by name; of too many those that are left are one row.

    A script may name each request by its address, and each replicate meets other ones: those that
    all replicates have come first, then those with the most requests. Those of one row more have no
    latency: it would be that of other requests in each replicate.
    """
    if len(named) <= MAX_NAMES:
        return tuple(_row(name, found, used) for name, found in sorted(named.items()))
    in_order = sorted(named.items(), key=partial(_rank, used=used))
    kept, rest = in_order[: MAX_NAMES - 1], [found for _, found in in_order[MAX_NAMES - 1 :]]
    rows = [_row(name, found, used) for name, found in sorted(kept)]
    return (*rows, _row(OTHERS, _together(rest), []))


def _rank(
    named: tuple[str, NamedCount], used: Sequence[TrialFigures]
) -> tuple[bool, int, int, str]:
    name, found = named
    missing = sum(name not in trial.latency_by_request for trial in used)
    return name == OTHERS, missing, -found.requests, name


def _together(counts: Sequence[NamedCount]) -> NamedCount:
    failures = tuple(failure for found in counts for failure in found.failures)
    return NamedCount(
        requests=sum(found.requests for found in counts),
        failed=sum(found.failed for found in counts),
        answers=sum(found.answers for found in counts),
        failures=most_frequent(failures, KEPT),
    )


def _row(name: str, found: NamedCount, used: Sequence[TrialFigures]) -> RequestRow:
    replicates = [(t.latency_by_request.get(name), t.from_send_by_request.get(name)) for t in used]
    latency = mean_latency([whole for whole, _ in replicates if whole])
    return RequestRow(
        name=name,
        requests=found.requests,
        failed_rate=found.failed_rate,
        latency_ms=latency,
        latency_from_send_ms=lower_ends(latency, replicates),
        failures=failure_rows(found.failures, found.requests),
    )
