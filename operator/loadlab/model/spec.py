"""The spec of a LoadExperiment: the one YAML file that a user writes."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Field

from loadlab.catalogue import WORKLOADS, CellPattern, Factor, Factors
from loadlab.model.base import ApiModel
from loadlab.model.components import (
    Placement,
    Postgres,
    RabbitMq,
    Redis,
    Resources,
    Timeouts,
    TtlStrategy,
)
from loadlab.model.expectations import Expectation
from loadlab.model.load import Load
from loadlab.model.variants import Variant

MUTABLE_FIELDS = ("suspend", "terminate", "ttlStrategy")


class Strategy(StrEnum):
    """In which order the trials run."""

    INTERLEAVED = "Interleaved"
    SEQUENTIAL = "Sequential"


class Order(ApiModel):
    """The order of the trials."""

    strategy: Strategy = Field(
        default=Strategy.INTERLEAVED,
        description=(
            "Interleaved runs each replicate of all cells as one randomised block, so that a slow "
            "drift of the machine favours no cell. Sequential is for demonstration."
        ),
    )
    seed: int = Field(
        default=42, ge=0, le=2_147_483_647, description="Seed of the randomised order."
    )


class Metric(StrEnum):
    """What a success criterion may look at, by k6's names."""

    HTTP_REQ_DURATION = "http_req_duration"
    HTTP_REQ_FAILED = "http_req_failed"
    HTTP_REQS = "http_reqs"
    DROPPED_ITERATIONS = "dropped_iterations"


class Criterion(ApiModel):
    """One bound that every cell must keep."""

    name: str = Field(
        pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=40, description="Name, such as tail."
    )
    metric: Metric = Field(
        description="http_req_duration (ms), http_req_failed, http_reqs or dropped_iterations."
    )
    threshold: str = Field(
        pattern=r"^[a-z0-9().]+\s*(<|<=|>|>=|==|!=)\s*[0-9]+(\.[0-9]+)?$",
        max_length=40,
        description="k6's threshold spelling, such as p(95)<500, avg<20, rate<0.01 or count>=1000.",
    )


class Retry(ApiModel):
    """What happens to a trial that was lost or spoiled."""

    attempts: int = Field(
        default=2, ge=1, le=5, description="Attempts per trial, the first included."
    )


def _variant_rule() -> dict[str, str]:
    """CEL: a variant is one that the workload has, or an image under a name of its own."""
    catalogue = ", ".join(
        f"'{name}': {list(workload.variants)}" for name, workload in WORKLOADS.items()
    )
    return {
        "rule": (
            f"self.variants.all(v, has(v.image) != (v.name in {{{catalogue}}}[self.workload]))"
        ),
        "message": (
            "a variant does not belong to this workload: it is not built in and has no image, or "
            "it has an image and a built-in name; see kubectl explain lexp.spec.variants.name"
        ),
        "fieldPath": ".variants",
    }


def _factor_rules() -> list[dict[str, str]]:
    """CEL: a workload's parameter goes with that workload only."""
    return [
        {
            "rule": f"!has(self.factors.{factor}) || self.workload in {list(works)}",
            "message": f"factors.{factor} belongs to the workload {' or '.join(works)}",
            "fieldPath": ".factors",
        }
        for factor in Factor
        if (works := factor.facts.workloads)
    ]


def _request_rules() -> list[dict[str, str]]:
    """CEL: where the workload says nothing of requests, the experiment does."""
    return [
        {
            "rule": f"self.workload != '{name}' || has(self.load.request.path)",
            "message": (
                f"the workload {name} needs load.request.path: what is your service asked?"
            ),
            "fieldPath": ".load",
        }
        for name, workload in WORKLOADS.items()
        if workload.requests is None
    ]


RULES: tuple[dict[str, str], ...] = (
    _variant_rule(),
    *_request_rules(),
    {
        "rule": "has(self.factors.rate) == self.load.executor.endsWith('arrival-rate')",
        "message": "factors.rate goes with the arrival-rate executors, and only with them",
        "fieldPath": ".factors",
    },
    *_factor_rules(),
    {
        "rule": (
            "self.placement.serviceCpu == 'Shared' || "
            "(has(self.resources.service.cpu) && self.resources.service.cpu.matches('^[0-9]+$'))"
        ),
        "message": 'serviceCpu Exclusive needs whole CPUs, such as cpu: "1"',
        "fieldPath": ".resources",
    },
    {
        "rule": "self.load.parallelism == 1 || has(self.factors.rate) || "
        "self.factors.virtualUsers.all(n, n >= self.load.parallelism)",
        "message": "factors.virtualUsers must be at least load.parallelism",
        "fieldPath": ".factors",
    },
)


