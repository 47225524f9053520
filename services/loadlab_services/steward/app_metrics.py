"""What an app that runs already tells a Prometheus, read as the figures of its instruments.

An endpoint tells of one process, the one that answers. Its CPU is therefore taken only beside the
requests that the same process counted: divided by those it is right for each of several processes,
and where k6 saw more requests than that, the judgement says so. Whether it was the same process all
along its start time tells, and its counters: workers that are started together share the tick in
which they began, but a counter of one process never falls.
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
SCRAPES: Final = 8  # at the first edge, each of a connection of its own
LARGEST: Final = 1e15  # of any figure; NaN is below no number
REMEMBERED: Final = 20  # runs
ONCE: Final = {"Accept-Encoding": "identity", "Connection": "close"}
TEXT: Final = {"Accept": "text/plain; version=0.0.4"}


class AppMetrics:
    """Reads an app's endpoint, and remembers for each run what the process said last."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, dict[str, float]] = OrderedDict()

    async def read(self, http: httpx.AsyncClient, url: str, run: str) -> dict[str, Any]:
        """Return the figures of one process.

        Raises:
            SourceError: they are not there, or not all of one process.
        """
        known = self._last.get(run)
        scrapes = [await _scrape(http, url) for _ in range(SCRAPES if known is None else 1)]
        series = [*([known] if known else []), *scrapes]
        if any(STARTED not in each for each in series):
            raise SourceError(f"{url} has no {STARTED}, by which a process is known again")
        if not all(map(_may_be_one_process, series, series[1:])):
            raise SourceError(
                f"several processes answer {url}, each for itself, or it was restarted: give the "
                "service instruments (instrumentsPort), which count all processes together"
            )
        self._last[run] = scrapes[-1]
        while len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        return _figures(url, scrapes[-1])


def _may_be_one_process(earlier: dict[str, float], later: dict[str, float]) -> bool:
    if earlier[STARTED] != later[STARTED]:
        return False
    return all(earlier[n] <= later[n] for n in (CPU, *COUNTS) if n in earlier and n in later)


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
