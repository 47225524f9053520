"""Analyzing and after: clear away, sum up, finish; and let a finished experiment expire."""

from dataclasses import replace

from loadlab.analysis.summary import summarize
from loadlab.analysis.turns import why_no_floor
from loadlab.base.times import epoch, rfc3339
from loadlab.model.resources import Experiment
from loadlab.model.status import LoadExperimentStatus, Phase, Validity, Verdict
from loadlab.model.status.conditions import ConditionType, Reason, Truth, find, is_true
from loadlab.plan import Plan
from loadlab.progress.clearing import CLEARING, clear_all, name_remains, patience
from loadlab.progress.conditions import AT_ONCE, RESYNC, Transition
from loadlab.progress.decision import Announce, Decision, DeleteExperiment
from loadlab.progress.observed import Observed
from loadlab.progress.quiet import why_not_quiet, with_quiet
from loadlab.progress.retaining import end_retention, to_clear, with_retained
from loadlab.progress.running import current_trial, with_counts
from loadlab.progress.stalled import what_stalls
from loadlab.progress.trust import with_trust


def close(
    plan: Plan, experiment: Experiment, observed: Observed, transition: Transition
) -> Decision:
    """Clear away all that runs; once nothing is left, sum up what was measured and finish."""
    counted = with_counts(plan.most_trials, experiment.status, observed)
    judged = with_quiet(counted, observed.tells_of_nodes(), transition)
    status = judged.model_copy(update={"current_trial": ""})
    left = to_clear(experiment.spec, status, observed)
    if (waiting := wait_for_clearing(status, left, transition)) is not None:
        return waiting
    if observed.cells is None:
        return Decision(status, requeue_after=AT_ONCE)
    trials, version = (*observed.measured(), *observed.pilots()), observed.kubernetes_version
    baseline = observed.baseline
    summed_up = summarize(plan, status, trials, observed.cells, version, baseline=baseline)
    kept = with_retained(experiment, summed_up, observed, transition.now)
    return finish(kept, left, transition, why_no_floor(plan.context.spec))


def awaits_analysis(
    plan: Plan, status: LoadExperimentStatus, observed: Observed, now: float
) -> bool:
    """Whether nothing is left to do but to analyse the trials: of all, or of the first blocks."""
    if status.phase is Phase.RUNNING:
        is_pilot = plan.lacks_replicates and not plan.lacks_rates
        return is_pilot and current_trial(plan, observed) is None and not observed.runs()
    left = to_clear(plan.context.spec, status, observed)
    return status.phase is Phase.ANALYZING and not name_remains(status, left, now)[1]


def wait_for_clearing(
    status: LoadExperimentStatus, observed: Observed, transition: Transition
) -> Decision | None:
    """Clear away what is left; None where nothing is, or where it does not go in time."""
    since = status.phase_start_time or rfc3339(transition.now)
    status = status.model_copy(update={"phase_start_time": since})
    _, may_wait = name_remains(status, observed, transition.now)
    return Decision(status, clear_all(observed), RESYNC) if may_wait else None


def finish(
    status: LoadExperimentStatus, observed: Observed, transition: Transition, no_turns: str = ""
) -> Decision:
    """Return the end of an experiment of which only results are left, or what is named.

    `no_turns` says that its cells did not take turns.
    """
    failed = find(status.conditions, ConditionType.FAILED)
    complete = find(status.conditions, ConditionType.COMPLETE)
    if failed is not None and failed.status is Truth.TRUE:
        phase, reason, message = Phase.FAILED, Reason(failed.reason), failed.message
        status = status.model_copy(update={"verdict": Verdict.ERROR})
    elif complete is not None and complete.reason == Reason.TERMINATED:
        phase, reason, message = Phase.TERMINATED, Reason.TERMINATED, complete.message
    elif not status.trials.succeeded and (why := why_not_quiet(status)):
        phase, reason = Phase.FAILED, Reason.NOT_QUIET
        message = f"no trial came to a usable result: {why}"
    elif not status.trials.succeeded:
        phase, reason = Phase.FAILED, Reason.NO_RESULT
        message = _no_result(observed)
    else:
        phase, reason, message = Phase.SUCCEEDED, Reason.COMPLETED, "all trials are over"
    waited = patience(observed)
    has_named_it = reason is Reason.NOT_CLEARED and waited < CLEARING
    left = name_remains(status, observed, transition.now)[0]
    if left and not has_named_it:
        reason_said, said = what_stalls(status) or (None, "")
        why = said if reason_said is Reason.NOT_CLEARED else "delete what is left"
        message = f"{message}; {left} did not go within {waited:.0f} s: {why}"
    began = epoch(status.start_time) if status.start_time else transition.now
    status = status.model_copy(
        update={
            "phase": phase,
            "phase_start_time": None,
            "observed_generation": transition.generation,
            "completion_time": rfc3339(max(began, transition.now)),  # the clock may step back
        }
    )
    status = _final_conditions(status, transition, reason, message)
    status = _validity_condition(with_trust(status, transition, no_turns), transition)
    text = f"{phase}: verdict {status.verdict}, {message}"
    return Decision(status, (Announce(reason, text, warning=phase is Phase.FAILED),))


