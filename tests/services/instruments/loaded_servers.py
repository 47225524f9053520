"""Servers of one app, each with the instruments in another state, and load for one at a time.

Servers have one CPU and their users another: what these take they take from none of them. A server
that nobody asks sleeps meanwhile.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

import pytest

from loadlab_services.instruments.process import read_cpu_seconds
from tests.services.instruments.users import Users, users_of
from tests.services.loopback_server import free_port, get_answer, running, wait_for

USERS = 8
WARM_UP_REQUESTS = 1000
# What a server still does behind its last answer is in the block that it belongs to.
SETTLED_SECONDS = 0.001
TRACE_SECONDS = 60  # longer than a round: all of its blocks lie within
OF_LOADLAB = (
    "INSTRUMENTS_PORT",
    "READINESS_PATH",
    "READINESS_IS_LOAD",
    "TRACE_SECONDS",
    "TRACE_AFTER_MS",
)

PING = """
from fastapi import FastAPI
app = FastAPI()

async def handle():
    return {}
"""
PAGE = """
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)

class Line(BaseModel):
    article: str = Field(min_length=1, max_length=80)
    pieces: int = Field(ge=1)
    price: Decimal = Field(ge=0, decimal_places=2)

class Order(BaseModel):
    id: int
    customer: str
    placed: datetime
    lines: list[Line]
    total: Decimal

class Page(BaseModel):
    orders: list[Order]
    sum: Decimal

def order(number):
    prices = [Decimal(f"{number}.{line}9") for line in range(8)]
    lines = [
        Line(article=f"article {number * 8 + line}", pieces=line + 1, price=price)
        for line, price in enumerate(prices)
    ]
    total = sum((line.pieces * line.price for line in lines), Decimal())
    placed = BEGIN + timedelta(minutes=number)
    return Order(id=number, customer=f"customer {number}", placed=placed, lines=lines, total=total)

async def handle() -> Page:
    orders = sorted(map(order, range(20)), key=lambda each: each.total, reverse=True)
    return Page(orders=orders, sum=sum((each.total for each in orders), Decimal()))
"""
ROUTES = """
for path in ("/warm", "/load"):
    app.add_api_route(path, handle)
"""
ATTACHED = """
from loadlab_services.instruments import instrument
app = instrument(app)
"""
APPS = {"ping": PING, "page": PAGE}


class State(StrEnum):
    """What is done with the app."""

    PLAIN = "plain"
    OFF = "off"
    COUNTED = "counted"
    TRACED = "traced"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs, and its users."""

    pid: int
    users: Users

    def cpu_seconds(self) -> float:
        """Read the CPU time of all its threads, to the nanosecond."""
        found = read_cpu_seconds(self.pid)
        assert found > 0, "the server is gone"
        return found

    def cpu_per_request(self, requests: int) -> float:
        """Serve a block of load; return the CPU seconds that a request of it took."""
        before = self.cpu_seconds()
        self.users.ask(requests)
        time.sleep(SETTLED_SECONDS)
        return (self.cpu_seconds() - before) / requests


@contextmanager
def serving_in_each_state(
    app: str, folder: Path, order: Sequence[State] = tuple(State)
) -> Iterator[Mapping[State, Server]]:
    """Start a server in each state beside each other, and have them warm; end them all.

    The first to start finds another memory than the last: who it is has to change.
    """
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        pytest.fail("servers and their users need a CPU each: give this machine two")
    write_apps(app, folder)
    with ExitStack() as stack:
        started = {state: stack.enter_context(server(state, folder)) for state in order}
        for pid, port in started.values():
            wait_for(partial(get_answer, f"http://127.0.0.1:{port}/warm"), OSError)
            keep_on({cpus[0]}, pid)
        stack.enter_context(staying_on({cpus[-1]}))
        for _, port in started.values():
            with users_of(port, "/warm", USERS) as users:
                users.ask(WARM_UP_REQUESTS)
        yield {
            state: Server(pid, stack.enter_context(users_of(port, "/load", USERS)))
            for state, (pid, port) in started.items()
        }


def write_apps(app: str, folder: Path) -> None:
    """Write the app as it is, and the same with the two lines of the manual behind it."""
    plain = APPS[app] + ROUTES
    (folder / "plain.py").write_text(plain)
    (folder / "attached.py").write_text(plain + ATTACHED)


@contextmanager
def server(state: State, folder: Path) -> Iterator[tuple[int, int]]:
    """Start a real uvicorn in one state; tell its process and its port."""
    port = free_port()
    module = "plain" if state is State.PLAIN else "attached"
    command = [sys.executable, "-m", "uvicorn", f"{module}:app", "--port", str(port)]
    # An access log would add to all of them, and hide a part of what the instruments cost.
    command += ["--no-access-log", "--log-level", "warning"]
    command += ["--loop", "uvloop", "--http", "httptools"]
    environment = environment_of(state) | {"TMPDIR": str(folder)}
    log = f"{state}.log"
    with running(command, str(folder), env=environment, log=log, end=signal.SIGKILL) as process:
        yield process.pid, port


def environment_of(state: State) -> dict[str, str]:
    """Give what a laptop has, or what a trial of LoadLab adds to it."""
    found = {name: value for name, value in os.environ.items() if name not in OF_LOADLAB}
    if state in {State.PLAIN, State.OFF}:
        return found
    found |= {"INSTRUMENTS_PORT": str(free_port()), "READINESS_PATH": "/warm"}
    return found | ({"TRACE_SECONDS": str(TRACE_SECONDS)} if state is State.TRACED else {})


def keep_on(cpus: set[int], pid: int) -> None:
    """Keep all threads of a process on some CPUs, and those that they start."""
    for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 (names are enough)
        os.sched_setaffinity(int(thread), cpus)


@contextmanager
def staying_on(cpus: set[int]) -> Iterator[None]:
    """Keep this thread on some CPUs until the block ends."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
