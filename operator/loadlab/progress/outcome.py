"""From a run's measurement to its trial's status: kept, tried again, or given up."""

from loadlab.analysis.calibration import calibration_of
from loadlab.analysis.failures import failure_rows, status_classes
from loadlab.analysis.step import step_of
from loadlab.base.quantities import seconds
from loadlab.measurement.documents import Trace
from loadlab.measurement.foreign_cpu import foreign_cpu
from loadlab.measurement.pod_log import ProblemKind
from loadlab.measurement.trial import VoidTrial
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import LoadTrialStatus, Timings, TrialPhase, TrialStep, Validity
from loadlab.model.status.conditions import Reason
from loadlab.model.status.trial import RunAs
from loadlab.model.trial import TrialRole
from loadlab.plan import Plan
from loadlab.progress.attempts import after_failure, counted_attempts
from loadlab.progress.decision import Collect, Failure
from loadlab.progress.ran_as import recorded
from loadlab.validity.calibration import judge_calibration
from loadlab.validity.judge import judge
from loadlab.validity.judged_trial import JudgedTrial, dump_trial
from loadlab.validity.judgement import Judgement, ReasonKind, worst_first

MAX_REASONS = 20
NOT_READY_REMEDY = (
    "it is asked where the load goes, and with its headers: see load.request.headers, and "
    "readinessPath and https"
)

NO_TRACE = (
    "its service told no trace: was no request sent in that time, or is its image of another "
    "release than the operator? The notes of its measurement may say more"
)


def _leave_unjudged(_measured: TrialMeasurement) -> Judgement:
    """What is in no figure nothing speaks against."""
    return Judgement(())


_JUDGES = {TrialRole.CALIBRATION: judge_calibration, TrialRole.TRACED: _leave_unjudged}


def trial_outcome(
    plan: Plan,
    action: Collect,
    measured: TrialMeasurement | VoidTrial,
    now: float,
    trace: Trace | None = None,
) -> LoadTrialStatus:
    """Return the status of a trial whose run was collected.

    What the instrument spoiled is tried again while attempts are left; the last one is kept as it
    is. What the service did is a result, also where it can't be used: it is never tried again.
    """
    attempts, role = plan.attempts(action.trial), action.trial.role
    if action.disturbance is not None:  # a void result may have come of it
        return after_failure(action.status, action.disturbance, attempts, role)
    if isinstance(measured, VoidTrial):
        return after_failure(action.status, _why_void(plan, action, measured), attempts, role)
    is_calibration = role is TrialRole.CALIBRATION
    judged = JudgedTrial(measured, _JUDGES.get(role, judge)(measured))
    told = worst_first(judged.judgement.reasons)[:MAX_REASONS]
    reasons = tuple(reason.message for reason in told)
    if judged.judgement.is_void and counted_attempts(action.status) < attempts:
        failure = Failure(_why_invalid(judged), "; ".join(_told(judged) or reasons))
        return after_failure(action.status, failure, attempts, role)
    warmup = seconds(action.trial.load.warmup)
    timings = _timings(action.status, measured, warmup, now)
    kept = _kept(action.status, judged, reasons, timings)
    kept = kept.model_copy(update={"step": _step(plan, action, judged)})
    is_usable = is_calibration and not judged.judgement.is_void
    found = calibration_of(measured) if is_usable else None
    traced = _traced(trace) if role is TrialRole.TRACED else {}
    return kept.model_copy(update={"calibration": found, **traced})


def _traced(trace: Trace | None) -> dict[str, object]:
    """Return the trace as it is kept; where none came, a message that says so."""
    if trace is None or not trace.requests:
        return {"message": NO_TRACE}
    return {"trace": trace.dump()}


def _step(plan: Plan, action: Collect, judged: JudgedTrial) -> TrialStep | None:
    is_measured = action.trial.role is TrialRole.MEASURED
    return step_of(plan, action.trial, judged, action.status) if is_measured else None


