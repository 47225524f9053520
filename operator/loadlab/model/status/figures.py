"""Figures of a cell's results: what several replicates say together."""

from enum import StrEnum
from typing import Self

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.model.status.absent import without_default


class Validity(StrEnum):
    """Whether a number may be used at all."""

    VALID = "Valid"
    SUSPECT = "Suspect"
    INVALID = "Invalid"


class Standing(StrEnum):
    """What a figure may be taken for."""

    SOUND = "Sound"
    BOUND = "Bound"
    UNSOUND = "Unsound"


def _is_sound(standing: Standing) -> bool:
    return standing is Standing.SOUND


class Figure(ObservedModel):
    """A mean over replicates with its 95 % confidence interval, and what it may be taken for."""

    mean: float = Field(description="Mean over the replicates.")
    low: float | None = Field(
        default=None,
        description="Lower end; absent with fewer than three replicates, and beyond 3 to 1.",
    )
    high: float | None = Field(default=None, description="Upper end; absent with the lower one.")
    least: float | None = Field(
        default=None, description="Least of the replicates, where there is no interval."
    )
    most: float | None = Field(
        default=None, description="Most of the replicates, where there is no interval."
    )
    replicates: int | None = Field(
        default=None, description="Replicates that have it, where not all that are used do."
    )
    standing: Standing = Field(
        default=Standing.SOUND,
        exclude_if=_is_sound,
        json_schema_extra=without_default,
        description=(
            "Absent means Sound: it is what it says. Bound: it is a lower bound, the service could "
            "do at least this. Unsound: something else was measured."
        ),
    )
    why: str | None = Field(
        default=None,
        max_length=60,
        description="Why it is not Sound: a kind of reason, such as GeneratorSaturated.",
    )

    def as_unsound(self, why: str) -> Self:
        """Return the same figure, as one that tells of something else."""
        return self.model_copy(update={"standing": Standing.UNSOUND, "why": why})

    def as_lower_bound(self, why: str) -> Self:
        """Return the same figure, as one that the truth does not lie below.

        One that tells of something else is no bound of it either, and stays what it is.
        """
        if self.standing is Standing.UNSOUND:
            return self
        return self.model_copy(update={"standing": Standing.BOUND, "why": why})


class LatencyMs(ObservedModel):
    """Latency in ms, of successful answers and of none at all: means over the replicates."""

    avg: float = Field(description="Mean.")
    min: float = Field(description="Shortest.")
    med: float = Field(description="Median.")
    p90: float = Field(description="90th percentile.")
    p95: float = Field(description="95th percentile.")
    p99: float = Field(description="99th percentile.")
    max: float = Field(description="Longest.")
    lower_bound_above: float | None = Field(
        default=None,
        description=(
            "Percentile above which these figures, and the mean, are lower bounds: there requests "
            "had no answer, which counts as the time-out. 0 (all of them) where the service did "
            "not carry the offered rate, or they grew all through the window. Absent where none is."
        ),
    )

    def is_lower_bound(self, name: str) -> bool:
        """Whether a figure, such as p95, is one that the truth does not lie below."""
        return name != "min" and self.is_lower_bound_at(_PERCENTS.get(name, 100.0))

    def is_lower_bound_at(self, percent: float) -> bool:
        """Whether a percentile is one that the truth does not lie below."""
        return self.lower_bound_above is not None and percent > self.lower_bound_above

    def at_least(self, name: str, percent: float | None) -> float:
        """Return a figure, such as avg; of a percentile the highest known one up to it."""
        known = {at: figure for figure, at in _PERCENTS.items() if at <= (percent or 0.0)}
        name = name if percent is None else known.get(max(known, default=0.0), "min")
        return float(getattr(self, name))

    def as_lower_bounds(self) -> Self:
        """Return the same figures, all of them as lower bounds."""
        return self.model_copy(update={"lower_bound_above": 0.0})


_PERCENTS = {"med": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0}  # the mean and max know all


class ByComponent(ObservedModel):
    """One figure for each component that took part."""

    service: float | None = Field(default=None, description="The service under test.")
    worker: float | None = Field(default=None, description="The queue worker.")
    postgres: float | None = Field(default=None, description="Postgres.")
    redis: float | None = Field(default=None, description="Redis.")
    generator: float | None = Field(default=None, description="All k6 pods.")
