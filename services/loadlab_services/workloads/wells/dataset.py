"""The data that `wells` reads: fields and their operators, wells, measurements, events."""

from dataclasses import asdict
from importlib.resources import files
from typing import Final

from loadlab_services.data.shape import DataSet, Table
from loadlab_services.workloads.wells.generate import STATEMENTS, values_of, wells_rows_at

TABLES: Final = tuple(STATEMENTS)


def wells_at(scale: float, seed: int) -> DataSet:
    """Return the data of a scale and a seed."""
    rows = wells_rows_at(scale)
    counts, values = asdict(rows), values_of(seed, rows)
    folder = files("loadlab_services.workloads.wells")
    return DataSet(
        name="wells",
        scale=scale,
        seed=seed,
        tables={
            name: Table(counts[name], statement, values) for name, statement in STATEMENTS.items()
        },
        schema=folder.joinpath("schema.sql").read_bytes(),
        keys=folder.joinpath("keys.sql").read_bytes(),
    )
