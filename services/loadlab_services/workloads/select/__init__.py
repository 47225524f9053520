"""select: one query, the orders of a user with their items."""

from typing import Final

from loadlab_services.workload import GeneratedRows, Reference, Store, Variant, Workload

_POSTGRES: Final = frozenset({Store.POSTGRES})

WORKLOAD: Final = Workload(
    name="select",
    data=GeneratedRows(Reference("loadlab_services.orders.dataset:orders_at")),
    cached=Reference(f"{__name__}.keys:cached_keys"),
    variants={
        "sync": Variant(f"{__name__}.sync_psycopg", _POSTGRES),
        "async": Variant(f"{__name__}.async_psycopg", _POSTGRES),
        "asyncpg": Variant(f"{__name__}.async_asyncpg", _POSTGRES),
        "asyncpg-tuned": Variant(f"{__name__}.asyncpg_tuned", _POSTGRES),
        "cached": Variant(f"{__name__}.cached", _POSTGRES | {Store.REDIS}),
    },
)