def _transition_rules() -> list[dict[str, str]]:
    """CEL: the spec is immutable, except for what steers a running experiment."""
    fields = [
        field.alias or name
        for name, field in LoadExperimentSpec.model_fields.items()
        if (field.alias or name) not in MUTABLE_FIELDS
    ]
    same = " && ".join(
        f"has(self.{f}) == has(oldSelf.{f}) && (!has(self.{f}) || self.{f} == oldSelf.{f})"
        for f in fields
    )
    message = (
        "the spec is immutable except suspend, terminate and ttlStrategy; "
        "create a new experiment for a changed sweep"
    )
    return [{"rule": same, "message": message}]


def _schema_extra(schema: dict[str, Any]) -> None:
    schema["x-kubernetes-validations"] = [*RULES, *_transition_rules()]


def _summaries() -> str:
    return " ".join(f"{name}: {workload.summary}" for name, workload in WORKLOADS.items())


def _known_workload(name: str) -> str:
    if name not in WORKLOADS:
        raise ValueError(f"there is no workload {name!r}; there are {', '.join(WORKLOADS)}")
    return name


WorkloadName = Annotated[
    str, AfterValidator(_known_workload), Field(json_schema_extra={"enum": [*WORKLOADS]})
]
Excluded = Annotated[
    CellPattern,
    Field(description="A pattern of cells to leave out: every field given must match."),
]


class LoadExperimentSpec(ApiModel):
    """Variants x factors x replicates under one load profile."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra=_schema_extra)

    workload: WorkloadName = Field(description=f"What a request does. {_summaries()}")
    variants: tuple[Variant, ...] = Field(
        min_length=1,
        max_length=10,
        description="Ways to serve the workload, compared under the same load.",
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    )
    factors: Factors = Field(
        default=Factors(),
        description=(
            "The swept settings. Every list entry is a level; the cells are all combinations of "
            "variants and levels, and each cell is measured `replicates` times."
        ),
    )
    exclude: tuple[Excluded, ...] = Field(
        default=(),
        max_length=50,
        description="Cells to leave out of the sweep; a field that is absent matches every level.",
    )
    replicates: int = Field(
        default=3, ge=1, le=30, description="Repetitions of each cell, in fresh processes."
    )
    order: Order = Field(default=Order(), description="The order of the trials.")
    max_trials: int = Field(
        default=100, ge=1, le=1000, description="A plan with more trials than this is refused."
    )
    load: Load = Field(default=Load(), description="The load profile of every trial.")
    postgres: Postgres = Field(default=Postgres(), description="The database, where one is needed.")
    redis: Redis = Field(default=Redis(), description="The queue or cache, where one is needed.")
    rabbitmq: RabbitMq = Field(
        default=RabbitMq(), description="The message broker, where a variant needs one."
    )
    resources: Resources = Field(default=Resources(), description="Limits of the pods.")
    placement: Placement = Field(default=Placement(), description="Where the pods run.")
    success_criteria: tuple[Criterion, ...] = Field(
        default=(),
        max_length=20,
        description="Bounds that every cell must keep for the verdict Passed.",
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    )
    expectations: tuple[Expectation, ...] = Field(
        default=(),
        max_length=20,
        description=(
            "Claims about differences between cells, judged with a 95 % interval: Reproduced, "
            "Contradicted or Inconclusive. They do not touch the verdict."
        ),
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    )
    timeouts: Timeouts = Field(default=Timeouts(), description="Deadlines of the phases.")
    retry: Retry = Field(default=Retry(), description="What happens to lost or spoiled trials.")
    suspend: bool = Field(
        default=False, description="true starts no further trial until it is false again."
    )
    terminate: bool = Field(
        default=False, description="true ends the experiment now and keeps what was measured."
    )
    ttl_strategy: TtlStrategy | None = Field(
        default=None, description="When a finished experiment deletes itself; absent: never."
    )
