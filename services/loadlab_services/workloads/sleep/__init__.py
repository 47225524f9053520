"""sleep: a request that waits, without a database."""

from typing import Final

from loadlab_services.workload import Variant, Workload

WORKLOAD: Final = Workload(
    name="sleep",
    variants={
        "sync": Variant(f"{__name__}.sync_sleep"),
        "async": Variant(f"{__name__}.async_sleep"),
        "async-in-sync": Variant(f"{__name__}.async_in_sync"),
        "mixed-sync": Variant(f"{__name__}.mixed_sync"),
        "mixed-async": Variant(f"{__name__}.mixed_async"),
    },
)
