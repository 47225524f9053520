"""What a report is about, and how its cells are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from loadlab.catalogue import Cell, Factor
from loadlab.model.status import LoadExperimentStatus, ResultRow
from loadlab.report.stored import StoredTrial


@dataclass(frozen=True)
class Subject:
    """An experiment and its trials; without slots, so that names are made once."""

    name: str
    namespace: str
    status: LoadExperimentStatus
    trials: tuple[StoredTrial, ...] = ()
    purpose: str = ""  # of the load: Compare, Capacity or nothing said
    workload: str = ""
    notes: tuple[str, ...] = ()  # what could not be read

    @property
    def rows(self) -> Sequence[ResultRow]:
        """One row for each cell."""
        return self.status.results

    @cached_property
    def cells(self) -> Sequence[Cell]:
        """The cells in the order of the rows; before there are any, those of the trials."""
        if self.rows:
            return [row.cell for row in self.rows]
        cells = [trial.spec.cell for trial in self.trials if trial.spec.role.is_in_block]
        return list({cell.title(): cell for cell in cells}.values())

    @cached_property
    def constant(self) -> tuple[tuple[str, str], ...]:
        """The levels that all cells have: said once, and in no cell's name."""
        found = ((factor, {cell.level(factor) for cell in self.cells}) for factor in Factor)
        return tuple(
            (str(factor), str(next(iter(levels))))
            for factor, levels in found
            if len(levels) == 1 and levels != {None}
        )

    @cached_property
    def variants(self) -> tuple[str, ...]:
        """The variants in the order of the cells: each has a colour and a shape."""
        return tuple(dict.fromkeys(cell.variant for cell in self.cells))

    @cached_property
    def _titles(self) -> Mapping[str, str]:
        return {row.cell.title(): self.name_of(row.cell) for row in self.rows}

    def name_of(self, cell: Cell) -> str:
        """Name a cell by its variant and the levels that tell it from the others."""
        said = dict(self.constant)
        told = (
            f"{factor}={level}" for factor, level in cell.levels() if said.get(factor) != str(level)
        )
        return " ".join([cell.variant, *told]).strip()

    def title_of(self, title: str) -> str:
        """Shorten a title of a cell, or of several, as the status spells it."""
        if title in self._titles:
            return self._titles[title]
        said = {f"{factor}={level}" for factor, level in self.constant}
        return " ".join(part for part in title.split("/") if part not in said)

    def series_of(self, variant: str) -> int:
        """Return the number of the variant's colour and shape, from 0."""
        return self.variants.index(variant) if variant in self.variants else len(self.variants)
