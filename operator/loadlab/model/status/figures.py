"""Figures of a cell's results: what several replicates say together."""

from enum import StrEnum

from pydantic import Field

from loadlab.model.base import ObservedModel


class Validity(StrEnum):
    """Whether a number may be used at all."""

    VALID = "Valid"
    SUSPECT = "Suspect"
    INVALID = "Invalid"


class Figure(ObservedModel):
    """A mean over replicates with its 95 % confidence interval."""

    mean: float = Field(description="Mean over the replicates.")
    low: float | None = Field(default=None, description="Lower end; absent with one replicate.")
    high: float | None = Field(default=None, description="Upper end; absent with one replicate.")


class LatencyMs(ObservedModel):
    """Latency of successful answers in milliseconds, from the merged histograms."""

    avg: float = Field(description="Mean.")
    min: float = Field(description="Shortest.")
    med: float = Field(description="Median.")
    p90: float = Field(description="90th percentile.")
    p95: float = Field(description="95th percentile.")
    p99: float = Field(description="99th percentile.")
    max: float = Field(description="Longest.")


class ByComponent(ObservedModel):
    """One figure for each component that took part."""

    service: float | None = Field(default=None, description="The service under test.")
    worker: float | None = Field(default=None, description="The queue worker.")
    postgres: float | None = Field(default=None, description="Postgres.")
    redis: float | None = Field(default=None, description="Redis.")
    generator: float | None = Field(default=None, description="All k6 pods.")
