"""items: a small REST service as in production: SQLAlchemy on asyncpg, Alembic, a cache."""

from typing import Final

from loadlab_services.workload import (
    BrokerTask,
    Reference,
    Schema,
    Store,
    Variant,
    Workload,
    WriteLedger,
)

WRITE_ITEM: Final = "write_item"
_POSTGRES: Final = frozenset({Store.POSTGRES})
_CACHED: Final = _POSTGRES | {Store.REDIS}
# Read as numerics, whose size has no limit that a name could exceed.
_IDS: Final = """
    select case when name ~ '^item-[0-9]{1,15}$' then substr(name, 6)::numeric end as id
    from items
"""

WORKLOAD: Final = Workload(
    name="items",
    data=Schema(Reference(f"{__name__}.migrate:migrate")),
    ledger=WriteLedger("items", _IDS),
    cached=Reference(f"{__name__}.cache:cached_keys"),
    variants={
        "direct": Variant(f"{__name__}.direct", _POSTGRES),
        "cached": Variant(f"{__name__}.cached", _CACHED),
        "cached-middleware": Variant(f"{__name__}.cached_middleware", _CACHED),
        "queued": Variant(
            f"{__name__}.queued",
            _CACHED | {Store.RABBITMQ},
            put_off=BrokerTask(WRITE_ITEM, Reference(f"{__name__}.write_item:register")),
        ),
    },
)