def _why_void(plan: Plan, action: Collect, measured: VoidTrial) -> Failure:
    """Return why there is no result: the generator's end where that has a reason of its own."""
    generator_end = action.generator_end
    never_ready = next((it.message for it in measured.problems if it.never_ready), "")
    unready = f"not ready: {', '.join(action.unready)}" if action.unready else ""
    if never_ready and not action.has_served:  # one that has served before may do so again
        asked = f"{NOT_READY_REMEDY} of variant {plan.variant(action.trial.cell).name}"
        return Failure(Reason.NEVER_READY, f"{never_ready}; {unready or asked}")
    if generator_end is not None and not _may_pass_again(measured, generator_end):
        return generator_end
    said = [problem.message for problem in measured.problems]
    said += [generator_end.message] if generator_end else []
    said += [unready] if unready else []
    return Failure(Reason.NO_RESULT, "; ".join(said))


def _may_pass_again(measured: VoidTrial, end: Failure) -> bool:
    """Whether a repeat may do better: also where a setup threw for what it was answered."""
    kinds = {problem.kind for problem in measured.problems}
    began = end.reason is Reason.SCRIPT_FAILED and ProblemKind.GENERATOR_FAILED in kinds
    return began or end.reason is Reason.NO_RESULT


def _told(judged: JudgedTrial) -> tuple[str, ...]:
    """Tell of others on the CPUs alone, where they voided the trial: the rest may come of them."""
    return tuple(
        reason.message
        for reason in judged.judgement.reasons
        if reason.kind is ReasonKind.FOREIGN_CPU and reason.level is Validity.INVALID
    )


def _why_invalid(judged: JudgedTrial) -> Reason:
    """Name the node first: what others did there may be the cause of all the rest."""
    void = [r.kind for r in judged.judgement.reasons if r.level is Validity.INVALID]
    return Reason.FOREIGN_CPU if ReasonKind.FOREIGN_CPU in void else Reason.RESULT_INVALID


def _kept(
    status: LoadTrialStatus, judged: JudgedTrial, reasons: tuple[str, ...], timings: Timings
) -> LoadTrialStatus:
    measurement, validity = judged.measurement, judged.judgement.validity
    invalid = validity is Validity.INVALID
    latency, quietness = measurement.latency_ms, measurement.quietness
    return status.model_copy(
        update={
            "phase": TrialPhase.INVALID if invalid else TrialPhase.SUCCEEDED,
            "reason": (_why_invalid(judged) if invalid else Reason.TRIAL_FINISHED).value,
            "message": reasons[0] if reasons else "",
            "validity": validity,
            "reasons": reasons,
            "requests_per_second": measurement.requests_per_second,
            "foreign_cpu": max(
                (f.taken for f in foreign_cpu(measurement) if not f.unknown), default=None
            ),
            "waited_for_quiet": quietness.waited_seconds if quietness else None,
            "p95_ms": latency.p95 if latency and not judged.judgement.is_growing else None,
            "status_classes": status_classes([measurement.status]),
            "failures": failure_rows(measurement.failures, measurement.requests),
            "components": _components(measurement),
            "timings": timings,
            "measurement": dump_trial(judged),
        }
    )


def _components(measurement: TrialMeasurement) -> dict[str, RunAs]:
    used = measurement.components
    return {
        name: recorded(ran, used[name].cpus_allowed if name in used else None)
        for name, ran in measurement.ran.items()
    }


def _timings(
    status: LoadTrialStatus, measurement: TrialMeasurement, warmup: float, now: float
) -> Timings:
    started = status.timings.started if status.timings else now
    # The scenario script starts the measurement exactly one warm-up after the first request.
    first = measurement.first_request_epoch_seconds - warmup
    ended = measurement.last_answer_epoch_seconds
    return Timings(
        started=started,
        served=status.timings.served if status.timings else None,
        first_request=first,
        load_ended=ended,
        collected=now,
        overhead=first - started + now - ended,
    )
