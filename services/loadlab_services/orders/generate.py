"""The statements that fill the tables. Pure: text out of a seed and row counts.

Every value is made by `data.functions` of its row's id, a column number and the seed. Rows are
written in the order of their ids, so that the pages are the same every time too.

Each statement makes the rows of every `step`-th id from `first` to `last`: the loading takes them
in pieces with step 1, a check takes a sample.

`created_at` lies in the 365 days before the data set's own "now": 2025-01-01 plus (seed mod 365)
days. A real "now" would give other rows every day. An item is as old as its order.
"""

from typing import Final, LiteralString

from loadlab_services.orders.rows import Rows

Statement = tuple[LiteralString, dict[str, int]]

USERS: Final[LiteralString] = """
SELECT id, 'User ' || id AS name, 'user' || id || '@example.com' AS email,
       pg_temp.created(id, %(seed)s + 1) AS created_at
FROM generate_series(%(first)s::bigint, %(last)s, %(step)s) id
"""

PRODUCTS: Final[LiteralString] = """
SELECT id, 'Product ' || id AS title,
       (100 + pg_temp.pick(id, %(seed)s + 2, 99900)) / 100.0 AS unit_price,
       pg_temp.created(id, %(seed)s + 3) AS created_at
FROM generate_series(%(first)s::bigint, %(last)s, %(step)s) id
"""

ORDERS: Final[LiteralString] = """
SELECT id, 1 + pg_temp.pick(id, %(seed)s + 4, %(users)s) AS user_id,
       ('{pending,paid,cancelled,refunded}'::text[])[1 + pg_temp.pick(id, %(seed)s + 5, 4)]
           AS status,
       pg_temp.created(id, %(seed)s + 6) AS created_at
FROM generate_series(%(first)s::bigint, %(last)s, %(step)s) id
"""

ORDER_ITEMS: Final[LiteralString] = """
SELECT item.id, item.order_id, item.product_id, item.quantity, products.unit_price,
       pg_temp.created(item.order_id, %(seed)s + 6) AS created_at
FROM (
    SELECT id, 1 + pg_temp.pick(id, %(seed)s + 7, %(orders_with_items)s) AS order_id,
           1 + pg_temp.pick(id, %(seed)s + 8, %(products)s) AS product_id,
           1 + pg_temp.pick(id, %(seed)s + 9, 5) AS quantity
    FROM generate_series(%(first)s::bigint, %(last)s, %(step)s) id
) item
JOIN products ON products.id = item.product_id
ORDER BY item.id
"""


def statements(seed: int, rows: Rows) -> dict[str, Statement]:
    """Give the statement that makes the rows of each table, in an order that joins can follow."""
    values = {
        "seed": seed * 1000,  # leaves room for column numbers: no seed shares a stream with another
        "users": rows.users,
        "products": rows.products,
        "orders_with_items": rows.orders_with_items,
    }
    return {
        "users": (USERS, values),
        "products": (PRODUCTS, values),
        "orders": (ORDERS, values),
        "order_items": (ORDER_ITEMS, values),
    }
