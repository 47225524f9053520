"""What the load generator sends for a cell: named requests with weights, variables, side load."""

from dataclasses import dataclass, field
from typing import Any

from loadlab.model.factors import Workload
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.status import Cell
from loadlab.plan.catalogue import variant_facts

USERS_AT_FULL_SCALE = 1_000_000
WELLS_AT_FULL_SCALE = 100_000
SMALLEST_WELLS = 1000
DEFAULT_WRITE_PERCENT = 10
FRESHNESS_EVERY_MS = 200

Json = dict[str, Any]
Range = tuple[int, int]  # of integers, inclusive

PADDING = "${padding}"
READING = (
    '{"request_id":${request_id},"device_id":"device-${device}","temperature":${temperature},'
    '"humidity":${humidity},"battery":${battery},"recorded_at":"2026-01-01T00:00:00Z"'
)
READING_RANGES: dict[str, Range] = {
    "device": (1, 1000),
    "temperature": (-20, 45),
    "humidity": (0, 100),
    "battery": (0, 100),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One kind of request; `weight` is its share among all, `writes` that its id is accounted."""

    name: str
    path: str
    method: str = "GET"
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    weight: int = 1
    writes: bool = False

    def dump(self) -> Json:
        """Return what the scenario script reads."""
        json_type = {"Content-Type": "application/json"} if self.body else {}
        return {
            "name": self.name,
            "method": self.method,
            "path": self.path,
            "headers": json_type | self.headers,
            "body": self.body,
            "weight": self.weight,
            "writes": self.writes,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """All that is sent to the service in a trial.

    `side` goes beside the load at `side_per_second`, open model, measured apart. Where a text says
    `${padding}`, the generator puts `padding_bytes` characters.
    """

    load: tuple[Request, ...]
    variables: dict[str, Range] = field(default_factory=dict)
    side: Request | None = None
    side_per_second: int = 0
    # A writer that then reads until it sees what it wrote: how stale are the answers?
    probes_freshness: bool = False
    tells_cache: bool = False
    padding_bytes: int = 0

    @property
    def write_share(self) -> float:
        """Share of writes among the requests of the load, 0..1."""
        return sum(r.weight for r in self.load if r.writes) / sum(r.weight for r in self.load)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that results tell apart: none where there is one kind of request only."""
        beside = (self.side.name,) if self.side else ()
        by_cache = ("hit", "miss") if self.tells_cache else ()
        found = (*(request.name for request in self.load), *beside, *by_cache)
        return found if len(found) > 1 else ()


def requests_of(spec: LoadExperimentSpec, cell: Cell) -> Requests:
    """Return the requests of a cell: the experiment's own request, or the workload's."""
    own = spec.load.request
    if own.path is not None:
        request = Request(
            name="request",
            method=own.method or "GET",
            path=own.path,
            headers=own.headers,
            body=own.body,
        )
        ranges = {name: (r.min, r.max) for name, r in own.variables.items()}
        return Requests(load=(request,), variables=ranges)
    return _BUILDERS[spec.workload](spec, cell)


def _sleep(_spec: LoadExperimentSpec, cell: Cell) -> Requests:
    return Requests(load=(Request(name="sleep", path=f"/sleep?ms={cell.ms}"),))


def _select(spec: LoadExperimentSpec, cell: Cell) -> Requests:
    request = Request(name="select", path="/select?user_id=${user_id}")
    return Requests(load=(request,), variables={"user_id": (1, _user_ids(spec, cell))})


def _simulation(spec: LoadExperimentSpec, cell: Cell) -> Requests:
    path = f"/simulation?user_id=${{user_id}}&fib={cell.fib}"
    request = Request(name="simulation", path=path)
    return Requests(load=(request,), variables={"user_id": (1, _user_ids(spec, cell))})


def _user_ids(spec: LoadExperimentSpec, cell: Cell) -> int:
    users = max(1, round(USERS_AT_FULL_SCALE * spec.postgres.scale))
    return min(cell.user_ids or users, users)


def _items(spec: LoadExperimentSpec, cell: Cell) -> Requests:
    share = DEFAULT_WRITE_PERCENT if cell.write_percent is None else cell.write_percent
    text = "measured by LoadLab" + (PADDING if cell.payload_bytes else "")
    body = f'{{"name":"item-${{request_id}}","description":"{text}"}}'
    write = Request(
        name="write", method="POST", path="/items", body=body, weight=share, writes=True
    )
    read = Request(name="read", path="/items?limit=100", weight=100 - share)
    return Requests(
        load=tuple(request for request in (read, write) if request.weight),
        probes_freshness=0 < share < 100,
        tells_cache=variant_facts(spec.workload, cell.variant).cached,
        padding_bytes=cell.payload_bytes or 0,
    )


def _ingest(_spec: LoadExperimentSpec, cell: Cell) -> Requests:
    padding = f',"padding":"{PADDING}"' if cell.payload_bytes else ""
    write = Request(
        name="write", method="POST", path="/write", body=f"{READING}{padding}}}", writes=True
    )
    padded = cell.payload_bytes or 0
    return Requests(load=(write,), variables=READING_RANGES, padding_bytes=padded)


def _wells(spec: LoadExperimentSpec, _cell: Cell) -> Requests:
    wells = max(SMALLEST_WELLS, round(WELLS_AT_FULL_SCALE * spec.postgres.scale))
    return Requests(
        load=(
            Request(name="list", path="/wells?limit=100", weight=1),
            Request(name="details", path="/wells/${well}/details", weight=4),
        ),
        variables={"well": (1, wells)},
        side=Request(name="ping", path="/ping"),
        side_per_second=20,
    )


def _custom(_spec: LoadExperimentSpec, _cell: Cell) -> Requests:
    return Requests(load=(Request(name="request", path="/"),))


_BUILDERS = {
    Workload.SLEEP: _sleep,
    Workload.SELECT: _select,
    Workload.SIMULATION: _simulation,
    Workload.ITEMS: _items,
    Workload.INGEST: _ingest,
    Workload.WELLS: _wells,
    Workload.CUSTOM: _custom,
}
