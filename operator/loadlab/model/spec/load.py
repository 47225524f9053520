"""The load profile, in k6's own words."""

import re
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from loadlab.base.quantities import Duration, bounded
from loadlab.base.rules import Rule, Ruled, RuledModel, short_keys
from loadlab.model.spec.generator import GeneratorChoice
from loadlab.model.spec.search import Search

STALL_SECONDS = 2.4  # of arrivals that must find a virtual user: a stall of 2 s, and a fifth


class Executor(StrEnum):
    """How k6 schedules the iterations."""

    CONSTANT_VUS = "constant-vus"
    RAMPING_VUS = "ramping-vus"
    CONSTANT_ARRIVAL_RATE = "constant-arrival-rate"
    RAMPING_ARRIVAL_RATE = "ramping-arrival-rate"

    @property
    def is_open(self) -> bool:
        """Whether arrivals are independent of answers (an open model)."""
        return self in {Executor.CONSTANT_ARRIVAL_RATE, Executor.RAMPING_ARRIVAL_RATE}

    @property
    def ramps(self) -> bool:
        """Whether the load rises over `rampUp` first."""
        return self in {Executor.RAMPING_VUS, Executor.RAMPING_ARRIVAL_RATE}


class Arrivals(StrEnum):
    """How far apart the requests of an open model are."""

    EVEN = "Even"
    POISSON = "Poisson"


class Purpose(StrEnum):
    """What the trials are for."""

    COMPARE = "Compare"
    CAPACITY = "Capacity"


