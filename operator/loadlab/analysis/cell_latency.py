"""What the latencies of a cell and of its requests by name count from, where that matters."""

from collections.abc import Mapping, Sequence

from loadlab.analysis.failures import failure_rows
from loadlab.analysis.percentiles import mean_latency
from loadlab.analysis.trial_figures import TrialFigures
from loadlab.measurement.requests_by_name import NamedCount
from loadlab.model.status import LatencyMs, RequestRow
from loadlab.validity.lateness import ends_apart

_BOUND = "lower_bound_above"
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
    """Return the rows of the requests by name."""
    return tuple(_row(name, found, used) for name, found in sorted(named.items()))


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
