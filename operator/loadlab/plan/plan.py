"""The plan: the door of this package."""

import json
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

from loadlab.base.names import API_VERSION, Component, trial_name
from loadlab.catalogue import Cell
from loadlab.model.resources import Experiment
from loadlab.model.trial import LoadTrialSpec, TrialRole
from loadlab.plan.bounds import MOST_STEPS
from loadlab.plan.cells import Arm, arms_of, cells_of, ordered, ordered_steps
from loadlab.plan.checks import check_cells, check_name, check_spec
from loadlab.plan.chosen import choose
from loadlab.plan.context import Context, Images, Manifest
from loadlab.plan.environment import check_environment
from loadlab.plan.errors import PlanError
from loadlab.plan.generator import build_generator
from loadlab.plan.network import build_policies, parts_beside_stores
from loadlab.plan.own_files import check_files
from loadlab.plan.planned_trial import PlannedTrial
from loadlab.plan.preliminary import plan_preliminary
from loadlab.plan.preparation import build_preparation, check_preparation
from loadlab.plan.rates import measured_load, with_rate
from loadlab.plan.running_service import check_running
from loadlab.plan.service import build_service, build_worker
from loadlab.plan.steward import build_dataset, build_steward
from loadlab.plan.stores import build_store, deployed_stores
from loadlab.plan.traced import plan_traced
from loadlab.plan.variants import ResolvedVariant, resolve_variants, stores_of

# What first trials show, each before anything rests on it.
_OPEN = {
    "service_cpu": None,
    "layout": (),
    "generator_apart": None,
    "replicates": None,
    "loads": (),
}

