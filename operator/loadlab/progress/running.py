"""Running: one trial after the other, each in fresh processes, the former one cleared away."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from loadlab.base.quantities import seconds
from loadlab.model.resources import Experiment, Trial
from loadlab.model.status import LoadExperimentStatus, Phase, TrialCounts, TrialPhase
from loadlab.model.status.conditions import ConditionType, Reason, Truth, find
from loadlab.model.trial import TrialRole
from loadlab.plan import Plan, PlannedTrial
from loadlab.progress.asked_service import why_not_asked
from loadlab.progress.clearing import clear_runs, why_stuck
from loadlab.progress.conditions import AT_ONCE, RESYNC, Transition
from loadlab.progress.decision import Announce, Collect, Decision
from loadlab.progress.diagnose import Diagnosis
from loadlab.progress.edited import restore_policies
from loadlab.progress.endings import end_early
from loadlab.progress.infrastructure import NEXT_WAITS, next_step, why_lost
from loadlab.progress.inputs import why_another_service, why_incomparable
from loadlab.progress.layout import choose_layout, store_elsewhere
from loadlab.progress.observed import Observed
from loadlab.progress.pilots import choose_rates
from loadlab.progress.precision import choose_replicates
from loadlab.progress.quiet import with_quiet
from loadlab.progress.search import choose_next_rates
from loadlab.progress.service_cpus import choose_cpus, start_over
from loadlab.progress.stalled import stalled_since
from loadlab.progress.trials import judge_run, start_trial


@dataclass(frozen=True, slots=True)
class Current:
    """The first trial of the plan that is not over, with its resource once there is one."""

    planned: PlannedTrial
    trial: Trial | None

    @property
    def is_running(self) -> bool:
        """Whether its run was created completely."""
        return self.trial is not None and self.trial.status.phase is TrialPhase.RUNNING

    @property
    def run(self) -> str:
        """Name of the run under way, also while it is being created; else empty."""
        if self.trial is None or self.trial.status.phase is None:
            return ""
        return self.planned.run(max(1, self.trial.status.attempt)).name


def run(plan: Plan, experiment: Experiment, observed: Observed, transition: Transition) -> Decision:
    """Write down what the first result has shown before anything is started beside it."""
    chosen = choose_layout(plan, observed)
    if chosen is not None:
        return Decision(experiment.status.model_copy(update={"chosen": chosen}), (), AT_ONCE)
    decision = _go_on(plan, experiment, observed, transition)
    if decision.status.phase is not Phase.RUNNING:
        return decision
    return replace(decision, actions=(*restore_policies(plan, observed), *decision.actions))


def _go_on(
    plan: Plan, experiment: Experiment, observed: Observed, transition: Transition
) -> Decision:
    """Clear away what is over, judge the run under way, start the next trial."""
    current = current_trial(plan, observed)
    keep = current.run if current else ""
    stale = observed.runs() - {keep}
    is_running = current is not None and current.is_running
    clearing = clear_runs(observed, keep=keep, is_running=is_running)
    status = with_counts(plan.most_trials, experiment.status, observed)
    status = with_preliminary_seconds(plan, status, observed)
    status = with_calibration(plan, status, observed)
    status = with_quiet(status, observed.tells_of_nodes(), transition)
    if current is not None and current.planned.role is TrialRole.TRACED:
        status = status.model_copy(update={"current_trial": current.planned.name})
    if current is None and (plan.lacks_rates or not stale):
        decision = _all_over(plan, status, observed, transition)
        return replace(decision, actions=(*clearing, *decision.actions))
    status = transition.enter(status, Phase.RUNNING, reason=Reason.RUNNING)
    if current is not None and is_running:
        decision = _under_way(plan, current, observed, status, transition.now)
        return replace(decision, actions=(*clearing, *decision.actions))
    is_clear = current is not None and not stale
    stuck = "" if is_clear else why_stuck(observed, stale, experiment.status, transition.now)
    if ending := _why_it_ends(plan, observed, stuck, is_clear=is_clear):
        return end_early(status, transition, ending, ConditionType.FAILED, Truth.TRUE)
    if current is None or stale:
        return Decision(status, clearing, RESYNC)
    building = next_step(plan, experiment, observed)
    if building is not None:
        return Decision(_infrastructure_lost(status, plan, observed, transition), building, RESYNC)
    status = transition.set(
        status, ConditionType.INFRASTRUCTURE_READY, Truth.TRUE, reason=Reason.PREPARED
    )
    return _begin(plan, current, observed, status, transition)


def _why_it_ends(plan: Plan, observed: Observed, stuck: str, *, is_clear: bool) -> Diagnosis | None:
    """Return why no further trial would be like the former ones; None where one may be."""
    if is_clear:
        return store_elsewhere(plan, observed)
    return (Reason.NOT_CLEARED, stuck) if stuck else None  # it would disturb the next one


def _begin(
    plan: Plan,
    current: Current,
    observed: Observed,
    status: LoadExperimentStatus,
    transition: Transition,
) -> Decision:
    """Start the next attempt, unless it has to wait."""
    spec = plan.context.experiment.spec
    if spec.suspend:
        return Decision(status, (), RESYNC)
    if incomparable := why_incomparable(plan.context.spec, observed):
        return end_early(status, transition, incomparable, ConditionType.FAILED, Truth.TRUE)
    if unfit := unfit_service(plan, current, observed):
        return _hold(status, unfit, seconds(spec.timeouts.ready), transition)
    started = start_trial(plan, current.planned, current.trial, observed, transition.now)
    status = status.model_copy(update={"current_trial": current.planned.name})
    return Decision(status, started, RESYNC)


def unfit_service(plan: Plan, current: Current | None, observed: Observed) -> Diagnosis | None:
    """Return why the next attempt can't ask the service that runs; None where it may."""
    if current is None or current.is_running:
        return None
    variant = plan.variant(current.planned.cell)
    why = why_not_asked(variant, observed.asked)
    return (Reason.SERVICE_UNFIT, why) if why else why_another_service(variant, observed)


