"""What a data set is, for those who load and check it: tables, how their rows are made, its SQL."""

from dataclasses import dataclass
from typing import LiteralString


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its ids run from 1 to `rows`.

    The statement makes the rows of every `step`-th id from `first` to `last`, in that order and
    under the names of the table's columns; `values` are its other parameters.
    """

    rows: int
    statement: LiteralString
    values: dict[str, int]


@dataclass(frozen=True, slots=True)
class DataSet:
    """Tables in the order in which they are filled; a seed decides about every value in them."""

    name: str
    scale: float
    seed: int
    tables: dict[str, Table]
    schema: bytes
    keys: bytes

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        return {name: table.rows for name, table in self.tables.items()}

    def __str__(self) -> str:
        return f"{self.name} of scale {self.scale:g}, seed {self.seed}"
