"""The load profile, in k6's own words."""

from enum import StrEnum
from math import ceil
from typing import Annotated, ClassVar

from pydantic import Field

from loadlab.base.quantities import Duration, bounded, seconds
from loadlab.base.rules import Rule
from loadlab.model.spec.generator import GeneratorChoice
from loadlab.model.spec.request import Request
from loadlab.model.spec.script import Script
from loadlab.model.spec.search import Search

STALL_SECONDS = 2.4  # of arrivals that must find a virtual user: a stall of 2 s, and a fifth
# Of a rate, however low: a fifth of few arrivals is no margin, and users are cheap.
FEWEST_USERS = 100


def users_of_rate(per_second: float) -> int:
    """Return the most virtual users that a rate has where the spec gives no number."""
    return max(ceil(per_second * STALL_SECONDS), FEWEST_USERS)


class Executor(StrEnum):
    """How k6 schedules the iterations."""

    CONSTANT_VUS = "constant-vus"
    RAMPING_VUS = "ramping-vus"
    CONSTANT_ARRIVAL_RATE = "constant-arrival-rate"
    RAMPING_ARRIVAL_RATE = "ramping-arrival-rate"
    SCRIPT = "Script"

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
            "!has(self.request) || !has(self.request.steps) || size(self.request.steps) == 0 || "
            "!(has(self.search) || "
            "self.executor.endsWith('arrival-rate') || "
            "(has(self.purpose) && self.purpose == 'Compare'))",
            lambda it: not (it.request.steps and it.is_open),
            "request.steps goes with a given number of users: leave search and purpose Compare "
            "out, and use constant-vus or ramping-vus",
            ".request",
        ),
        Rule(
            "!has(self.search) || (has(self.purpose) && self.purpose == 'Capacity' && "
            "self.executor == 'constant-vus')",
            lambda it: it.search is None or it.searches_a_constant_rate,
            "search goes with purpose Capacity and offers constant rates: leave executor out",
            ".search",
        ),
        Rule(
            "!has(self.iterations) || (self.executor == 'constant-vus' && self.parallelism == 1 && "
            "!has(self.search) && !has(self.script) && "
            "!(has(self.purpose) && self.purpose == 'Compare'))",
            lambda it: it.iterations is None or it.is_one_plain_closed_loop,
            "iterations goes with a given number of users of one pod: leave executor, parallelism, "
            "script, search and purpose Compare out",
            ".iterations",
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
            "next request); the arrival-rate ones are open models. Script: the scenarios of "
            "load.script are the load, within duration."
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
        description=(
            "Length of the measurement at full load; with iterations the most that they may take."
        ),
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
            "Most virtual users of all pods for the arrival-rate executors, all there from the "
            f"start; 0 for as many as arrive in {STALL_SECONDS:g} s, which a stall of 2 s keeps "
            f"waiting, {FEWEST_USERS} at least: some of them are there from the start, more are "
            "made before they are needed."
        ),
    )
    request: Request = Field(default=Request(), description="How one request is made.")
    script: Script | None = Field(
        default=None,
        description=(
            "A k6 script of your own, which makes the requests instead of `request`; with the "
            "workload custom. What it can and can't do: docs/how-to/own-script.md; absent for none."
        ),
    )

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
    def is_one_plain_closed_loop(self) -> bool:
        """Whether one pod makes requests of ours by a constant number of users."""
        plain = self.executor is Executor.CONSTANT_VUS and self.script is None
        return plain and self.parallelism == 1 and not self.has_pilots

    @property
    def ramp_seconds(self) -> float:
        """Seconds in which its load rises; 0 for an executor that does not ramp."""
        return seconds(self.ramp_up) if self.executor.ramps else 0.0

    @property
    def applied_seconds(self) -> float:
        """Seconds in which a trial is under load, warm-up and ramp included."""
        return seconds(self.warmup) + self.ramp_seconds + seconds(self.duration)

    @property
    def shows_latency(self) -> bool:
        """Whether latency tells cells apart: at saturation it follows from what is carried."""
        return self.purpose is not Purpose.CAPACITY

    @property
    def searches_a_constant_rate(self) -> bool:
        """Whether nothing else is said that a search would have to leave."""
        is_usual = self.executor is Executor.CONSTANT_VUS
        return self.purpose is Purpose.CAPACITY and is_usual
