"""The status of a LoadExperiment: where it stands, its conditions, and its results."""

import operator
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.rounding import decimals
from loadlab.model.status.absent import without_default
from loadlab.model.status.baseline import Baseline
from loadlab.model.status.calibration import Calibration
from loadlab.model.status.chosen import Chosen
from loadlab.model.status.comparisons import Comparison
from loadlab.model.status.conditions import Condition
from loadlab.model.status.inputs import MOST_CONFIG_MAPS, Inputs
from loadlab.model.status.noise_floor import NoiseFloor
from loadlab.model.status.outcomes import Best, CriterionResult, ExpectationResult, Verdict
from loadlab.model.status.precision import PrecisionResult
from loadlab.model.status.results import Durability, ResultRow
from loadlab.model.status.retained import Retained
from loadlab.model.status.scaling import Scaling
from loadlab.model.status.search import CellCapacity
from loadlab.model.status.served import Served

CONDITION_LIST: dict[str, Any] = {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
}
MAX_ROWS = 100


class Phase(StrEnum):
    """Where an experiment stands; for people. Programs use the conditions."""

    PENDING = "Pending"
    PREPARING = "Preparing"
    RUNNING = "Running"
    ANALYZING = "Analyzing"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    TERMINATED = "Terminated"

    @property
    def is_terminal(self) -> bool:
        """Whether the phase never changes again."""
        return self in {Phase.SUCCEEDED, Phase.FAILED, Phase.TERMINATED}


class TrialCounts(ObservedModel):
    """How many trials stand where."""

    planned: int = Field(
        default=0, description="Trials of the plan; while load.search goes on, at most."
    )
    running: int = Field(default=0, description="Trials under way.")
    succeeded: int = Field(default=0, description="Trials with a usable result.")
    invalid: int = Field(default=0, description="Trials whose result may not be used.")
    failed: int = Field(default=0, description="Trials that could not run.")
    lost: int = Field(default=0, description="Trials whose result was lost.")


class Overhead(ObservedModel):
    """Seconds that trials spent outside their load: start-up plus collection."""

    median: Annotated[float, decimals(3)] = Field(description="Median over the trials.")
    p95: Annotated[float, decimals(3)] = Field(description="95th percentile over the trials.")


class Environment(ObservedModel):
    """Where the numbers were made."""

    kubernetes: str = Field(default="", max_length=60, description="Version of the API server.")
    node: str = Field(default="", max_length=253, description="Node of the service.")
    images: dict[str, str] = Field(
        default={},
        max_length=20,
        description=(
            "Image of each component, by digest where known; service/NAME is that of a variant "
            "with an image of its own, or that ran already."
        ),
    )
    inputs: Inputs = Field(
        default={},
        max_length=MOST_CONFIG_MAPS,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description=(
            "ConfigMaps that the spec names: each one's uid, resourceVersion and a digest of its "
            "data."
        ),
    )
    services: dict[str, Served] = Field(
        default={},
        max_length=10,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description="What ran behind the Service of each variant that ran already.",
    )


class Preparation(ObservedModel):
    """How far the loading of the data set has come."""

    step: str = Field(max_length=60, description="What is being done, such as load order_items.")
    percent: int = Field(ge=0, le=100, description="Share of the whole data set in percent.")
    message: str = Field(default="", max_length=200, description="More about it, for people.")


class LoadExperimentStatus(ObservedModel):
    """Status of a LoadExperiment."""

    phase: Phase = Field(default=Phase.PENDING, description="Where it stands, for people.")
    observed_generation: int = Field(default=-1, description="Generation of the spec last seen.")
    conditions: tuple[Condition, ...] = Field(
        default=(), max_length=20, description="Observations.", json_schema_extra=CONDITION_LIST
    )
    verdict: Verdict | None = Field(default=None, description="Whether the criteria were met.")
    progress: str = Field(default="", max_length=20, description="Finished and planned trials.")
    trials: TrialCounts = Field(default=TrialCounts(), description="Trials by state.")
    queue_position: int | None = Field(
        default=None, description="How many active experiments are ahead; 0 is next."
    )
    waits_for: str | None = Field(
        default=None,
        max_length=200,
        description="While Pending: what it waits for, such as the experiment that runs.",
    )
    recommendation: tuple[Annotated[str, Field(max_length=400)], ...] = Field(
        default=(),
        max_length=3,
        description="What to do about the results, or what it would take to say so.",
    )
    best: Best | None = Field(default=None, description="The best cell.")
    results: tuple[ResultRow, ...] = Field(
        default=(), max_length=MAX_ROWS, description="One row per cell."
    )
    capacity: tuple[CellCapacity, ...] = Field(
        default=(),
        max_length=50,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description="With load.search: the highest rate at which each cell meets the criteria.",
    )
    comparisons: tuple[Comparison, ...] = Field(
        default=(), max_length=MAX_ROWS, description="Each cell against its control cell."
    )
    noise_floor: tuple[NoiseFloor, ...] = Field(
        default=(),
        max_length=5,
        description="With comparison.controlTwice: what the first cell differs by from itself.",
    )
    scaling: tuple[Scaling, ...] = Field(
        default=(),
        max_length=20,
        description="How throughput scales where a factor has four levels or more.",
    )
    precision: PrecisionResult | None = Field(
        default=None, description="What came of spec.precision, from its pilot on."
    )
    baseline: Baseline | None = Field(
        default=None, description="The earlier experiment of spec.comparison.baselineRef."
    )
    omitted: tuple[str, ...] = Field(
        default=(),
        max_length=30,
        description=(
            "What the rows leave out so that the status stays below 64 KiB; the LoadTrials have it."
        ),
    )
    criteria: tuple[CriterionResult, ...] = Field(
        default=(), max_length=20, description="The success criteria and their outcomes."
    )
    expectations: tuple[ExpectationResult, ...] = Field(
        default=(), max_length=20, description="The expectations and their outcomes."
    )
    durability: Durability | None = Field(
        default=None, description="Accepted and persisted writes of a workload that writes."
    )
    overhead_seconds: Overhead | None = Field(
        default=None, description="What a trial costs besides its load."
    )
    preliminary_seconds: Annotated[float | None, decimals(1)] = Field(
        default=None,
        description=(
            "Seconds that went before the first block, in a settling trial, in pilot trials and "
            "in the calibration. Absent where there was none."
        ),
    )
    calibration: Calibration | None = Field(
        default=None, description="What k6 itself adds and can send; where load.calibration asks."
    )
    environment: Environment | None = Field(default=None, description="Where it ran.")
    chosen: Chosen | None = Field(
        default=None, description="What the spec left open and the operator chose."
    )
    fingerprint: str = Field(default="", max_length=64, description="Hash of the plan.")
    operator_version: str = Field(
        default="", max_length=40, description="Version of the operator that made the plan."
    )
    phase_start_time: str | None = Field(
        default=None, description="When it entered its phase, while it is under way (RFC 3339)."
    )
    start_time: str | None = Field(default=None, description="When it became active (RFC 3339).")
    completion_time: str | None = Field(default=None, description="When it finished (RFC 3339).")
    preparation: Preparation | None = Field(
        default=None, description="While Preparing: how far the data set is loaded."
    )
    retained: Retained | None = Field(
        default=None, description="With spec.retain: what a failed experiment keeps for a while."
    )
    current_trial: str = Field(default="", max_length=63, description="The trial under way.")
