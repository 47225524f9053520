"""How long the steward holds a pod that has ended for those that have not."""

import asyncio

import httpx
import pytest

from loadlab_services.steward.errors import PodsMissingError
from loadlab_services.steward.models import Finish
from loadlab_services.steward.steward import Steward
from loadlab_services.steward.stores import Stores
from loadlab_services.workloads import find_workload


def finish(steward: Steward, *, pod: int, together_ms: int) -> "asyncio.Task[object]":
    body = {"pod": pod, "pods": 2, "drainMs": 1, "togetherMs": together_ms}
    told = Finish.model_validate(body)
    return asyncio.create_task(steward.finish("exp-001-a1", told))


async def test_a_pod_is_held_as_long_as_the_graceful_stop_that_it_tells_of():
    async with httpx.AsyncClient() as http:
        steward = Steward(find_workload("sleep"), Stores(http))
        impatient = finish(steward, pod=0, together_ms=20)
        with pytest.raises(PodsMissingError, match="pods 1"):
            await impatient

        patient = finish(steward, pod=0, together_ms=60_000)
        await asyncio.sleep(0.1)
        late = finish(steward, pod=1, together_ms=60_000)

        assert await patient == await late
