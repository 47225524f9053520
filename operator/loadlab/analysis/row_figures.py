"""A row's figures by their names, and how far each may be trusted."""

from pydantic.alias_generators import to_camel

from loadlab.model.status import RequestRow, ResultRow, Standing
from loadlab.validity.judgement import ReasonKind
from loadlab.validity.lateness import are_apart


def mean_of(row: ResultRow, figure: str) -> float | None:
    """Return a row's figure; that of one kind of request is spelled such as `ping.p95_ms`."""
    request, _, name = figure.rpartition(".")
    if request:
        found = _named(row, request)
        return found.latency_ms.p95 if found and found.latency_ms else None
    known = getattr(row, name)
    return known.mean if known else None


def standing_of(row: ResultRow, figure: str) -> Standing:
    """Return how far a row's figure may be trusted, spelled as for `mean_of`."""
    request, _, name = figure.rpartition(".")
    if request:
        found = _named(row, request)
        return _standing_of_p95(found) if found else Standing.UNSOUND
    figure_of_row = getattr(row, name)
    return figure_of_row.standing if figure_of_row else Standing.UNSOUND


def spelled(figure: str) -> str:
    """Return a figure's name as a status spells it, such as `ping.p95Ms`."""
    request, dot, name = figure.rpartition(".")
    return f"{request}{dot}{to_camel(name)}"


def is_thin(row: ResultRow, figure: str) -> bool:
    """Whether nothing is said against a row's p95 but that few samples lie above it."""
    p95 = row.p95_ms if figure == "p95_ms" else None
    return p95 is not None and p95.why == ReasonKind.TOO_FEW_SAMPLES


def standing_beside(row: ResultRow, figure: str) -> Standing:
    """Return how far a row's figure may be trusted to be told from another row's.

    What few samples stray by is in the spread of the replicates, which decides there.
    """
    return Standing.SOUND if is_thin(row, figure) else standing_of(row, figure)


def why_no_rate(row: ResultRow) -> str:
    """Say that a row's requests per second are no rate that its cell keeps; else nothing."""
    rate = row.requests_per_second
    if rate is None or rate.standing is not Standing.UNSOUND:
        return ""
    return f"it is no rate that the cell keeps, see the reason {rate.why} of its row"


def _named(row: ResultRow, request: str) -> RequestRow | None:
    return next((named for named in row.by_request or () if named.name == request), None)


def _standing_of_p95(found: RequestRow) -> Standing:
    """As for the p95 of a row: the generator's own lateness must be no part of it that matters."""
    latency, sent = found.latency_ms, found.latency_from_send_ms
    if latency is None:
        return Standing.UNSOUND
    if latency.is_lower_bound("p95"):
        return Standing.BOUND
    is_late = sent is not None and are_apart(sent.p95, latency.p95)
    return Standing.UNSOUND if is_late else Standing.SOUND
