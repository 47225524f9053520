"""The plan: the door of this package."""

import json
from dataclasses import dataclass, replace
from hashlib import sha256

from loadlab.model.components import PostgresMode
from loadlab.model.conditions import Reason
from loadlab.model.expectations import Expectation, fault_of, groups_of
from loadlab.model.names import (
    API_VERSION,
    MAX_EXPERIMENT_NAME,
    Component,
    experiment_labels,
    trial_name,
)
from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.status import Cell
from loadlab.model.trial import LoadTrialSpec
from loadlab.plan.catalogue import (
    WorkloadFacts,
    facts,
    idle_factors,
)
from loadlab.plan.cells import cells_of, ordered
from loadlab.plan.connections import RESERVED_CONNECTIONS, highest_demand
from loadlab.plan.context import Context, Images, Manifest, Run
from loadlab.plan.generator import build_configuration, build_generator
from loadlab.plan.requests import requests_of
from loadlab.plan.service import build_service, build_worker
from loadlab.plan.steward import build_dataset, build_steward
from loadlab.plan.stores import MAX_CONNECTIONS, build_store, deployed_stores

__all__ = ["Images", "Plan", "PlanError", "PlannedTrial", "make_plan"]


class PlanError(ValueError):
    """A spec from which no plan can be made; the reason is for programs, the text for people."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PlannedTrial:
    """One trial of the plan."""

    name: str
    cell: Cell
    replicate: int
    position: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The ordered trials of an experiment, and the manifests of its children."""

    context: Context
    cells: tuple[Cell, ...]
    trials: tuple[PlannedTrial, ...]

    @property
    def fingerprint(self) -> str:
        """Hash of the trials' order, the infrastructure and one run of each variant."""
        return self.context.fingerprint

    @property
    def stores(self) -> tuple[Component, ...]:
        """The stores that are deployed for the experiment."""
        return deployed_stores(self.context.spec)

    @property
    def facts(self) -> WorkloadFacts:
        """What the workload needs."""
        return facts(self.context.spec.workload)

    def store_manifests(self) -> list[Manifest]:
        """Return the stores, which everything else needs."""
        return [m for store in self.stores for m in build_store(self.context, store)]

    def preparation_manifests(self) -> list[Manifest]:
        """Return what is created once the stores are ready."""
        dataset = [build_dataset(self.context)] if self.facts.has_postgres else []
        return dataset + build_steward(self.context)

    def run_manifests(self, trial: PlannedTrial, attempt: int) -> list[Manifest]:
        """Return the children of one run, the load generator last."""
        run = Run(trial.name, attempt, trial.cell)
        return [
            *build_service(self.context, run),
            *build_worker(self.context, run),
            build_configuration(self.context, run),
            build_generator(self.context, run),
        ]

    def trial_manifest(self, trial: PlannedTrial) -> Manifest:
        """Return the LoadTrial resource."""
        spec = LoadTrialSpec(
            experiment=self.context.name,
            cell=trial.cell,
            replicate=trial.replicate,
            position=trial.position,
        )
        return {
            "apiVersion": API_VERSION,
            "kind": "LoadTrial",
            "metadata": {
                "name": trial.name,
                "namespace": self.context.experiment.metadata.namespace,
                "labels": experiment_labels(self.context.name),
                "ownerReferences": [self.context.experiment.owner_reference],
            },
            "spec": spec.dump(),
        }


def make_plan(experiment: Experiment, images: Images) -> Plan:
    """Return the plan of an experiment.

    Raises:
        PlanError: the spec asks for what cannot be run.
    """
    spec = experiment.spec
    if len(experiment.metadata.name) > MAX_EXPERIMENT_NAME:
        message = (
            f"the name may have {MAX_EXPERIMENT_NAME} characters, as children's names add to it"
        )
        raise PlanError(Reason.NAME_TOO_LONG, message)
    _check_factors(experiment)
    cells = cells_of(spec)
    _check_size(experiment, cells)
    _check_connections(experiment)
    _check_expectations(experiment, cells)
    trials = tuple(
        PlannedTrial(trial_name(experiment.metadata.name, position), cell, replicate, position)
        for position, (cell, replicate) in enumerate(ordered(spec, cells), start=1)
    )
    plan = Plan(Context(experiment, images), cells, trials)
    return replace(plan, context=replace(plan.context, fingerprint=_fingerprint(plan)))


def _check_factors(experiment: Experiment) -> None:
    spec = experiment.spec
    for factor in idle_factors(spec):
        names = ", ".join(variant.name for variant in spec.variants)
        message = (
            f"factors.{factor} changes nothing for {names}; remove it, or add a variant "
            "that it means something to"
        )
        raise PlanError(Reason.INVALID_SPEC, message)


def _check_size(experiment: Experiment, cells: tuple[Cell, ...]) -> None:
    spec = experiment.spec
    count = len(cells) * spec.replicates
    if not count:
        raise PlanError(Reason.NO_TRIALS, "spec.exclude leaves no cell; exclude fewer")
    if count > spec.max_trials:
        message = (
            f"{len(cells)} cells x {spec.replicates} replicates are {count} trials, more than "
            f"maxTrials {spec.max_trials}; sweep fewer levels or raise maxTrials"
        )
        raise PlanError(Reason.TOO_MANY_TRIALS, message)


def _check_connections(experiment: Experiment) -> None:
    spec = experiment.spec
    if spec.postgres.mode is PostgresMode.EXISTING:
        return  # only the server knows; the data set's Job asks it
    setting = spec.postgres.settings.get("max_connections", str(MAX_CONNECTIONS))
    if not setting.isdigit():
        message = f"postgres.settings.max_connections is {setting!r}, not a number"
        raise PlanError(Reason.INVALID_SPEC, message)
    demand = highest_demand(spec)
    if demand is not None and demand.total > int(setting):
        message = (
            f"{demand.cell.title()} needs {demand.total} connections ({demand.pooled} pooled, "
            f"{demand.consumers} of consumers, {RESERVED_CONNECTIONS} reserved) and "
            f"max_connections is {setting}; lower factors.poolSize or factors.consumers, or raise "
            "postgres.settings.max_connections"
        )
        raise PlanError(Reason.POOL_TOO_LARGE, message)


def _check_expectations(experiment: Experiment, cells: tuple[Cell, ...]) -> None:
    spec = experiment.spec
    for expectation in spec.expectations:
        if fault := fault_of(expectation, cells) or _unknown_request(spec, expectation, cells):
            message = f"expectations {expectation.name}: {fault}"
            raise PlanError(Reason.INVALID_EXPECTATION, message)


def _unknown_request(
    spec: LoadExperimentSpec, expectation: Expectation, cells: tuple[Cell, ...]
) -> str:
    if expectation.request is None:
        return ""
    for cell in (cell for group in groups_of(expectation, cells) for cell in group):
        names = requests_of(spec, cell).names
        if expectation.request not in names:
            known = f"there are {', '.join(names)}" if names else "all are alike; leave it out"
            return f"{cell.title()} has no request {expectation.request} of its own: {known}"
    return ""


def _fingerprint(plan: Plan) -> str:
    """Hash the order of the trials, the infrastructure and one run of each variant."""
    one_each = {trial.cell.variant: trial for trial in reversed(plan.trials)}
    runs = [plan.run_manifests(trial, attempt=1) for trial in one_each.values()]
    order = [(trial.name, trial.cell.title(), trial.replicate) for trial in plan.trials]
    content = [order, plan.store_manifests(), plan.preparation_manifests(), runs]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:16]
