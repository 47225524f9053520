"""The cells of an experiment and the order of its trials."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import product

from loadlab.model.expectations import matches
from loadlab.model.factors import Exclusion, Factor
from loadlab.model.spec import LoadExperimentSpec, Strategy
from loadlab.model.status import Cell
from loadlab.plan.catalogue import has_meaning
from loadlab.plan.requests import DEFAULT_WRITE_PERCENT

DEFAULT_LEVELS: dict[Factor, tuple[int, ...]] = {
    Factor.CONSUMERS: (1,),
    Factor.BATCH_SIZE: (500,),
    Factor.MS: (1000,),
    Factor.FIB: (15,),
    Factor.WRITE_PERCENT: (DEFAULT_WRITE_PERCENT,),
}


def levels_of(spec: LoadExperimentSpec, factor: Factor) -> tuple[int, ...]:
    """Return the levels of a factor; none where the executor gives it no meaning."""
    is_open = spec.load.executor.is_open
    if factor is (Factor.VIRTUAL_USERS if is_open else Factor.RATE):
        return ()
    given = spec.factors.dump().get(factor)
    return tuple(given) if isinstance(given, list) else DEFAULT_LEVELS.get(factor, ())


def cells_of(spec: LoadExperimentSpec) -> tuple[Cell, ...]:
    """Return all cells, variants first; a factor without meaning for a variant is left out."""
    cells: dict[str, Cell] = {}
    for variant in spec.variants:
        for cell in _cells_of_variant(spec, variant.name):
            if not any(_matches(pattern, cell) for pattern in spec.exclude):
                cells.setdefault(cell.title(), cell)
    return tuple(cells.values())


def _cells_of_variant(spec: LoadExperimentSpec, variant: str) -> Iterator[Cell]:
    swept = [
        (factor, levels)
        for factor in Factor
        if has_meaning(spec.workload, variant, factor) and (levels := levels_of(spec, factor))
    ]
    names = [factor.value for factor, _ in swept]
    for combination in product(*(levels for _, levels in swept)):
        yield Cell.model_validate(
            {"variant": variant, **dict(zip(names, combination, strict=True))}
        )


def _matches(pattern: Exclusion, cell: Cell) -> bool:
    return bool(pattern.dump()) and matches(pattern, cell)  # an empty pattern leaves nothing out


def ordered(spec: LoadExperimentSpec, cells: tuple[Cell, ...]) -> tuple[tuple[Cell, int], ...]:
    """Return (cell, replicate) in the order in which they run.

    Interleaved: each replicate of all cells is one block, in an order drawn from the seed by
    hashing, which every Python version draws alike.
    """
    replicates = range(1, spec.replicates + 1)
    if spec.order.strategy is Strategy.SEQUENTIAL:
        return tuple((cell, replicate) for cell in cells for replicate in replicates)

    def place(cell: Cell, replicate: int) -> str:
        text = f"{spec.order.seed}/{replicate}/{cell.title()}"
        return sha256(text.encode()).hexdigest()

    return tuple(
        (cell, replicate)
        for replicate in replicates
        for cell in sorted(cells, key=lambda cell: place(cell, replicate))
    )
