"""Snapshots and accounts that the services produce are those of the schemas, and are read whole."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadlab.measurement.documents import (
    CUT_OFF,
    GONE,
    Account,
    ComponentReading,
    Counters,
    Distribution,
    Freshness,
    GeneratorUsage,
    K6Document,
    Progress,
    ReadModel,
    Scenario,
    Second,
    Snapshot,
    Split,
    Trace,
)
from loadlab_services.delivery.counts import COUNTS
from loadlab_services.instruments.cells import Board
from loadlab_services.instruments.server import NO_PROCESS
from loadlab_services.instruments.sidecar import ServiceFromOutside
from loadlab_services.instruments.snapshot import Source
from loadlab_services.instruments.trace import Tracer
from loadlab_services.instruments.trace_slots import slots_of
from loadlab_services.steward import snapshot as steward_snapshot
from loadlab_services.steward.account import account_for
from loadlab_services.steward.app_metrics import AppMetrics
from loadlab_services.steward.models import Arrival, Finish
from loadlab_services.steward.quiet import Quietness
from loadlab_services.steward.reach import Silence
from loadlab_services.steward.steward import Steward
from loadlab_services.steward.stores import Stores
from loadlab_services.steward.traced import with_trace
from loadlab_services.workloads import find_workload
from tests.contract.sides import faults

COUNTERS = {
    "transactions": 7, "rowsReturned": 6, "rowsFetched": 5, "rowsInserted": 4, "connections": 3,
}  # fmt: skip
SESSIONS = {
    "looks": 9,
    "answerMicros": 3,
    "running": 8,
    "lock": 7,
    "io": 6,
    "other": 5,
    "inTransaction": 4,
}
REDIS_INFO = {
    "used_cpu_sys": 1.0, "used_cpu_user": 1.0, "used_cpu_sys_children": 0.0,
    "used_cpu_user_children": 0.0, "used_memory_rss": 10, "total_commands_processed": 3,
    "keyspace_hits": 2, "keyspace_misses": 1,
}  # fmt: skip


class Connection:
    """Postgres, as far as a snapshot asks it; its container's files are those of cgroup v2."""

    async def __aenter__(self) -> "Connection":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    def acquire(self) -> "Connection":
        return self

    async def fetch(self, query: str, *_: object) -> list[dict[str, Any]]:
        if "persisted" in query:
            return [{"persisted": 2, "distinct": 2, "idSum": "3", "idMix": "4"}]
        if "pg_stat_database" in query:
            return [COUNTERS]
        return [
            {"name": "cpu.stat", "content": "usage_usec 1000000\nthrottled_usec 0\n"},
            {"name": "memory.current", "content": "4096\n"},
            {"name": "memory.stat", "content": "active_file 0\npgmajfault 5\n"},
        ]


class Redis:
    async def info(self, *_: str) -> dict[str, Any]:
        return REDIS_INFO


def instruments(extras: tuple[str, ...] = ()) -> dict[str, Any]:
    board = Board(processes=1, extras=extras)
    board.meter(0).start()
    return Source(board).snapshot()


def metered(folder: Path) -> dict[str, Any]:
    """A process of another container, in a /proc of our own."""
    for name, group in {"self": "0::/meter", "7": "0::/service"}.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "cgroup").write_text(group)
    (folder / "7" / "stat").write_text("7 (python) S 1")
    cgroup = folder / "7" / "root" / "sys" / "fs" / "cgroup"
    cgroup.mkdir(parents=True)
    (cgroup / "cpu.stat").write_text("usage_usec 1000000\nthrottled_usec 0\n")
    (cgroup / "memory.current").write_text("4096\n")
    (cgroup / "memory.stat").write_text("active_file 0\npgmajfault 5\n")
    return ServiceFromOutside(folder).snapshot()


async def taken(service: dict[str, Any], *, owns_postgres: bool) -> dict[str, Any]:
    """What the steward answers when everybody else does."""
    answers = {"s": service, "w": instruments(COUNTS)}

    def answer(asked: httpx.Request) -> httpx.Response:
        body = json.dumps(answers[asked.url.host]).encode()
        return httpx.Response(200, stream=httpx.ByteStream(body))  # read once, as off a network

    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=transport) as http:
        stores: Any = Stores(http, Connection(), Redis(), owns_postgres=owns_postgres)  # type: ignore[arg-type]
        targets = {"service": "http://s:1", "worker": "http://w:1"}
        return await steward_snapshot.take_snapshot(
            stores,
            run="exp-001-a1",
            targets=targets,
            sessions=SESSIONS,
            app_metrics=AppMetrics(),
        )


async def told_by_its_own() -> dict[str, Any]:
    """What is made of an app's own endpoint."""
    text = b"""
process_start_time_seconds 5
process_cpu_seconds_total 1.5
process_resident_memory_bytes 5e7
process_open_fds 12
http_requests_total 40
"""
    answer = httpx.MockTransport(lambda _: httpx.Response(200, stream=httpx.ByteStream(text)))
    async with httpx.AsyncClient(transport=answer) as http:
        return await AppMetrics().read(http, "http://s:1/metrics", "exp-001-a1")


@pytest.mark.parametrize(
    ("words", "is_gone"), [(f"{NO_PROCESS} shows its files", True), ("overloaded", False)]
)
async def test_a_meter_that_finds_no_process_says_that_the_service_is_gone(words, is_gone):
    """Instruments of an image's own that are overloaded say nothing of the kind."""
    body = httpx.ByteStream(words.encode())
    answer = httpx.MockTransport(lambda _: httpx.Response(503, stream=body))
    async with httpx.AsyncClient(transport=answer) as http:
        said = await steward_snapshot.ask_instruments(http, "http://s:9000", 1)

    assert isinstance(said, str)
    assert said.startswith(GONE) is is_gone


