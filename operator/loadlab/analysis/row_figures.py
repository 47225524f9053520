"""A row's figures by their names, and how far each may be trusted."""

from loadlab.model.status import LatencyMs, ResultRow, Standing


def mean_of(row: ResultRow, figure: str) -> float | None:
    """Return a row's figure; that of one kind of request is spelled such as `ping.p95_ms`."""
    request, _, name = figure.rpartition(".")
    if request:
        latency = _latency_of(row, request)
        return latency.p95 if latency else None
    known = getattr(row, name)
    return known.mean if known else None


def _latency_of(row: ResultRow, request: str) -> LatencyMs | None:
    return next((n.latency_ms for n in row.by_request or () if n.name == request), None)


def standing_of(row: ResultRow, figure: str) -> Standing:
    """Return how far a row's figure may be trusted, spelled as for `mean_of`."""
    request, _, name = figure.rpartition(".")
    if request:
        latency = _latency_of(row, request)
        is_bound = latency is not None and latency.is_lower_bound("p95")
        known = Standing.BOUND if is_bound else Standing.SOUND
        return known if latency else Standing.UNSOUND
    figure_of_row = getattr(row, name)
    return figure_of_row.standing if figure_of_row else Standing.UNSOUND
