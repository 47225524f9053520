"""How many connections to Postgres an experiment needs at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from loadlab.catalogue import Cell, Factor
from loadlab.plan.variants import ResolvedVariant

# Postgres keeps 3 for superusers; the steward and the data set's Job take up to 5.
RESERVED_CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Demand:
    """The connections that a cell needs: of the service's pools, and of the worker's consumers."""

    cell: Cell
    pooled: int
    consumers: int

    @property
    def total(self) -> int:
        """All of them; 0 where nothing is known, as of a variant without a pool."""
        held = self.pooled + self.consumers
        return held + RESERVED_CONNECTIONS if held else 0


def highest_demand(variants: Mapping[str, ResolvedVariant], cells: Iterable[Cell]) -> Demand | None:
    """Return the demand of the cell that needs the most; None where there is no cell."""
    demands = (_demand(variants[cell.variant], cell) for cell in cells)
    return max(demands, key=lambda demand: demand.total, default=None)


def _demand(variant: ResolvedVariant, cell: Cell) -> Demand:
    processes = variant.pods_in(cell) * (cell.number(Factor.WORKERS) or 1)
    return Demand(
        cell,
        pooled=processes * (cell.number(Factor.POOL_SIZE) or 0),
        consumers=(cell.number(Factor.CONSUMERS) or 0) if variant.facts.worker else 0,
    )
