"""The intervals of the rows, once all cells are there: few replicates borrow the others' noise."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from loadlab.analysis.blocks import BlockNoise, block_noise
from loadlab.analysis.estimate import LogEstimate
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.trial_figures import TrialFigures, cost_components
from loadlab.model.status import Figure, ResultRow

LogsByCell = Mapping[str, Mapping[int, float]]  # by the cell's title and the block
Read = Callable[[TrialFigures, Set[str]], float | None]  # by the components that cost CPU
FIGURES: Mapping[str, Read] = {
    "requests_per_second": lambda trial, _: trial.requests_per_second,
    "p95_ms": lambda trial, _: trial.latency_ms.p95 if trial.latency_ms else None,
    "cpu_micros": lambda trial, components: trial.cpu_micros(components),
}


def tail_of(request: str) -> Read:
    """Return what reads the p95 of the requests of one name."""

    def read(trial: TrialFigures, _: Set[str]) -> float | None:
        found = trial.latency_by_request.get(request)
        return found.p95 if found else None

    return read


def usable_by_cell(replicates: Iterable[Replicate]) -> Mapping[str, Sequence[Replicate]]:
    """Return the replicates that may be used by the title of their cell."""
    cells: dict[str, list[Replicate]] = {}
    for replicate in replicates:
        if replicate.trial.is_usable:
            cells.setdefault(replicate.cell.title(), []).append(replicate)
    return cells


def logs_by_cell(cells: Mapping[str, Sequence[Replicate]], read: Read) -> LogsByCell:
    """Return the logarithms of a figure, cell by cell and block by block; what is 0 has none."""
    return {title: _logs(used, read) for title, used in cells.items()}


def _logs(used: Sequence[Replicate], read: Read) -> Mapping[int, float]:
    components = cost_components(replicate.trial for replicate in used)
    values = {replicate.block: read(replicate.trial, components) for replicate in used}
    return {block: math.log(value) for block, value in values.items() if value}


def with_pooled_intervals(
    rows: Sequence[ResultRow], replicates: Sequence[Replicate], pilot: int | None = None
) -> tuple[ResultRow, ...]:
    """Return the rows, the intervals of their figures by the noise of all cells together.

    `pilot` is the last block of those that decided how many there are, here and below.
    """
    cells = usable_by_cell(replicates)
    tables = {name: logs_by_cell(cells, read) for name, read in FIGURES.items()}
    noises = {name: block_noise(list(table.values()), pilot) for name, table in tables.items()}
    return tuple(
        row.model_copy(
            update={
                name: _pooled(row, name, table.get(row.cell.title(), {}), noises[name])
                for name, table in tables.items()
            }
        )
        for row in rows
    )


def _pooled(
    row: ResultRow, name: str, logs: Mapping[int, float], noise: BlockNoise | None
) -> Figure | None:
    figure: Figure | None = getattr(row, name)
    if figure is None or not logs:
        return figure
    values = [math.exp(value) for value in logs.values()]
    found = LogEstimate.of_mean(list(logs.values()), noise).figure(values)
    interval = {name: getattr(found, name) for name in ("low", "high", "least", "most")}
    is_of_all = len(logs) == row.replicates.valid
    return figure.model_copy(update=interval | {"replicates": None if is_of_all else len(logs)})
