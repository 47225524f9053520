"""Whether the nodes of service and worker answer all through a run, and not at its two ends alone.

To each pod one connection is held, which the two kernels alone make use of: TCP's keep-alive
(RFC 9293, 3.8.4) asks once a second, and the answer comes also where all processes stand still or
compute. So a silence tells of the node or the way there, never of the service; and it costs the
service nothing but one connection for the whole run.
"""

import asyncio
import socket
import struct
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from loadlab_services.instruments.server import HELD
from loadlab_services.steward.every_pod import find_pods

ASKS_EVERY = 1  # s, the kernel
LOOKS_EVERY = 0.5
CONNECTED_WITHIN = 1.5
ANSWERED_WITHIN = 2.0  # of instruments that are busy; who does not answer is not looked at
TOLD_FROM = 2.0  # s of silence; shorter ones are a packet that was lost
MOST_UNHEARD = 120  # questions without an answer until the kernel gives up
REMEMBERED_RUNS = 64
# struct tcp_info (linux/tcp.h): the state first, u32 from the 8th byte, last_ack_recv their 13th.
STATE, LAST_ACK, ESTABLISHED = 0, 8 + 12 * 4, 1
REQUEST = f"GET {HELD} HTTP/1.1\r\nHost: instruments\r\nConnection: close\r\n\r\n".encode()


class Silence(NamedTuple):
    """The longest time in which a kernel did not answer; when it began, in seconds since 1970."""

    since: float
    seconds: float


class NoSuchPathError(Exception):
    """Older instruments, somebody else's, or none that answer: nothing is known in between."""


class PodWatch:
    """Listens for one pod's kernel, until it is cancelled."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._address = parts.hostname or "", parts.port or 80
        self._heard: float | None = None
        self.longest = Silence(0.0, 0.0)

    async def listen(self) -> None:
        """Hold a connection, and another where one was closed; return where that cannot be."""
        with suppress(NoSuchPathError):
            while True:
                try:
                    with closing(await self._hold()) as connection:
                        await self._listen(connection)
                except ConnectionRefusedError:  # a kernel said so
                    self.heard(time.monotonic())
                except OSError:  # none was taken, or it was reset
                    self.look()
                await asyncio.sleep(LOOKS_EVERY)

    def heard(self, moment: float) -> None:
        """Note when the kernel answered last, on the monotonic clock."""
        self._heard = max(moment, self._heard or moment)

    def look(self) -> None:
        """Note for how long it is silent now, if it was ever heard.

        Of a time in which this process did not look nothing is said.
        """
        now = time.monotonic()
        if self._heard is not None and now - self._heard > self.longest.seconds:
            silent = now - self._heard
            self.longest = Silence(time.time() - silent, silent)

    async def _hold(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        connection = socket.socket(family)
        try:
            connection.setblocking(False)
            async with asyncio.timeout(CONNECTED_WITHIN):
                await loop.sock_connect(connection, self._address)
            self.heard(time.monotonic())
            await _have_it_held(connection)
            _keep_alive(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    async def _listen(self, connection: socket.socket) -> None:
        """Look at when it was heard last, until it is closed."""
        while True:
            await asyncio.sleep(LOOKS_EVERY)
            state, ago = last_heard(connection)
            if state != ESTABLISHED:
                return
            self.heard(time.monotonic() - ago)
            self.look()


async def _have_it_held(connection: socket.socket) -> None:
    """Ask once; a process that does not answer is not asked again: its kernel queues who asks."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(ANSWERED_WITHIN):
            await loop.sock_sendall(connection, REQUEST)
            answer = await loop.sock_recv(connection, 1024)
    except TimeoutError as error:
        raise NoSuchPathError from error
    if b" 200 " not in answer.split(b"\r\n", 1)[0]:
        raise NoSuchPathError


def last_heard(connection: socket.socket) -> tuple[int, float]:
    """Return the connection's state, and how many seconds ago the other kernel answered."""
    told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    if len(told) < LAST_ACK + 4:  # a kernel in a sandbox
        raise NoSuchPathError
    return told[STATE], struct.unpack_from("I", told, LAST_ACK)[0] / 1000


def _keep_alive(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, ASKS_EVERY)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, ASKS_EVERY)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, MOST_UNHEARD)


class Reach:
    """Listens for the pods of each run from its first snapshot to its end."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, dict[str, list[PodWatch]]] = OrderedDict()
        self._tasks: dict[str, list[asyncio.Task[None]]] = {}

    async def begin(self, run: str, targets: Mapping[str, str]) -> None:
        """Listen for the pods behind these addresses, by component; once for a run."""
        if run in self._runs:
            return
        watches = self._runs[run] = {}
        for name, url in targets.items():
            watches[name] = await _watches(url)
        pods = [pod for found in watches.values() for pod in found]
        self._tasks[run] = [asyncio.create_task(pod.listen()) for pod in pods]
        while len(self._runs) > REMEMBERED_RUNS:
            oldest, _ = self._runs.popitem(last=False)
            await self.end(oldest)

    def told(self, run: str) -> dict[str, dict[str, float]]:
        """Give the longest silence of each component that was silent, so far."""
        found = {name: _longest(pods) for name, pods in self._runs.get(run, {}).items()}
        silences = {name: each for name, each in found.items() if each.seconds >= TOLD_FROM}
        return {name: each._asdict() for name, each in silences.items()}

    async def end(self, run: str) -> None:
        """Listen no more; what was told of the run stays."""
        tasks = self._tasks.pop(run, [])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Listen to nobody any more."""
        for run in list(self._tasks):
            await self.end(run)


async def _watches(url: str) -> list[PodWatch]:
    try:
        return [PodWatch(address) for address in await find_pods(url)]
    except OSError:  # no such name: what is gone is told by the snapshot
        return []


def _longest(pods: Iterable[PodWatch]) -> Silence:
    return max((pod.longest for pod in pods), key=lambda each: each.seconds, default=Silence(0, 0))
