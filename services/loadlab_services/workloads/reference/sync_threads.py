"""reference/sync: `def`, burns and waits in a thread of the pool."""

import time
from typing import Annotated

from fastapi import APIRouter, Query

from loadlab_services.workloads.reference.burner import burn
from loadlab_services.workloads.reference.contract import (
    BY_DESIGN,
    PATH,
    Asked,
    Done,
    answer,
    resources,
    seconds_to_wait,
)

__all__ = ["resources", "router"]

router = APIRouter()


@router.post(PATH, openapi_extra=BY_DESIGN)
def reference(asked: Annotated[Asked, Query()]) -> Done:
    """Behave as told."""
    burn(asked.burn_micros)
    time.sleep(seconds_to_wait(asked))
    return answer(asked)
