"""A scale shrinks every table alike."""

import pytest

from loadlab_services.orders.rows import Rows, rows_at


@pytest.mark.parametrize(
    ("scale", "rows"),
    [
        (1, Rows(1_000_000, 100_000, 5_000_000, 10_000_000)),
        (0.29, Rows(290_000, 29_000, 1_450_000, 2_900_000)),
        (0.01, Rows(10_000, 1_000, 50_000, 100_000)),
        (0.001, Rows(1_000, 100, 5_000, 10_000)),
        (1e-9, Rows(1, 1, 1, 1)),
    ],
)
def test_rows_at_a_scale(scale: float, rows: Rows) -> None:
    assert rows_at(scale) == rows


def test_items_belong_to_the_first_fifth_of_the_orders() -> None:
    assert rows_at(0.01).orders_with_items == 10_000
    assert rows_at(1e-9).orders_with_items == 1
