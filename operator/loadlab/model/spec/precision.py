"""How well differences are to be known, and what may be spent on it."""

from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from loadlab.base.models import ApiModel
from loadlab.base.rules import Rule
from loadlab.model.spec.order import Strategy

if TYPE_CHECKING:
    from loadlab.model.spec.experiment import LoadExperimentSpec

FEWEST_IN_PILOT = 3  # replicates: two have no interval


class PrecisionFigure(StrEnum):
    """A figure of the rows, as status.comparisons spells it."""

    REQUESTS_PER_SECOND = "requestsPerSecond"
    CPU_MICROS = "cpuMicros"
    P95_MS = "p95Ms"


class Precision(ApiModel):
    """The half width of the intervals that is wanted, and the replicates it may take.

    After the first `replicates` it is computed once how many it takes, and the others follow.
    """

    figure: PrecisionFigure = Field(
        description=(
            "The figure that is to be known so well: requestsPerSecond (closed loop only), "
            "cpuMicros or p95Ms (not with load.purpose Capacity)."
        )
    )
    half_width: str = Field(
        pattern=r"^(0\.[1-9]|[1-4]?[1-9](\.[0-9])?|[1-4]0(\.[0-9])?)%$",
        min_length=2,
        max_length=5,
        description=(
            "Half of the 95 % interval of each cell's ratio to its control cell, as a share of the "
            "ratio, such as 5%; of each cell's mean, where no cell has a control."
        ),
    )
    max_replicates: int = Field(
        default=30, ge=3, le=100, description="Replicates of each cell at most; see maxTrials, too."
    )

    @property
    def share(self) -> float:
        """The half width as a share; 0.05 is 5 %."""
        return float(self.half_width.removesuffix("%")) / 100


def _has_a_pilot(spec: "LoadExperimentSpec") -> bool:
    wanted = spec.precision
    return wanted is None or FEWEST_IN_PILOT <= spec.replicates <= wanted.max_replicates


def _grows_by_blocks(spec: "LoadExperimentSpec") -> bool:
    return spec.precision is None or spec.order.strategy is Strategy.INTERLEAVED


def _is_compared(spec: "LoadExperimentSpec") -> bool:
    figure = spec.precision.figure if spec.precision else None
    if figure is PrecisionFigure.REQUESTS_PER_SECOND:
        return not spec.load.is_open
    return figure is not PrecisionFigure.P95_MS or spec.load.shows_latency


def precision_rules() -> tuple[Rule["LoadExperimentSpec"], ...]:
    """Return the rules of a spec that asks for precision."""
    return (
        Rule(
            f"!has(self.precision) || (self.replicates >= {FEWEST_IN_PILOT} && "
            "self.replicates <= self.precision.maxReplicates)",
            _has_a_pilot,
            f"precision needs {FEWEST_IN_PILOT} replicates or more, whose noise says how many it "
            "takes, and no more of them than precision.maxReplicates",
            ".precision",
        ),
        Rule(
            "!has(self.precision) || self.order.strategy == 'Interleaved'",
            _grows_by_blocks,
            "precision adds whole blocks: leave order.strategy Sequential out",
            ".precision",
        ),
        Rule(
            "!has(self.precision) || (self.precision.figure == 'requestsPerSecond' ? "
            "!self.load.executor.endsWith('arrival-rate') && "
            "!(has(self.load.purpose) && self.load.purpose == 'Compare') : "
            "self.precision.figure != 'p95Ms' || "
            "!(has(self.load.purpose) && self.load.purpose == 'Capacity'))",
            _is_compared,
            "precision.figure is not compared under this load: in the open model requestsPerSecond "
            "is what was offered, and with load.purpose Capacity p95Ms follows from it",
            ".precision",
        ),
    )