__all__ = ["Images", "Plan", "PlanError", "PlannedTrial", "make_plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The ordered trials of an experiment, and the manifests of its children."""

    context: Context
    cells: tuple[Cell, ...]
    trials: tuple[PlannedTrial, ...]  # whose results count
    preliminary: tuple[PlannedTrial, ...] = ()  # before them
    traced: tuple[PlannedTrial, ...] = ()  # behind them, once there are no more to come

    @property
    def fingerprint(self) -> str:
        """Hash of the trials' order, the infrastructure and one run of each variant."""
        return self.context.fingerprint

    @property
    def stores(self) -> tuple[Component, ...]:
        """The stores that are deployed for the experiment."""
        return deployed_stores(self.context.spec)

    @property
    def has_dataset(self) -> bool:
        """Whether there is a Postgres, deployed or existing, that a Job prepares."""
        return Component.POSTGRES in stores_of(self.context.spec)

    @property
    def lacks_rates(self) -> bool:
        """Whether the pilot trials have yet to say what the others are offered."""
        return self.context.spec.load.has_pilots and not self.context.chosen.loads

    @property
    def is_searching(self) -> bool:
        """Whether the search goes on in some cell."""
        loads = self.context.chosen.loads
        return self.context.spec.load.search is not None and any(not load.ended for load in loads)

    @property
    def most_trials(self) -> int:
        """How many trials there will be at most; of a search nobody knows more before its end."""
        if self.context.spec.load.search is None:
            return len(self.trials)
        ended = [len(load.rates) for load in self.context.chosen.loads if load.ended]
        most = sum(ended) + (len(self.cells) - len(ended)) * MOST_STEPS
        return max(min(most, self.context.spec.max_trials), len(self.trials))

    @property
    def arms(self) -> tuple[Arm, ...]:
        """What runs once in each block: the cells, and the control once more where asked for."""
        return arms_of(self.context.spec, self.cells)

    @property
    def lacks_replicates(self) -> bool:
        """Whether the first blocks have yet to say how many there will be."""
        return self.context.spec.precision is not None and self.context.chosen.replicates is None

    @property
    def pilot(self) -> int | None:
        """The last of the blocks that say how many there are; None where they are given."""
        spec = self.context.spec
        return spec.replicates if spec.precision else None

    @property
    def in_order(self) -> tuple[PlannedTrial, ...]:
        """All trials, in the order in which they run."""
        return (*self.preliminary, *self.trials, *self.traced)

    def attempts(self, trial: PlannedTrial) -> int:
        """Return how often a trial is tried at most: what settles the machine has done so."""
        return 1 if trial.role is TrialRole.SETTLING else self.context.spec.retry.attempts

    def variant(self, cell: Cell) -> ResolvedVariant:
        """Return the variant of a cell."""
        return self.context.variant(cell)

    def store_manifests(self) -> list[Manifest]:
        """Return the stores, which everything else needs."""
        policies = build_policies(self.context, self.stores)
        return policies + [m for store in self.stores for m in build_store(self.context, store)]

    def preparation_manifests(self) -> list[Manifest]:
        """Return what is created once the stores are ready, and the policies of every run."""
        dataset = [build_dataset(self.context, self.cells)] if self.has_dataset else []
        policies = build_policies(self.context, parts_beside_stores(self.context))
        return policies + dataset + build_steward(self.context)

    def policy_manifests(self) -> list[Manifest]:
        """Return the policies of all parts, which stay as long as the experiment."""
        return build_policies(self.context, (*self.stores, *parts_beside_stores(self.context)))

    def lasting_manifests(self) -> list[Manifest]:
        """Return what is there for all trials, but for the Jobs that prepare."""
        stores = [m for store in self.stores for m in build_store(self.context, store)]
        return [*self.policy_manifests(), *stores, *build_steward(self.context)]

    def own_preparation_manifests(self) -> list[Manifest]:
        """Return what prepares for the user once all else is ready; nothing where nothing does."""
        return build_preparation(self.context)

    def run_manifests(self, trial: PlannedTrial, attempt: int) -> list[Manifest]:
        """Return the children of one run, the load generator last."""
        return [*self.serving_manifests(trial, attempt), self.generator_manifest(trial, attempt)]

    def serving_manifests(self, trial: PlannedTrial, attempt: int) -> list[Manifest]:
        """Return the children of one run but the load generator."""
        run = trial.run(attempt)
        return [*build_service(self.context, run), *build_worker(self.context, run)]

    def generator_manifest(self, trial: PlannedTrial, attempt: int) -> Manifest:
        """Return the load generator of one run."""
        return build_generator(self.context, trial.run(attempt))

    def load_waits(self, trial: PlannedTrial) -> bool:
        """Whether the generator is made only when all pods of the service are ready.

        Its first answer would come from one of them, and connections that are kept stay there.
        """
        return self.variant(trial.cell).pods_in(trial.cell) > 1

    def trial_manifest(self, trial: PlannedTrial) -> Manifest:
        """Return the LoadTrial resource."""
        spec = LoadTrialSpec(
            experiment=self.context.name,
            cell=trial.cell,
            role=trial.role,
            replicate=trial.replicate,
            position=trial.position,
        )
        return {
            "apiVersion": API_VERSION,
            "kind": "LoadTrial",
            "metadata": {
                "name": trial.name,
                "namespace": self.context.experiment.metadata.namespace,
                "labels": self.context.experiment.labels,
                "ownerReferences": [self.context.experiment.owner_reference],
            },
            "spec": spec.dump(),
        }


def make_plan(experiment: Experiment, images: Images) -> Plan:
    """Return the plan of an experiment: of its spec and of what was chosen, and of nothing else.

    Its fingerprint, which takes longer than all the rest, is made when it is first read: those that
    wait in the queue have no use for one.

    Raises:
        PlanError: the spec asks for what cannot be run.
    """
    spec = experiment.spec
    check_name(experiment.metadata.name)
    check_spec(spec)
    check_running(spec, images.allowed_hosts)
    cells = cells_of(spec)
    context = Context(experiment, images, resolve_variants(spec), choose(experiment))
    check_environment(context)
    check_preparation(context)
    check_files(context)
    check_cells(context, cells)
    read_fingerprint = cache(lambda: _fingerprint(_plan_trials(_undecided(context), cells)))
    return _plan_trials(replace(context, read_fingerprint=read_fingerprint), cells)


def _plan_trials(context: Context, cells: tuple[Cell, ...]) -> Plan:
    """Put the trials in their order, each with the rate that was chosen for its cell."""
    chosen = context.chosen
    if context.spec.load.search is not None:
        return _plan_search(context, cells)
    offered = {cell.title(): with_rate(cell, chosen) for cell in cells}
    loads = {title: measured_load(context.spec.load, cell) for title, cell in offered.items()}
    order = enumerate(ordered(context.spec, chosen, cells), start=1)
    trials = tuple(
        PlannedTrial(
            name=trial_name(context.experiment.children_name, position),
            cell=offered[arm.cell.title()],
            load=loads[arm.cell.title()],
            replicate=replicate,
            position=position,
            role=arm.role,
        )
        for position, (arm, replicate) in order
    )
    return Plan(
        context,
        tuple(offered.values()),
        trials,
        plan_preliminary(context, trials),
        plan_traced(context, trials),
    )


def _plan_search(context: Context, cells: tuple[Cell, ...]) -> Plan:
    """Put the steps of a search in their order, as far as they were chosen."""
    steps = enumerate(ordered_steps(context.chosen, cells), start=1)
    trials = tuple(
        PlannedTrial(
            name=trial_name(context.experiment.children_name, position),
            cell=cell,
            load=measured_load(context.spec.load, cell),
            replicate=step,
            position=position,
        )
        for position, (cell, step) in steps
    )
    first_steps = trials[: len(cells)]  # by which later ones change nothing
    preliminary, traced = plan_preliminary(context, first_steps), plan_traced(context, trials)
    return Plan(context, cells, trials, preliminary, traced)


def _undecided(context: Context) -> Context:
    """Return the context before the first trials had shown anything: it is the same plan after."""
    return replace(context, chosen=context.chosen.model_copy(update=_OPEN))


def _fingerprint(plan: Plan) -> str:
    """Hash the order of the trials, the infrastructure and one run of each variant and number of
    its pods, by which it has other Services.
    """
    one_each = {_deployed_as(plan, trial): trial for trial in reversed(plan.trials)}
    runs = [plan.run_manifests(trial, attempt=1) for trial in one_each.values()]
    order = [(trial.name, trial.arm.title(), trial.replicate) for trial in plan.trials]
    beside = (*plan.preliminary, *plan.traced)
    before = [plan.run_manifests(trial, attempt=1) for trial in beside]
    prepared = [*plan.preparation_manifests(), *plan.own_preparation_manifests()]
    content = [order, before, plan.store_manifests(), prepared, runs]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:16]


def _deployed_as(plan: Plan, trial: PlannedTrial) -> tuple[str, int]:
    return trial.cell.variant, plan.variant(trial.cell).pods_in(trial.cell)
