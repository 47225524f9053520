"""What the variants of `select` share: the path, the query and the answer.

The query joins, and `group_orders` folds the joined rows back into orders, as services without an
ORM do. asyncpg's placeholder style is used for all, through psycopg's raw cursors.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, LiteralString

from pydantic import BaseModel

from loadlab_services.orders.request import UserId

__all__ = ["ORDERS_OF_USER", "PATH", "Item", "Order", "UserId", "group_orders"]

PATH: Final = "/select"

ORDERS_OF_USER: Final[LiteralString] = """
SELECT o.id, o.status, o.created_at, i.id, i.product_id, i.quantity, i.unit_price
FROM orders o
LEFT JOIN order_items i ON i.order_id = o.id
WHERE o.user_id = $1::bigint
ORDER BY o.id, i.id
"""


class Item(BaseModel):
    """One position of an order."""

    id: int
    product_id: int
    quantity: int
    unit_price: Decimal


class Order(BaseModel):
    """An order with its items."""

    id: int
    status: str
    created_at: datetime
    items: list[Item]


def group_orders(rows: Iterable[Any]) -> list[Order]:
    """Fold the joined rows into orders; an order without items is one row of nulls."""
    return [
        Order(
            id=order_id,
            status=status,
            created_at=created_at,
            items=[_item(row) for row in group if row[3] is not None],
        )
        for (order_id, status, created_at), group in groupby(rows, key=itemgetter(0, 1, 2))
    ]


def _item(row: Any) -> Item:
    return Item(id=row[3], product_id=row[4], quantity=row[5], unit_price=row[6])
