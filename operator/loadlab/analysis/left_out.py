"""The figures that are compared in no cell, as so many cells leave the status no room for them."""

from collections.abc import Iterable, Sequence

from pydantic.alias_generators import to_camel

from loadlab.analysis.comparison import compared_figures
from loadlab.analysis.controls import controls_of
from loadlab.analysis.expectation import Replicate
from loadlab.model.status import MAX_ROWS, ResultRow


def figures_left_out(
    rows: Sequence[ResultRow], replicates: Iterable[Replicate], *, latency: bool = True
) -> tuple[str, ...]:
    """Return those that `compare_cells` leaves out, as the status spells them."""
    pairs = controls_of(rows)
    names = compared_figures(replicates, latency=latency)
    return tuple(map(to_camel, names[MAX_ROWS // len(pairs) :])) if pairs else ()