def _hold(
    status: LoadExperimentStatus, unfit: Diagnosis, longest: float, transition: Transition
) -> Decision:
    """Wait for a service that runs, which may be in the midst of a change; not for ever."""
    since = stalled_since(status, unfit[0])
    if since is None or transition.now - since <= longest:
        return Decision(status, (), RESYNC)
    return end_early(status, transition, unfit, ConditionType.FAILED, Truth.TRUE)


def _all_over(
    plan: Plan, status: LoadExperimentStatus, observed: Observed, transition: Transition
) -> Decision:
    """Go on from the pilot trials to the others, to further blocks, or to the analysis."""
    if plan.lacks_rates:
        return choose_rates(plan, status, observed, transition)
    if plan.is_searching:
        return choose_next_rates(plan, status, observed, transition.now)
    if plan.lacks_replicates:
        return choose_replicates(plan, status, observed, transition.now)
    entered = transition.enter(status, Phase.ANALYZING, reason=Reason.RUNNING)
    return Decision(entered, requeue_after=AT_ONCE)


def _under_way(
    plan: Plan, current: Current, observed: Observed, status: LoadExperimentStatus, now: float
) -> Decision:
    """Judge the run under way; the first one also shows whether the service gets CPUs to own."""
    trial = current.trial
    if trial is None:
        return Decision(status)
    chosen = choose_cpus(plan, trial, observed, current.run, now)
    if chosen is not None:
        status = status.model_copy(update={"chosen": chosen})
        if chosen.service_cpu is not plan.context.service_cpu:
            announcement = Announce(Reason.NO_OWN_CPUS, chosen.service_cpu_reason)
            return Decision(status, (announcement,), AT_ONCE)
    over = start_over(plan, trial) or judge_run(plan, current.planned, trial, observed, now)
    if any(isinstance(action, Collect) for action in over):  # what has a result is decided
        status = status.model_copy(update={"chosen": plan.context.settled})
    return Decision(status, over, AT_ONCE if over else RESYNC)


