"""A proxy between an operator and an API server that does to it what networks and servers do.

It counts writes and calls back after each, refuses a seeded share of requests or loses their
answers, answers lists that were true a moment ago, silences or cuts watches, and can be away.
The Lease's own writes are forwarded and disturbed like all others, but not counted: they come by
the clock.
"""

import asyncio
import random
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
HOP_BY_HOP = {"host", "connection", "transfer-encoding", "content-length", "content-encoding"}
HOP_BY_HOP |= {"authorization", "accept-encoding", "keep-alive"}
Logs = Callable[[str, str, bool], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class Faults:
    """Which share of the requests meets what; of the writes only where that is said."""

    conflicts: float = 0.0  # of the writes: 409 Conflict, nothing done
    errors: float = 0.0  # 500 or 503, nothing done
    throttled: float = 0.0  # 429 with Retry-After, nothing done
    lost_answers: float = 0.0  # of the writes: done, and the connection is cut before the answer
    stale_lists: float = 0.0  # of the lists: the answer before the newest one


CALM = Faults()


@dataclass(frozen=True, slots=True)
class Write:
    """A write that the API server has answered."""

    verb: str
    path: str
    status: int
    moment: float  # of the event loop


class FaultProxy:
    """Plain HTTP on loopback in front of an API server."""

    def __init__(
        self,
        upstream: str,
        *,
        token: str = "",
        tls: ssl.SSLContext | bool = True,
        seed: int = 0,
        logs: Logs | None = None,
    ) -> None:
        self.faults = CALM
        self.away = False  # every connection is cut, also those of watches
        self.silent = False  # watches stay open and say nothing; what happens meanwhile is missed
        self.writes: list[Write] = []
        self.met: Counter[str] = Counter()
        self.after_write: Callable[[Write], None] = lambda _: None
        self.address = ""
        self._upstream = upstream
        self._headers = {"Accept-Encoding": "identity"}  # answers pass as they are
        self._headers |= {"Authorization": f"Bearer {token}"} if token else {}
        self._tls = tls
        self._random = random.Random(seed)
        self._logs = logs
        self._lists: dict[str, list[bytes]] = {}
        self._watches: dict[int, web.Request] = {}
        self._session: aiohttp.ClientSession

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FaultProxy"]:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.address = "http://{}:{}".format(*runner.addresses[0][:2])
        connector = aiohttp.TCPConnector(limit=0, ssl=self._tls)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
            self._session = session
            try:
                yield self
            finally:
                self.cut_watches()
                await runner.cleanup()

    @property
    def watches(self) -> int:
        """How many watches are open."""
        return len(self._watches)

    def cut_watches(self) -> None:
        """Close the connection of every watch under way."""
        for request in list(self._watches.values()):
            _cut(request)

    def leave(self) -> None:
        """Be away until `come_back`."""
        self.away = True
        self.cut_watches()

    def come_back(self) -> None:
        """Answer again."""
        self.away = False

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self.away:
            return self._vanish(request, "away")
        if (fault := self._refusal(request)) is not None:
            return fault
        if request.query.get("watch") in {"true", "1"}:
            return await self._watch(request)
        if self._logs is not None and request.path.endswith("/log"):
            return await self._log(request)
        return await self._forward(request)

    def _refusal(self, request: web.Request) -> web.Response | None:
        """Draw whether nothing is to be done; the same draws for the same requests."""
        drawn, faults = self._random.random(), self.faults
        is_write = request.method in WRITES
        shares = {
            409: faults.conflicts if is_write else 0.0,
            503: faults.errors / 2,
            500: faults.errors / 2,
            429: faults.throttled,
        }
        for code, share in shares.items():
            if drawn < share:
                self.met[str(code)] += 1
                return refuse(code)
            drawn -= share
        return None

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        url = f"{self._upstream}{request.raw_path}"
        headers = _forwarded(request.headers) | self._headers
        is_write = request.method in WRITES
        loses = is_write and self._random.random() < self.faults.lost_answers
        async with self._session.request(
            request.method, url, data=body or None, headers=headers
        ) as answer:
            text, status = await answer.read(), answer.status
            kind = answer.headers.get("Content-Type", "application/json")
        if is_write and "/leases" not in request.path:
            self._note(Write(request.method, request.path, status, _now()))
        if loses:
            return self._vanish(request, "lost answer")
        if self.away:  # it went while the request was under way
            return self._vanish(request, "away")
        if request.method == "GET" and status == 200:
            text = self._perhaps_stale(request.raw_path, text)
        return web.Response(body=text, status=status, headers={"Content-Type": kind})

    def _note(self, write: Write) -> None:
        self.writes.append(write)
        self.after_write(write)

    def _perhaps_stale(self, path: str, text: bytes) -> bytes:
        """Return what was read here before the newest answer, now and then."""
        if b'List"' not in text[:200]:
            return text
        former = self._lists.setdefault(path, [])
        former.append(text)
        del former[:-2]
        if self._random.random() >= self.faults.stale_lists:
            return text
        self.met["stale list"] += former[0] != text
        return former[0]

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        timeout = aiohttp.ClientTimeout(total=None)
        headers = _forwarded(request.headers) | self._headers
        url = f"{self._upstream}{request.raw_path}"
        self._watches[id(request)] = request
        try:
            async with self._session.get(url, headers=headers, timeout=timeout) as answer:
                if answer.status != 200:
                    body = await answer.read()
                    return web.Response(body=body, status=answer.status)
                await response.prepare(request)
                async for line in answer.content:
                    if not self.silent:
                        await response.write(line)
        except (ConnectionError, aiohttp.ClientError):
            _cut(request)
        finally:
            del self._watches[id(request)]
        return response

    async def _log(self, request: web.Request) -> web.StreamResponse:
        assert self._logs is not None
        _, _, _, _, namespace, _, pod, _ = request.path.split("/")
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        follow = request.query.get("follow") == "true"
        try:
            async for piece in self._logs(namespace, pod, follow):
                await response.write(piece)
        except ConnectionError:
            _cut(request)
        return response

    def _vanish(self, request: web.Request, why: str) -> web.StreamResponse:
        self.met[why] += 1
        _cut(request)
        return web.Response(status=502)  # goes nowhere


def refuse(code: int) -> web.Response:
    """Return the Status with which an API server refuses."""
    reasons = {409: "Conflict", 429: "TooManyRequests", 500: "InternalError"}
    reason = reasons.get(code, "ServiceUnavailable")
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    body |= {"reason": reason, "message": f"a fault on purpose: {reason}"}
    headers = {"Retry-After": "1"} if code == 429 else {}
    return web.json_response(body, status=code, headers=headers)


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    kept = CIMultiDict((k, v) for k, v in headers.items() if k.lower() not in HOP_BY_HOP)
    return dict(kept)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _now() -> float:
    return asyncio.get_running_loop().time()