class Method(StrEnum):
    """What a request does with its path."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"
    HEAD = "HEAD"


class Redirects(StrEnum):
    """What becomes of an answer that names another place (301, 302, 303, 307, 308)."""

    FAIL = "Fail"
    FOLLOW = "Follow"
    ACCEPT = "Accept"


# What reaches a server as it is written: of ASCII all but blanks, #, % and a backslash, and % where
# it stands for a byte. An address with anything else is refused by k6, or cut.
_PATH = r'^/(%[0-9A-Fa-f][0-9A-Fa-f]|[]!-"$&-[^-~])*$'
UrlPath = Annotated[
    str,
    Ruled(
        Rule(
            f"self.matches('{_PATH}')",
            lambda text: re.fullmatch(_PATH, text) is not None,
            "must be a path: / first, then printable ASCII without blanks, # and backslashes, and "
            "% only before two hexadecimal digits, such as /search?q=a%20b",
        )
    ),
]


class VariableRange(RuledModel):
    """The integers that a variable takes, both ends included."""

    RULES: ClassVar[tuple[Rule["VariableRange"], ...]] = (
        Rule("self.min <= self.max", lambda it: it.min <= it.max, "min must not exceed max"),
    )

    min: int = Field(ge=-2_147_483_648, le=2_147_483_647, description="Smallest value.")
    max: int = Field(ge=-2_147_483_648, le=2_147_483_647, description="Largest value.")


class Request(RuledModel):
    """How one request is made. Without a path, what is asked comes from the workload."""

    RULES: ClassVar[tuple[Rule["Request"], ...]] = (
        Rule(
            "has(self.path) || !(has(self.method) || has(self.body) || "
            "(has(self.headers) && size(self.headers) > 0) || "
            "(has(self.variables) && size(self.variables) > 0))",
            lambda it: (
                it.path is not None
                or not (it.method or it.body is not None or it.headers or it.variables)
            ),
            "method, headers, body and variables go with path",
        ),
        short_keys("headers", "headers", 100),
        short_keys("variables", "variables", 60),
    )

    method: Method | None = Field(
        default=None, description="HTTP method of a request of your own (GET unless set)."
    )
    path: UrlPath | None = Field(
        default=None,
        max_length=1000,
        description=(
            "Path and query of a request of your own, such as /search?shelf=${shelf}; absent for "
            "the workload's requests. ${request_id} is a number no other request has, ${name} a "
            "value of variables."
        ),
    )
    headers: dict[str, str] = Field(
        default={},
        max_length=20,
        description="Headers of a request of your own; a JSON body has its Content-Type already.",
    )
    body: str | None = Field(
        default=None,
        max_length=65_536,
        description="Body of a request of your own, with ${variables}; absent for none.",
    )
    variables: dict[str, VariableRange] = Field(
        default={},
        max_length=20,
        description=(
            "Ranges of integers that path, headers and body draw from, by name. A request gets the "
            "same values in every variant and replicate."
        ),
    )
    redirects: Redirects = Field(
        default=Redirects.FAIL,
        description=(
            "What becomes of an answer that names another place (301, 302, 303, 307, 308). Fail: "
            "the request has failed. Follow: what is found there, ten places on at most, is the "
            "answer, and the way there is in its latency; it is one request all the same. Accept: "
            "it is the answer, and a good one."
        ),
    )
    timeout: Annotated[Duration, bounded("100ms", "120s")] = Field(
        default="20s",
        description="A request without an answer by then has failed. Keep it below gracefulStop.",
    )
    think_time: Annotated[Duration, bounded("0s", "60s")] = Field(
        default="0s",
        description="Pause of a virtual user between an answer and its next request.",
    )


class Load(GeneratorChoice):
    """One load profile for all trials."""

    RULES: ClassVar[tuple[Rule["Load"], ...]] = (
        Rule(
            "!has(self.arrivals) || self.executor.endsWith('arrival-rate') || has(self.search) || "
            "(has(self.purpose) && self.purpose == 'Compare')",
            lambda it: it.arrivals is None or it.is_open,
            "arrivals goes with purpose Compare, search, constant-arrival-rate and "
            "ramping-arrival-rate; in a closed model a request is sent when the one before it is "
            "answered",
            ".arrivals",
        ),
        Rule(
            "!has(self.search) || (has(self.purpose) && self.purpose == 'Capacity' && "
            "self.executor == 'constant-vus')",
            lambda it: it.search is None or it.searches_a_constant_rate,
            "search goes with purpose Capacity and offers constant rates: leave executor out",
            ".search",
        ),
    )

    purpose: Purpose | None = Field(
        default=None,
        description=(
            "Compare: pilot trials find what each cell carries in a closed loop, then all are "
            "offered one rate in the open model: factors.rate, or half of what the slowest "
            "carries; status.chosen.loads has it. Cells of which one carries more than four times "
            "as much as another get rates of their own, and only their capacities are compared. "
            "Capacity: a closed loop; each cell carries at least what its row says; with search, "
            "the open model. Absent: the executor decides."
        ),
    )
    search: Search | None = Field(
        default=None,
        description=(
            "With purpose Capacity: find the highest rate at which a cell meets successCriteria. "
            "From what its pilot trial carried in a closed loop the rate is doubled or halved, "
            "then bisected, one trial of each cell in turn; the two rates that are told are tried "
            "twice, so `replicates` counts for nothing here. status.capacity has what was found; "
            "absent: a closed loop alone."
        ),
    )
    executor: Executor = Field(
        default=Executor.CONSTANT_VUS,
        description=(
            "k6 executor. constant-vus and ramping-vus are closed models (a slow answer delays the "
            "next request); the arrival-rate ones are open models."
        ),
    )
    arrivals: Arrivals | None = Field(
        default=None,
        description=(
            "How far apart the requests of an open model are; absent: Poisson with search, else "
            "Even. Even: all the same time. Poisson: exponential gaps, as of many users who know "
            "nothing of each other; the same ones in every variant, and as many in all as Even has."
        ),
    )
    ramp_up: Annotated[Duration, bounded("0s", "10m")] = Field(
        default="1s",
        description="Time in which a ramping executor reaches the full load.",
    )
    duration: Annotated[Duration, bounded("1s", "1h")] = Field(
        default="30s",
        description="Length of the measurement at full load.",
    )
    warmup: Annotated[Duration, bounded("1s", "10m", or_zero=True)] = Field(
        default="5s",
        description=(
            "Load before the measurement, kept apart and not counted; 0s for none. Its last "
            "quarter lets the requests in flight end."
        ),
    )
    settling: Annotated[Duration, bounded("1s", "10m", or_zero=True)] = Field(
        default="3s",
        description=(
            "Length of one trial before the first block, which is not recorded: it meets the cold "
            "machine. At most duration; 0s for none. A single trial has none."
        ),
    )
    calibration: Annotated[Duration, bounded("1s", "10m", or_zero=True)] = Field(
        default="0s",
        description=(
            "Length of one trial before the first block in which k6 asks a server that does "
            "nothing at the offered rate, and then for 2 s in a closed loop: what k6 itself adds "
            "to a latency, and what it can send (status.calibration). 0s for none."
        ),
    )
    time_unit: Annotated[Duration, bounded("1ms", "1h")] = Field(
        default="1s",
        description="Unit of factors.rate: rate 100 with timeUnit 1s is 100 requests a second.",
    )
    graceful_stop: Annotated[Duration, bounded("0s", "5m")] = Field(
        default="30s",
        description="How long requests in flight at the end may take to finish.",
    )
    parallelism: int = Field(
        default=1,
        ge=1,
        le=16,
        description="Pods of the generator. The load is split over them; they start together.",
    )
    max_virtual_users: int = Field(
        default=0,
        ge=0,
        le=50_000,
        description=(
            "Virtual users of all pods for the arrival-rate executors, all allocated beforehand; "
            f"0 for as many as arrive in {STALL_SECONDS:g} s, which a stall of 2 s keeps waiting."
        ),
    )
    request: Request = Field(default=Request(), description="How one request is made.")

    @property
    def is_open(self) -> bool:
        """Whether the arrivals of measured trials are independent of answers."""
        return self.has_pilots or self.executor.is_open

    @property
    def spacing(self) -> Arrivals:
        """How far apart the requests of its open model are."""
        return self.arrivals or (Arrivals.POISSON if self.search else Arrivals.EVEN)

    @property
    def has_pilots(self) -> bool:
        """Whether pilot trials in a closed loop say what the measured ones are offered."""
        return self.purpose is Purpose.COMPARE or self.search is not None

    @property
    def searches_a_constant_rate(self) -> bool:
        """Whether nothing else is said that a search would have to leave."""
        is_usual = self.executor is Executor.CONSTANT_VUS
        return self.purpose is Purpose.CAPACITY and is_usual
