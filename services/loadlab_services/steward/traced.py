"""The trace of a run that was asked for one: it goes the way of the snapshot that it comes with.

A generator hands a snapshot on as one line of its log, of which the operator reads 64 KiB. A trace
that would make the line longer stays behind, and the snapshot says so.
"""

import json
import re
from typing import Any, Final

import httpx

from loadlab_services.steward.every_pod import find_pods
from loadlab_services.steward.snapshot import Component, answer_or_why, read_instruments

TRACED_RUN: Final = re.compile(r"-t[0-9]{3,4}-a[1-9]$")  # as the operator names it
LONGEST_LINE: Final = 60 * 1024
TRACE: Final = "trace"  # in the snapshot, and among its errors


async def ask_trace(http: httpx.AsyncClient, url: str, pods: int) -> Component | str:
    """Give what the service has traced so far, or why there is nothing."""
    return await answer_or_why(_read(http, url, pods))


async def _read(http: httpx.AsyncClient, url: str, pods: int) -> Component:
    """Of several pods the first is asked: their clocks have nothing to do with each other."""
    address = url if pods == 1 else (await find_pods(url))[0]
    return await read_instruments(http, address, "/trace")


def with_trace(snapshot: dict[str, Any], told: Component | str) -> dict[str, Any]:
    """Put a trace into a snapshot, or why it has none."""
    if isinstance(told, dict):
        whole = snapshot | {TRACE: told}
        if len(json.dumps(whole)) <= LONGEST_LINE:
            return whole
        told = f"with it a snapshot has more than {LONGEST_LINE // 1024} KiB"
    return snapshot | {"errors": snapshot["errors"] | {TRACE: told}}
