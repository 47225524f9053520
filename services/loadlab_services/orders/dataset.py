"""The data set that `select` and `simulation` read: users, products, orders and their items."""

from dataclasses import asdict
from importlib.resources import files
from typing import Final

from loadlab_services.data.shape import DataSet, Table
from loadlab_services.orders.generate import statements
from loadlab_services.orders.rows import rows_at

TABLES: Final = ("users", "products", "orders", "order_items")


def orders_at(scale: float, seed: int) -> DataSet:
    """Return the data set of a scale and a seed."""
    rows = rows_at(scale)
    made = statements(seed, rows)
    folder = files("loadlab_services.orders")
    return DataSet(
        name="orders",
        scale=scale,
        seed=seed,
        tables={table: Table(asdict(rows)[table], *made[table]) for table in TABLES},
        schema=folder.joinpath("schema.sql").read_bytes(),
        keys=folder.joinpath("keys.sql").read_bytes(),
    )
