"""Pages of RabbitMQ's plugin rabbitmq_prometheus: of each, only the lines that somebody wants.

A broker of others may have ten thousand queues, each with lines of its own: a page of megabytes is
read line by line, and what is of no use is never parsed.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import httpx

PAGE_SECONDS: Final = 10.0  # for all of a page
SHOWN: Final = 60  # characters of a page that is none of metrics
_COMMENT: Final = "#"  # what every page of the plugin begins with: types and explanations


async def read_lines(
    http: httpx.AsyncClient, base: str, path: str, is_wanted: Callable[[str], bool]
) -> list[str]:
    """Return the lines of a page that are wanted, of `http://HOST:PORT` and a path.

    Raises:
        ConnectionError: nobody answers there, or not with metrics; names the address and a remedy.
        TimeoutError: the page does not end.
    """
    try:
        async with asyncio.timeout(PAGE_SECONDS), http.stream("GET", base + path) as response:
            response.raise_for_status()
            return await _wanted(response, base, is_wanted)
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise ConnectionError(
            f"{base} does not tell of its queues ({reason}); "
            "is RabbitMQ's plugin rabbitmq_prometheus enabled?"
        ) from error


async def _wanted(
    response: httpx.Response, base: str, is_wanted: Callable[[str], bool]
) -> list[str]:
    found = list[str]()
    is_first = True
    async for line in response.aiter_lines():
        if is_first and line.strip():
            if not line.startswith(_COMMENT):
                raise no_metrics(base, line)
            is_first = False
        if is_wanted(line):
            found.append(line)
    return found


def no_metrics(base: str, line: str) -> ConnectionError:
    """Return the error that a page has this line instead of metrics."""
    return ConnectionError(
        f"{base} answers no metrics, but {line.strip()[:SHOWN]!r}: is it the port of RabbitMQ's "
        "plugin rabbitmq_prometheus? Set rabbitmq.metricsPort, which is 15692 unless that plugin's "
        "settings say otherwise"
    )
