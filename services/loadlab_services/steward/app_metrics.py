"""What an app that runs already tells a Prometheus, read as the figures of its instruments.

An endpoint tells of one process, the one that answers. Its CPU is therefore taken only beside the
requests that the same process counted: divided by those it is right for each of several processes,
and where k6 saw more requests than that, the judgement says so. Whether it was the same process at
both ends its start time tells.
"""

import asyncio
from collections import OrderedDict
from typing import Any, Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from loadlab_services.steward.errors import SourceError

STARTED: Final = "process_start_time_seconds"
CPU: Final = "process_cpu_seconds_total"
FIGURES: Final = {"memoryBytes": "process_resident_memory_bytes", "openFiles": "process_open_fds"}
# Of prometheus-fastapi-instrumentator, starlette_exporter, starlette-prometheus and OpenTelemetry,
# in the order in which they are looked for. One that there is counts once, whatever its labels.
COUNTS: Final = (
    "http_requests_total",
    "starlette_requests_total",
    "http_request_duration_seconds_count",
    "starlette_request_duration_seconds_count",
    "http_server_request_duration_seconds_count",
    "http_server_duration_milliseconds_count",
)
MOST_BYTES: Final = 1024 * 1024
SCRAPES: Final = 5  # at the first edge, each of a connection of its own
LARGEST: Final = 1e15  # of any figure; NaN is below no number
REMEMBERED: Final = 20  # runs
ONCE: Final = {"Accept-Encoding": "identity", "Connection": "close"}
TEXT: Final = {"Accept": "text/plain; version=0.0.4"}


class AppMetrics:
    """Reads an app's endpoint, and remembers for each run which process answered first."""

    def __init__(self) -> None:
        self._started: OrderedDict[str, float] = OrderedDict()

    async def read(self, http: httpx.AsyncClient, url: str, run: str) -> dict[str, Any]:
        """Return the figures of one process.

        Raises:
            SourceError: they are not there, or not all of one process.
        """
        known = self._started.get(run)
        scrapes = [await _scrape(http, url) for _ in range(SCRAPES if known is None else 1)]
        seen = {each.get(STARTED) for each in scrapes} | ({known} if known is not None else set())
        if None in seen:
            raise SourceError(f"{url} has no {STARTED}, by which a process is known again")
        if len(seen) > 1:
            raise SourceError(
                f"several processes answer {url}, each for itself, or it was restarted: give the "
                "service instruments (instrumentsPort), which count all processes together"
            )
        found = scrapes[-1]
        self._started[run] = found[STARTED]
        while len(self._started) > REMEMBERED:
            self._started.popitem(last=False)
        return _figures(url, found)


def _figures(url: str, found: dict[str, float]) -> dict[str, Any]:
    count = next((name for name in COUNTS if name in found), None)
    if CPU not in found or count is None:
        lacking = CPU if CPU not in found else f"count of requests ({', '.join(COUNTS)})"
        raise SourceError(f"{url} has no {lacking}, so that CPU per request is not known")
    known = {name: int(found[metric]) for name, metric in FIGURES.items() if metric in found}
    return {"cpuSeconds": found[CPU], "requests": int(found[count]), **known}


async def _scrape(http: httpx.AsyncClient, url: str) -> dict[str, float]:
    body = b""
    async with http.stream("GET", url, headers=ONCE | TEXT) as response:
        response.raise_for_status()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MOST_BYTES:
                raise SourceError(f"{url} answers more than {MOST_BYTES // 1024} KiB")
    try:
        return await asyncio.to_thread(_sums, body.decode(errors="replace"))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise SourceError(f"{url} is no text for a Prometheus: {error}") from error


def _sums(text: str) -> dict[str, float]:
    """Add up the samples of each name that is of use here, over all labels."""
    wanted = {STARTED, CPU, *FIGURES.values(), *COUNTS}
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in wanted:
                found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return {name: value for name, value in found.items() if 0 <= value < LARGEST}