def _no_result(observed: Observed) -> str:
    """Say why the last trial did not count; the LoadTrials have the rest."""
    ends = [trial.status.message for trial in observed.trials.values() if trial.status.message]
    last = f"; the last: {ends[-1]}" if ends else ""
    where = "; status.evidence of the LoadTrials has what their pods said last"
    return f"no trial came to a usable result{last}{where}"


def _final_conditions(
    status: LoadExperimentStatus, transition: Transition, reason: Reason, message: str
) -> LoadExperimentStatus:
    succeeded = status.phase is Phase.SUCCEEDED
    truths = {
        ConditionType.INFRASTRUCTURE_READY: False,
        ConditionType.RECONCILING: False,
        ConditionType.STALLED: status.phase is Phase.FAILED,
        ConditionType.COMPLETE: succeeded,
        ConditionType.FAILED: status.phase is Phase.FAILED,
        ConditionType.FINISHED: True,
    }
    for type_, truth in truths.items():
        value = Truth.TRUE if truth else Truth.FALSE
        status = transition.set(status, type_, value, reason=reason, message=message)
    return _criteria_condition(status, transition)


def _criteria_condition(
    status: LoadExperimentStatus, transition: Transition
) -> LoadExperimentStatus:
    met = {
        Verdict.PASSED: (Truth.TRUE, Reason.CRITERIA_PASSED),
        Verdict.FAILED: (Truth.FALSE, Reason.CRITERIA_FAILED),
    }
    truth, reason = met.get(
        status.verdict or Verdict.INCONCLUSIVE, (Truth.UNKNOWN, Reason.CRITERIA_INCONCLUSIVE)
    )
    return transition.set(status, ConditionType.CRITERIA_MET, truth, reason=reason)


def _validity_condition(
    status: LoadExperimentStatus, transition: Transition
) -> LoadExperimentStatus:
    cells: dict[Validity, list[str]] = {validity: [] for validity in Validity}
    for row in status.results:
        cells[row.validity or Validity.INVALID].append(row.cell.title())
    invalid, suspect = cells[Validity.INVALID], cells[Validity.SUSPECT]
    if invalid or not status.results:
        reason, message = Reason.SOME_INVALID, f"Invalid: {', '.join(invalid) or 'no result'}"
    elif suspect:
        reason, message = Reason.SOME_SUSPECT, f"Suspect: {', '.join(suspect)}"
    else:
        reason, message = Reason.ALL_VALID, ""
    truth = Truth.TRUE if reason is Reason.ALL_VALID else Truth.FALSE
    return transition.set(status, ConditionType.VALID, truth, reason=reason, message=message)


def is_over(experiment: Experiment, observed: Observed, now: float) -> Decision:
    """Return what a finished experiment still waits for: to be let go, and to delete itself."""
    expiry = expire(experiment, now)
    kept = end_retention(experiment, observed, now)
    if kept is None or any(isinstance(each, DeleteExperiment) for each in expiry.actions):
        return expiry
    waits = (each for each in (kept.requeue_after, expiry.requeue_after) if each is not None)
    return replace(kept, requeue_after=min(waits, default=None))


def expire(experiment: Experiment, now: float) -> Decision:
    """Return when `ttlStrategy` deletes a finished experiment, or that it is time."""
    status, ttl = experiment.status, experiment.spec.ttl_strategy
    is_going = experiment.metadata.deletion_timestamp is not None
    if ttl is None or status.completion_time is None or is_going:
        return Decision(status)
    succeeded = is_true(status.conditions, ConditionType.COMPLETE)
    limit = ttl.seconds_after_success if succeeded else ttl.seconds_after_failure
    if limit is None:
        return Decision(status)
    left = epoch(status.completion_time) + limit - now
    if left > 0:
        return Decision(status, requeue_after=left)
    return Decision(status, (DeleteExperiment(),))
