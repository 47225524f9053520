"""The two queries, and the data frames that their rows become."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, LiteralString

from loadlab_services.stores.session import SESSION_TIMEZONE
from loadlab_services.workloads.simulation.contract import Simulated

if TYPE_CHECKING:
    from polars import DataFrame


@dataclass(frozen=True, slots=True)
class Query:
    """A query by user, and its columns with their types in Postgres."""

    sql: LiteralString
    columns: dict[str, str]


PRODUCTS: Final = Query(
    """
    SELECT DISTINCT p.id, p.title, p.unit_price, p.created_at
    FROM orders o
    JOIN order_items i ON i.order_id = o.id
    JOIN products p ON p.id = i.product_id
    WHERE o.user_id = $1::bigint
    """,
    {"id": "bigint", "title": "text", "unit_price": "numeric", "created_at": "timestamptz"},
)
ITEMS: Final = Query(
    """
    SELECT i.id, i.order_id, i.product_id, i.quantity, i.unit_price, i.created_at
    FROM orders o
    JOIN order_items i ON i.order_id = o.id
    WHERE o.user_id = $1::bigint
    """,
    {
        "id": "bigint",
        "order_id": "bigint",
        "product_id": "bigint",
        "quantity": "integer",
        "unit_price": "numeric",
        "created_at": "timestamptz",
    },
)


@dataclass(frozen=True, slots=True)
class Frames:
    """What both queries found."""

    products: "DataFrame"
    items: "DataFrame"

    @property
    def total(self) -> int:
        """How many pieces the user ordered."""
        return int(self.items["quantity"].sum())

    def answer(self, fib: int) -> Simulated:
        """Put the answer together; the orders are those that hold an item."""
        return Simulated(
            total=self.total,
            fib=fib,
            products=self.products.height,
            orders=self.items["order_id"].n_unique(),
        )


def build_frame(query: Query, rows: Sequence[tuple[Any, ...]]) -> "DataFrame":
    """Make a frame of a query's rows."""
    import polars as pl  # noqa: PLC0415 (never before the fork: see the package)

    types = {
        "bigint": pl.Int64(),
        "integer": pl.Int32(),
        "text": pl.String(),
        "numeric": pl.Decimal(precision=10, scale=2),
        "timestamptz": pl.Datetime("us", SESSION_TIMEZONE),
    }
    schema = {name: types[kind] for name, kind in query.columns.items()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def warm_up() -> None:
    """Import Polars and let it start its threads, so that no request waits for that."""
    Frames(build_frame(PRODUCTS, []), build_frame(ITEMS, [])).answer(0)
