"""wells/threadpool: `async def`, and only the part with the session goes to the thread pool."""

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

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
    """Query in a thread, wait on the event loop."""
    return await run_in_threadpool(read_list, request, limit, offset)


@router.get(DETAILS_PATH)
async def details(request: Request, well_id: WellId) -> WellDetails:
    """Query in a thread, wait on the event loop."""
    return known(await run_in_threadpool(read_details, request, well_id), well_id)
