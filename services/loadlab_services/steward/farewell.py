"""Leaves nothing of the experiment in stores that others use too, when the steward is told to go.

Service and worker are told at the same moment. One that is still at work makes its stream or queue
anew, so it is looked again until nothing came back for a while. A steward whose node is drained is
told to go as well, and its experiment lives: once the next steward has prepared a run, what is
there may be that run's, and is left.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Final

from loadlab_services.steward.own_keys import clear_keys
from loadlab_services.steward.prepare import delete_queues
from loadlab_services.steward.silence import unless_silent
from loadlab_services.steward.stores import STORE_ERRORS, Stores
from loadlab_services.workload import Workload

CALM_SECONDS: Final = 2.0
LOOK_TIMEOUT: Final = 2.0  # seconds, for Postgres to tell of a next steward
LONGEST_SECONDS: Final = 12.0  # below the grace that the pod has: see `plan.steward`
PAUSE_SECONDS: Final = 0.5
_HAS_NEXT: Final = """
select exists (
    select 1 from loadlab_steward
    where prepared_at > (select max(prepared_at) from loadlab_steward where run = any($1))
)
"""

log = logging.getLogger(__name__)


async def leave_no_trace(stores: Stores, workload: Workload, runs: Iterable[str]) -> None:
    """Delete the experiment's keys and queues, where the store is not its own; `runs` in order."""
    if stores.owns_redis and stores.owns_broker:
        return
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            await _clear_until_calm(stores, workload, list(runs)[::-1])
    except (TimeoutError, *STORE_ERRORS) as error:
        log.warning(
            "something may be left: keys %s*, queues %s* (%s: %s)",
            stores.key_prefix,
            stores.queue_prefix,
            type(error).__name__,
            error,
        )


async def _clear_until_calm(stores: Stores, workload: Workload, runs: list[str]) -> None:
    """What is cached may have as many names as the data set has rows: they are asked for twice."""
    calm_since = time.monotonic()
    await _clear(stores, workload, runs, with_cached=True)
    while time.monotonic() - calm_since < CALM_SECONDS:
        if await _clear(stores, workload, runs, with_cached=False):
            calm_since = time.monotonic()
        await asyncio.sleep(PAUSE_SECONDS)
    await _clear(stores, workload, runs, with_cached=True)


async def _clear(stores: Stores, workload: Workload, runs: list[str], *, with_cached: bool) -> bool:
    """Delete what is there; tell whether there was a key."""
    found = 0
    if await _has_next(stores, runs):
        return False
    if not stores.owns_redis:
        found = await clear_keys(stores, workload, runs, with_cached=with_cached)
    if stores.broker is not None and not stores.owns_broker:
        await delete_queues(stores.broker, stores.queue_prefix, runs)
    return found > 0


async def _has_next(stores: Stores, runs: list[str]) -> bool:
    """Whether another steward has prepared a run since: unknown is no."""
    if stores.postgres is None:
        return False
    try:
        unknown = "did not say whether there is a next steward"
        async with unless_silent(stores.postgres, LOOK_TIMEOUT, unknown) as connection:
            return bool(await connection.fetchval(_HAS_NEXT, runs))
    except STORE_ERRORS:
        return False