def _infrastructure_lost(
    status: LoadExperimentStatus, plan: Plan, observed: Observed, transition: Transition
) -> LoadExperimentStatus:
    former = find(status.conditions, ConditionType.INFRASTRUCTURE_READY)
    known = former.message if former and former.status is Truth.FALSE else ""
    lost = why_lost(plan, observed) or ("" if known else "a store or the steward is not ready")
    return transition.set(
        status,
        ConditionType.INFRASTRUCTURE_READY,
        Truth.FALSE,
        reason=Reason.INFRASTRUCTURE_LOST,
        message=f"{lost}{NEXT_WAITS}" if lost else known,
    )


def current_trial(plan: Plan, observed: Observed) -> Current | None:
    """Return the first trial of the plan that is not over.

    What goes before the first block is over once that has begun, whoever deleted it; and without
    the rates that pilot trials find nothing comes after them.
    """
    for planned in _to_come(plan, observed):
        trial = observed.trials.get(planned.name)
        if trial is None or trial.status.phase is None or not trial.status.phase.is_terminal:
            return Current(planned, trial)
    return None


def _to_come(plan: Plan, observed: Observed) -> tuple[PlannedTrial, ...]:
    if plan.lacks_rates:
        return plan.preliminary
    if any(planned.name in observed.trials for planned in plan.trials):
        return (*plan.trials, *plan.traced)
    if plan.context.chosen.loads:
        return (*_after_pilots(plan), *plan.trials, *plan.traced)
    return plan.in_order


def _after_pilots(plan: Plan) -> tuple[PlannedTrial, ...]:
    return tuple(it for it in plan.preliminary if it.role is TrialRole.CALIBRATION)


def with_counts(
    planned: int, status: LoadExperimentStatus, observed: Observed
) -> LoadExperimentStatus:
    """Return the status with trials and progress counted."""
    phases = [trial.status.phase for trial in observed.measured()]
    under_way = (None, TrialPhase.STARTING, TrialPhase.RUNNING)
    counts = TrialCounts(
        planned=planned,
        running=sum(phase in under_way for phase in phases),
        succeeded=phases.count(TrialPhase.SUCCEEDED),
        invalid=phases.count(TrialPhase.INVALID),
        failed=phases.count(TrialPhase.FAILED),
        lost=phases.count(TrialPhase.LOST),
    )
    over = len(phases) - counts.running
    return status.model_copy(update={"trials": counts, "progress": f"{over}/{counts.planned}"})


def with_preliminary_seconds(
    plan: Plan, status: LoadExperimentStatus, observed: Observed
) -> LoadExperimentStatus:
    """Return the status with the time until the first block, once that has begun."""
    before = _starts(plan.preliminary, observed)
    begun = _starts(plan.trials[:1], observed)
    if status.preliminary_seconds is not None or not (before and begun):
        return status
    return status.model_copy(update={"preliminary_seconds": min(begun) - min(before)})


def with_calibration(
    plan: Plan, status: LoadExperimentStatus, observed: Observed
) -> LoadExperimentStatus:
    """Return the status with what the calibration found, which stays once it stands there."""
    known = (observed.trials.get(planned.name) for planned in _after_pilots(plan))
    found = next((trial.status.calibration for trial in known if trial), None)
    if status.calibration is not None or found is None:
        return status
    return status.model_copy(update={"calibration": found})


def _starts(planned: Iterable[PlannedTrial], observed: Observed) -> list[float]:
    known = (observed.trials.get(trial.name) for trial in planned)
    timings = (trial.status.timings for trial in known if trial)
    return [each.started for each in timings if each]
