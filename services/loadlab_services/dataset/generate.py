"""The statements that fill the tables. Pure: text out of a seed and row counts.

Every value is a hash of its row's id, a column number and the seed, so it depends on nothing else:
not on the order of rows, the plan, parallel workers or the clock. Postgres' own `hashint8extended`
does it inside the server at full speed. Rows are written in the order of their ids, so that the
pages are the same every time too.

`created_at` lies in the 365 days before the data set's own "now": 2025-01-01 plus (seed mod 365)
days. A real "now" would give other rows every day. An item is as old as its order.
"""

from typing import Final, LiteralString

from loadlab_services.dataset.rows import Rows

Statement = tuple[LiteralString, dict[str, int]]

FUNCTIONS: Final[LiteralString] = """
CREATE FUNCTION pg_temp.pick(id bigint, stream bigint, size bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT (hashint8extended($1, $2) & 9223372036854775807) % $3';
CREATE FUNCTION pg_temp.created(id bigint, stream bigint) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$SELECT to_timestamp(1735689600 + ($2 / 1000 % 365) * 86400
                             - pg_temp.pick($1, $2, 365 * 86400))$$;
"""

USERS: Final[LiteralString] = """
INSERT INTO users
SELECT id, 'User ' || id, 'user' || id || '@example.com', pg_temp.created(id, %(seed)s + 1)
FROM generate_series(1::bigint, %(users)s) id
"""

PRODUCTS: Final[LiteralString] = """
INSERT INTO products
SELECT id, 'Product ' || id, (100 + pg_temp.pick(id, %(seed)s + 2, 99900)) / 100.0,
       pg_temp.created(id, %(seed)s + 3)
FROM generate_series(1::bigint, %(products)s) id
"""

ORDERS: Final[LiteralString] = """
INSERT INTO orders
SELECT id, 1 + pg_temp.pick(id, %(seed)s + 4, %(users)s),
       ('{pending,paid,cancelled,refunded}'::text[])[1 + pg_temp.pick(id, %(seed)s + 5, 4)],
       pg_temp.created(id, %(seed)s + 6)
FROM generate_series(1::bigint, %(orders)s) id
"""

ORDER_ITEMS: Final[LiteralString] = """
INSERT INTO order_items
SELECT item.id, item.order_id, item.product_id, item.quantity, products.unit_price,
       pg_temp.created(item.order_id, %(seed)s + 6)
FROM (
    SELECT id, 1 + pg_temp.pick(id, %(seed)s + 7, %(orders_with_items)s) AS order_id,
           1 + pg_temp.pick(id, %(seed)s + 8, %(products)s) AS product_id,
           1 + pg_temp.pick(id, %(seed)s + 9, 5) AS quantity
    FROM generate_series(1::bigint, %(order_items)s) id
) item
JOIN products ON products.id = item.product_id
ORDER BY item.id
"""


def statements(seed: int, rows: Rows) -> dict[str, Statement]:
    """Give the statement that fills each table, in an order that the joins can follow."""
    values = {
        "seed": seed * 1000,  # leaves room for column numbers: no seed shares a stream with another
        "users": rows.users,
        "products": rows.products,
        "orders": rows.orders,
        "orders_with_items": rows.orders_with_items,
        "order_items": rows.order_items,
    }
    return {
        "users": (USERS, values),
        "products": (PRODUCTS, values),
        "orders": (ORDERS, values),
        "order_items": (ORDER_ITEMS, values),
    }
