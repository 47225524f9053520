"""What the load generator sends for a cell: named requests with weights, variables, side load."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loadlab.catalogue.cells import Cell

Json = dict[str, Any]
Range = tuple[int, int]  # of integers, inclusive
Values = Json  # {min, max} of integers, {values} of texts, or the {file} that has them

PADDING = "${padding}"  # where the generator puts `padding_bytes` characters


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretValue:
    """A header's value that the generator finds in a variable of its environment."""

    variable: str
    prefix: str = ""

    def dump(self) -> Json:
        """Return what the scenario script reads."""
        return {"variable": self.variable, "prefix": self.prefix}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """A value of an answer, from its `json`, a `header` or a `cookie`, that a later request has."""

    name: str
    source: str
    at: str
    is_path: bool = False  # of the service, which is put into a path as it is

    def dump(self) -> Json:
        """Return what the scenario script reads."""
        path = {"path": True} if self.is_path else {}
        return {"name": self.name, "source": self.source, "at": self.at, **path}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One kind of request; `weight` is its share among all, `writes` that its id is accounted."""

    name: str
    path: str
    method: str = "GET"
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    secret_headers: dict[str, SecretValue] = field(default_factory=dict)
    expected: tuple[int, ...] = ()  # statuses; none for the usual ones
    extract: tuple[Extracted, ...] = ()
    weight: int = 1
    writes: bool = False

    def dump(self) -> Json:
        """Return what the scenario script reads."""
        secret = {name: value.dump() for name, value in self.secret_headers.items()}
        json_type = {"Content-Type": "application/json"} if self.body else {}
        return {
            "name": self.name,
            "method": self.method,
            "path": self.path,
            "headers": json_type | self.headers,
            **({"secretHeaders": secret} if secret else {}),
            **({"extract": [one.dump() for one in self.extract]} if self.extract else {}),
            **({"expectedStatuses": list(self.expected)} if self.expected else {}),
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
    in_order: bool = False  # an iteration makes all of them, not one
    variables: Mapping[str, Range | Values] = field(default_factory=dict)
    side: Request | None = None
    side_per_second: int = 0
    # A writer that then reads until it sees what it wrote: how stale are the answers?
    probes_freshness: bool = False
    tells_cache: bool = False
    padding_bytes: int = 0

    def dump_variables(self) -> Json:
        """Return what the scenario script reads of the variables."""
        return {
            name: {"min": given[0], "max": given[1]} if isinstance(given, tuple) else given
            for name, given in self.variables.items()
        }

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


def parameters_of(cell: Cell) -> str:
    """Return the cell's levels that a request tells by its URL, such as `ms=1000`."""
    told = ((factor.facts.parameter, level) for factor, level in cell.levels())
    return "&".join(f"{parameter}={level}" for parameter, level in told if parameter)
