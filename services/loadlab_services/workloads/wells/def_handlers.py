"""wells/def: the same session in `def` handlers, which FastAPI runs in its thread pool."""

from fastapi import Request

from loadlab_services.workloads.wells.contract import (
    DETAILS_PATH,
    LIST_PATH,
    Limit,
    ListedWell,
    Offset,
    WellDetails,
    WellId,
    known,
    new_router,
)
from loadlab_services.workloads.wells.sync_pages import read_details, read_list, resources

__all__ = ["resources", "router"]

router = new_router()


@router.get(LIST_PATH)
def wells(request: Request, limit: Limit = 100, offset: Offset = 0) -> list[ListedWell]:
    """Query in a thread."""
    return read_list(request, limit, offset)


@router.get(DETAILS_PATH)
def details(request: Request, well_id: WellId) -> WellDetails:
    """Query in a thread."""
    return known(read_details(request, well_id), well_id)
