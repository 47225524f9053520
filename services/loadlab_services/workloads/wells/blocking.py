"""wells/blocking: a sync Session inside `async def`. The event loop stands still meanwhile."""

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
async def wells(request: Request, limit: Limit = 100, offset: Offset = 0) -> list[ListedWell]:
    """Query on the event loop."""
    return read_list(request, limit, offset)


@router.get(DETAILS_PATH)
async def details(request: Request, well_id: WellId) -> WellDetails:
    """Query on the event loop."""
    return known(read_details(request, well_id), well_id)
