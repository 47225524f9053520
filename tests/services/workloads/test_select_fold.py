"""select/asyncpg-tuned writes the bytes that the models of the other variants would write."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic_core import to_json

from loadlab_services.workloads.select.asyncpg_tuned import fold
from loadlab_services.workloads.select.cached import ANSWER
from loadlab_services.workloads.select.contract import group_orders

IDS = st.integers(1, 2**63 - 1)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (Hypothesis adds the zone)
PRICES = st.decimals(Decimal(0), Decimal("99999999.99"), places=2)
ITEMS = st.tuples(IDS, IDS, st.integers(1, 5), PRICES) | st.just((None, None, None, None))
ORDERS = st.tuples(IDS, st.text(max_size=10), MOMENTS, st.lists(ITEMS, min_size=1, max_size=3))


@hypothesis_settings(max_examples=100, database=None, derandomize=True, deadline=None)
@given(st.lists(ORDERS, max_size=4, unique_by=lambda order: order[0]))
def test_fold_and_the_models_agree_byte_for_byte(orders: list[Any]) -> None:
    rows = [
        (order_id, status, created_at, *item)
        for order_id, status, created_at, items in orders
        for item in items
    ]
    assert to_json(fold(rows)) == ANSWER.dump_json(group_orders(rows))
