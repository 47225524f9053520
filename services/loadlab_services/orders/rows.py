"""How many rows a scale means. Pure."""

from dataclasses import dataclass
from typing import Final

FULL: Final = {
    "users": 1_000_000,
    "products": 100_000,
    "orders": 5_000_000,
    "order_items": 10_000_000,
}


@dataclass(frozen=True, slots=True)
class Rows:
    """The size of every table."""

    users: int
    products: int
    orders: int
    order_items: int

    @property
    def orders_with_items(self) -> int:
        """The first fifth of the orders: the only ones that items are drawn for."""
        return max(1, self.orders // 5)


def rows_at(scale: float) -> Rows:
    """Shrink every table alike; none gets empty."""
    return Rows(**{table: max(1, round(count * scale)) for table, count in FULL.items()})
