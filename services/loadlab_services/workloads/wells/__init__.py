"""wells: heavy pages through SQLAlchemy beside a light ping, and what they do to each other."""

from typing import Final

from loadlab_services.workload import GeneratedRows, Reference, Store, Variant, Workload

_POSTGRES: Final = frozenset({Store.POSTGRES})

WORKLOAD: Final = Workload(
    name="wells",
    data=GeneratedRows(Reference(f"{__name__}.dataset:wells_at")),
    variants={
        "blocking": Variant(f"{__name__}.blocking", _POSTGRES),
        "def": Variant(f"{__name__}.def_handlers", _POSTGRES),
        "threadpool": Variant(f"{__name__}.threadpool", _POSTGRES),
        "async": Variant(f"{__name__}.async_session", _POSTGRES),
    },
)
