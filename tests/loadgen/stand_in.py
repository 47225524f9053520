"""The service under test and the steward, played by one server on loopback."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from tests.manifests import Json

TOKEN = "0123456789abcdef" * 2


@dataclass
class Barrier:
    """Holds every caller until all pods have called."""

    arrived: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, pods: int) -> None:
        self.arrived += 1
        if self.arrived >= pods:
            self.opened.set()
        await self.opened.wait()


class Server:
    """The service under test and the steward in one process.

    The steward here is a stand-in: the real one needs Postgres and Redis to prepare and to count,
    while these tests are about the generator's side of the contract. It keeps the three endpoints'
    shapes and the barriers' behaviour, and remembers every id, which the real one cannot.
    """

    def __init__(self) -> None:
        self.ready = True
        self.refusals: list[tuple[int, Json]] = []
        self.delay = 0.0
        self.pings = 0
        self.fail_each = 0  # every so many-th ping is answered 500; 0 for none
        self.snapshot_padding = ""
        self.silent_snapshots = 0  # so many say that the service's instruments do not answer
        self.alone_seconds = 0.0  # one request at a time is served, for so long
        self.free_at = 0.0
        self.stall: tuple[float, float] | None = None  # nothing is answered for so long, so often
        self.arrivals: list[float] = []
        self.ids: list[int] = []
        self.users: dict[int, int] = {}
        self.bodies: list[bytes] = []
        self.headers: list[Json] = []
        self.hosts: list[tuple[str, ...]] = []  # all that a request names
        self.snapshots: list[str] = []
        self.finished: list[Json] = []
        self.health_checks = 0
        self.items: list[tuple[float, str]] = []
        self.stale_seconds = 0.0
        self._barriers: dict[str, Barrier] = {}

    async def __call__(self, scope: Json, receive: Callable[[], Any], send: Any) -> None:
        body = await read_body(receive)
        status, answer = await self.answer(scope, body)
        raw = json.dumps(answer).encode()
        headers = [(b"content-length", b"%d" % len(raw))]
        if scope["path"] == "/items" and scope["method"] == "GET":
            headers.append((b"x-cache", b"miss" if len(self.ids) % 4 else b"hit"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": raw})

    async def answer(self, scope: Json, body: bytes) -> tuple[int, Json | list[Json]]:
        match scope["path"].strip("/").split("/"):
            case ["healthz"]:
                self.health_checks += 1
                return (200, {}) if self.ready else (503, {})
            case ["work"]:
                sent = [(k.decode(), v.decode()) for k, v in scope["headers"]]
                self.headers.append(dict(sent))
                self.hosts.append(tuple(value for name, value in sent if name == "host"))
                return await self.work(scope["query_string"], body)
            case ["ping"]:
                self.pings += 1
                return (500 if self.fail_each and self.pings % self.fail_each == 0 else 200), {}
            case ["items"]:
                return self.store(json.loads(body)) if body else (200, self.latest())
            case ["runs", run, verb]:
                return await self.steward(run, verb, scope, body)
        return 404, {}

    async def work(self, query: bytes, body: bytes) -> tuple[int, Json]:
        values = dict(part.split(b"=") for part in query.split(b"&"))
        request_id = int(values[b"id"])
        self.arrivals.append(time.monotonic())
        if wait := self.delay + self.queue_seconds() + self.stall_seconds():
            await asyncio.sleep(wait)
        self.ids.append(request_id)
        self.users[request_id] = int(values[b"user"])
        self.bodies.append(body)
        return 200, {"padding": "x" * 40}

    def queue_seconds(self) -> float:
        """Until a server that serves one after the other is done with this one."""
        now = time.monotonic()
        self.free_at = max(now, self.free_at) + self.alone_seconds
        return max(self.free_at - now, 0.0)

    def stall_seconds(self) -> float:
        if self.stall is None:
            return 0.0
        length, every = self.stall
        return max(length - time.monotonic() % every, 0.0)

    def store(self, item: Json) -> tuple[int, Json]:
        self.items.append((time.monotonic(), item["name"]))
        self.ids.append(int(item["name"].removeprefix("item-")))
        return 201, {"id": len(self.items)}

    def latest(self) -> list[Json]:
        """The newest first, as a cache of this age would show them."""
        now = time.monotonic()
        seen = [
            {"id": number, "name": name}
            for number, (written, name) in enumerate(self.items, start=1)
            if written <= now - self.stale_seconds
        ]
        return seen[-100:][::-1]

    async def steward(self, run: str, verb: str, scope: Json, body: bytes) -> tuple[int, Json]:
        if dict(scope["headers"]).get(b"authorization") != f"Bearer {TOKEN}".encode():
            return 401, {}
        if verb == "snapshot":
            self.snapshots.append(scope["query_string"].decode())
            silent = len(self.snapshots) <= self.silent_snapshots
            errors = {"service": "ConnectError: All connection attempts failed"} if silent else {}
            told = {"takenAt": time.time(), "padding": self.snapshot_padding, "errors": errors}
            return 200, {"run": run} | told
        asked = json.loads(body)
        if verb == "arrive" and self.refusals:
            return self.refusals.pop(0)
        await self._barriers.setdefault(f"{run}/{verb}", Barrier()).wait(asked["pods"])
        if verb == "arrive":
            return 200, {"startInMs": 100}
        self.finished.append(asked)
        return 200, {"run": run, "drained": True, "drainSeconds": 0}


async def read_body(receive: Callable[[], Any]) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[str]:
    """Serve on a thread of its own, so that a test may block on a process."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = uvicorn.Server(
        uvicorn.Config(server, lifespan="off", ws="none", log_level="critical", access_log=False)
    )
    thread = threading.Thread(target=app.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        app.force_exit = app.should_exit = True
        await asyncio.to_thread(thread.join)
        listener.close()
