"""The spec of a LoadExperiment: the one YAML file that a user writes."""

from typing import Annotated

from pydantic import AfterValidator, Field

from loadlab.base.quantities import Duration, bounded
from loadlab.base.rules import Rule, RuledModel, TransitionRule
from loadlab.catalogue import WORKLOADS, CellPattern, Factor, Factors
from loadlab.model.spec.comparison import Comparing
from loadlab.model.spec.cpu_rules import cpu_rules
from loadlab.model.spec.criteria import Criterion
from loadlab.model.spec.expectations import Expectation
from loadlab.model.spec.generator_rules import generator_rules
from loadlab.model.spec.limits import Resources, Retry, Timeouts, TtlStrategy
from loadlab.model.spec.load import Load
from loadlab.model.spec.load_rules import load_rules
from loadlab.model.spec.network import Network
from loadlab.model.spec.order import Order, Strategy
from loadlab.model.spec.placement import Placement
from loadlab.model.spec.precision import Precision, precision_rules
from loadlab.model.spec.preparation import Preparation
from loadlab.model.spec.retain import Retain
from loadlab.model.spec.script_rules import script_rules
from loadlab.model.spec.search import search_rules
from loadlab.model.spec.stores import Postgres, RabbitMq, Redis
from loadlab.model.spec.trace import Tracing
from loadlab.model.spec.variants import Variant

MOST_TRIALS = 1000
MUTABLE_FIELDS = ("suspend", "terminate", "ttlStrategy", "retain", "retainFor")


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