@pytest.mark.parametrize(
    ("error", "words"), [(httpx.ConnectTimeout, CUT_OFF), (httpx.ConnectError, GONE)]
)
async def test_who_takes_no_connection_is_told_from_who_refuses_it(error, words):
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(fail)) as http:
        said = await steward_snapshot.ask_instruments(http, "http://s:9000", 1)

    assert isinstance(said, str)
    assert said.startswith(words)


async def test_the_snapshot_of_a_service_is_that_of_its_definition(schemas, tmp_path):
    for definition, answer in {
        "instruments": instruments(),
        "worker": instruments(COUNTS),
        "meter": metered(tmp_path),
        "appMetrics": await told_by_its_own(),
    }.items():
        assert faults(schemas, "snapshot.schema.json", answer, definition) == []
        ComponentReading.model_validate(answer, extra="forbid")


@pytest.mark.parametrize("own_image", [False, True], ids=["built-in", "own image"])
@pytest.mark.parametrize("owns_postgres", [True, False], ids=["own Postgres", "existing Postgres"])
async def test_a_snapshot_of_all_components_is_that_of_the_schema(
    schemas, tmp_path, own_image, owns_postgres
):
    service = metered(tmp_path) if own_image else instruments()
    answer = await taken(service, owns_postgres=owns_postgres)
    seen = Quietness(
        quiet=True, waited_seconds=0.2, busy_cpus=0.1, pressure=0.01, idle_cpus={"shared": 0.1}
    )
    answer |= {"quietness": seen.as_json()}
    answer |= {"silences": {"service": Silence(1.8e9, 3.2)._asdict()}}

    assert answer["components"].keys() == {"service", "worker", "postgres", "redis"}
    assert faults(schemas, "snapshot.schema.json", answer) == []
    read = Snapshot.model_validate(answer | {"edge": "end"}, extra="forbid")
    assert read.components.keys() == answer["components"].keys()


async def test_a_trace_is_that_of_the_schema_and_read_whole(schemas):
    slots = slots_of(2)
    for slot in slots:
        tracer = Tracer(slot, seconds=0.1, after=0)
        for _ in range(3):
            request = tracer.accept()
            assert request is not None
            request.note("query", request.arrived, request.arrived + 0.001)
            request.name, request.status = "GET /", 200
    await asyncio.sleep(0.5)
    trace = json.loads(json.dumps(Source(Board(processes=2, traces=slots)).trace()))
    answer = with_trace(await taken(instruments(), owns_postgres=True), trace or "none")

    assert faults(schemas, "snapshot.schema.json", answer) == []
    assert Trace.model_validate(trace, extra="forbid").dump() == trace
    assert len(trace["requests"]) == 6
    read = Snapshot.model_validate(answer | {"edge": "end"}, extra="forbid")
    assert read.trace is not None


class NothingLeft:
    async def observe(self) -> Any:
        from loadlab_services.steward.leftover import Leftover  # noqa: PLC0415

        return Leftover(drained=True)


async def test_accounts_are_those_of_the_schema_and_read_whole(schemas):
    postgres: Any = Connection()
    of_writes = await account_for(
        "exp-001-a1",
        find_workload("ingest").ledger,
        postgres=postgres,
        drains=[NothingLeft()],
        deadline=1,
    )
    async with httpx.AsyncClient() as http:
        steward = Steward(find_workload("sleep"), Stores(http))
        await steward.arrive("exp-001-a1", Arrival(pod=0, pods=1))
        of_none = await steward.finish("exp-001-a1", Finish(pod=0, pods=1))

    assert "persisted" in of_writes
    of_refused = of_writes | {"refused": ["Redis refused 7 commands"], "noted": ["Redis"]}
    for account in (of_writes, of_none, of_refused):
        assert faults(schemas, "account.schema.json", account) == []
        Account.model_validate(account, extra="forbid")


READERS: list[tuple[type[ReadModel], str, str]] = [
    (K6Document, "generator-document.schema.json", "result"),
    (Scenario, "generator-document.schema.json", "scenario"),
    (Split, "generator-document.schema.json", "split"),
    (Distribution, "generator-document.schema.json", "distribution"),
    (Second, "generator-document.schema.json", "second"),
    (GeneratorUsage, "generator-document.schema.json", "usage"),
    (Progress, "generator-document.schema.json", "progress"),
    (Freshness, "generator-document.schema.json", "freshness"),
    (Account, "account.schema.json", ""),
    (Snapshot, "snapshot.schema.json", ""),
    (Trace, "snapshot.schema.json", "trace"),
]


@pytest.mark.parametrize(("reader", "file", "definition"), READERS)
def test_the_operator_reads_no_field_that_the_schema_does_not_have(
    schemas, reader, file, definition
):
    schema = schemas[file]["$defs"][definition] if definition else schemas[file]
    read = {field.alias or name for name, field in reader.model_fields.items()}
    needed = {f.alias or n for n, f in reader.model_fields.items() if f.is_required()}

    assert read - schema["properties"].keys() == set()
    assert needed - {"edge"} <= set(schema["required"])  # the script adds it


def test_the_operator_reads_every_field_of_a_component(schemas):
    definitions = schemas["snapshot.schema.json"]["$defs"]
    known = {
        name
        for definition in ("instruments", "worker", "meter", "postgres", "redis")
        for name in definitions[definition]["properties"]
    }

    assert {field.alias for field in ComponentReading.model_fields.values()} == known


def test_counters_are_read_by_the_names_that_the_schema_has(schemas):
    result = schemas["generator-document.schema.json"]["$defs"]["result"]
    counters = result["properties"]["counters"]["properties"]

    assert {field.alias or name for name, field in Counters.model_fields.items()} == counters.keys()