class LoadExperimentSpec(RuledModel):
    """Variants x factors x replicates under one load profile."""

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
        default=5,
        ge=1,
        le=30,
        description=(
            "Repetitions of each cell, in fresh processes. Two carry no interval; three or four "
            "borrow the noise of the other cells. load.search has its own number of trials."
        ),
    )
    precision: Precision | None = Field(
        default=None,
        description="How well differences are to be known; absent: `replicates` are all there are.",
    )
    order: Order = Field(default=Order(), description="The order of the trials.")
    max_trials: int = Field(
        default=100,
        ge=1,
        le=MOST_TRIALS,
        description="A plan with more trials than this is refused.",
    )
    load: Load = Field(default=Load(), description="The load profile of every trial.")
    postgres: Postgres = Field(default=Postgres(), description="The database, where one is needed.")
    redis: Redis = Field(default=Redis(), description="The queue or cache, where one is needed.")
    rabbitmq: RabbitMq = Field(
        default=RabbitMq(), description="The message broker, where a variant needs one."
    )
    preparation: Preparation | None = Field(
        default=None,
        description=(
            "What is done once before the first trial, after the data set is loaded; an end other "
            "than 0 ends the experiment with PreparationFailed and its last words; absent: nothing."
        ),
    )
    resources: Resources = Field(default=Resources(), description="Limits of the pods.")
    placement: Placement = Field(default=Placement(), description="Where the pods run.")
    network: Network = Field(default=Network(), description="Who may speak to whom.")
    success_criteria: tuple[Criterion, ...] = Field(
        default=(),
        max_length=20,
        description=(
            "Bounds that every cell must keep for the verdict Passed. Where nothing says how many "
            "requests may fail, more than 1 % of failures are Failed, too."
        ),
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
    comparison: Comparing | None = Field(
        default=None, description="What cells are compared with beside each other; absent: nothing."
    )
    trace: Tracing | None = Field(
        default=None,
        description=(
            "One more trial of each variant, after the last block and in no figure, in which "
            "sampled requests are traced; absent: none."
        ),
    )
    timeouts: Timeouts = Field(default=Timeouts(), description="Deadlines of the phases.")
    retry: Retry = Field(default=Retry(), description="What happens to lost or spoiled trials.")
    suspend: bool = Field(
        default=False,
        description=(
            "true starts no further trial until it is false again. One that has begun keeps its "
            "stores and its time runs on: others wait for it, until timeouts.total at the latest."
        ),
    )
    terminate: bool = Field(
        default=False, description="true ends the experiment now and keeps what was measured."
    )
    retain: Retain = Field(
        default=Retain.NEVER,
        description=(
            "OnFailure keeps stores, service and worker of an experiment that ended Failed, "
            "without its load, for retainFor or until another experiment has its turn; "
            "status.retained says how to look at them and to clear them away."
        ),
    )
    retain_for: Annotated[Duration, bounded("10s", "24h")] = Field(
        default="15m", description="With retain OnFailure: for how long at most, such as 15m."
    )
    ttl_strategy: TtlStrategy | None = Field(
        default=None, description="When a finished experiment deletes itself; absent: never."
    )


def _variants_fit(spec: LoadExperimentSpec) -> bool:
    built_in = WORKLOADS[spec.workload].variants
    own = ((v.image is not None or v.runs_already, v.name) for v in spec.variants)
    return all(is_own != (name in built_in) for is_own, name in own)


def _variant_rule() -> Rule[LoadExperimentSpec]:
    catalogue = ", ".join(
        f"'{name}': {list(workload.variants)}" for name, workload in WORKLOADS.items()
    )
    return Rule(
        "self.variants.all(v, (has(v.image) || has(v.service) || has(v.url)) != "
        f"(v.name in {{{catalogue}}}[self.workload]))",
        _variants_fit,
        "a variant does not belong to this workload: it is not built in and has no image (service, "
        "url), or has one and a built-in name; see kubectl explain lexp.spec.variants.name",
        ".variants",
    )


def _request_rule(workload: str) -> Rule[LoadExperimentSpec]:
    """Where the workload says nothing of requests, the experiment does."""
    return Rule(
        f"self.workload != '{workload}' || has(self.load.request.path) || "
        "(has(self.load.request.steps) && size(self.load.request.steps) > 0) || "
        "has(self.load.script)",
        lambda spec: (
            spec.workload != workload
            or spec.load.request.path is not None
            or spec.load.script is not None
            or bool(spec.load.request.steps)
        ),
        f"the workload {workload} needs load.request.path, steps, or load.script: what is your "
        "service asked?",
        ".load",
    )


def _factor_rule(factor: Factor) -> Rule[LoadExperimentSpec]:
    """A workload's parameter goes with that workload only."""
    works = factor.facts.workloads
    return Rule(
        f"!has(self.factors.{factor}) || self.workload in {list(works)}",
        lambda spec: spec.factors.levels(factor) is None or spec.workload in works,
        f"factors.{factor} belongs to the workload {' or '.join(works)}",
        ".factors",
    )


def _claims_only_interleaved(spec: LoadExperimentSpec) -> bool:
    return spec.order.strategy is Strategy.INTERLEAVED or not spec.expectations


def _says_the_server_once(spec: LoadExperimentSpec) -> bool:
    is_swept = spec.factors.levels(Factor.SERVER) is not None
    return not (is_swept and any(variant.server for variant in spec.variants))


LoadExperimentSpec.RULES = (
    _variant_rule(),
    *(_request_rule(name) for name, work in WORKLOADS.items() if work.requests is None),
    *search_rules(),
    *load_rules(),
    *generator_rules(),
    *script_rules(),
    *(_factor_rule(factor) for factor in Factor if factor.facts.workloads),
    *precision_rules(),
    Rule(
        "self.order.strategy != 'Sequential' || !has(self.expectations) || "
        "size(self.expectations) == 0",
        _claims_only_interleaved,
        "order.strategy Sequential measures a drift of the machine as a difference of the cells: "
        "use Interleaved, or leave expectations out",
        ".order",
    ),
    Rule(
        "!has(self.factors.server) || self.variants.all(v, !has(v.server))",
        _says_the_server_once,
        "factors.server sweeps what a variant's server fixes: give one of them",
        ".factors",
    ),
    *cpu_rules(),
)


def _immutable() -> TransitionRule[LoadExperimentSpec]:
    """The spec is immutable, except for what steers a running experiment."""
    names = {name: field.alias or name for name, field in LoadExperimentSpec.model_fields.items()}
    fixed = {name: alias for name, alias in names.items() if alias not in MUTABLE_FIELDS}
    same = " && ".join(
        f"has(self.{f}) == has(oldSelf.{f}) && (!has(self.{f}) || self.{f} == oldSelf.{f})"
        for f in fixed.values()
    )
    return TransitionRule(
        same,
        lambda old, new: all(getattr(old, name) == getattr(new, name) for name in fixed),
        "the spec is immutable except suspend, terminate, ttlStrategy, retain and retainFor; "
        "create a new experiment for a changed sweep",
    )


LoadExperimentSpec.TRANSITIONS = (_immutable(),)
