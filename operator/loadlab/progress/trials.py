"""One trial's way: started, judged while it runs, tried again or given up."""

from collections.abc import Sequence

from loadlab.base.names import Component
from loadlab.base.quantities import seconds
from loadlab.measurement.documents import Progress
from loadlab.model.resources import Trial
from loadlab.model.status import LoadTrialStatus, Timings, TrialPhase
from loadlab.model.status.conditions import Reason
from loadlab.model.trial import TrialRole
from loadlab.plan import Plan, PlannedTrial
from loadlab.plan.generator import run_seconds
from loadlab.plan.own_image import why_not_ready
from loadlab.plan.virtual_users import generator_pods
from loadlab.progress.asked_service import asked_service, served_as, served_by
from loadlab.progress.attempts import after_failure
from loadlab.progress.deadlines import COLLECTING_MARGIN
from loadlab.progress.decision import (
    Action,
    Announce,
    Collect,
    CollectEvidence,
    Ensure,
    Failure,
    RecordTrial,
)
from loadlab.progress.diagnose import diagnose
from loadlab.progress.disturbance import find_disturbance, find_restart
from loadlab.progress.evidence import find_witnesses
from loadlab.progress.forgery import why_forged
from loadlab.progress.generator_end import explain_end
from loadlab.progress.infrastructure import identify_parts
from loadlab.progress.inputs import find_changed_image, find_changed_input, inputs_at_start
from loadlab.progress.intrusion import why_foreign
from loadlab.progress.load_begin import begin_load, load_waits
from loadlab.progress.missing import CREATE_IT, GONE, IS_IT_THERE, NOT_OURS
from loadlab.progress.noted_secrets import find_changed_secret, noted_secrets
from loadlab.progress.observed import Observed, PodView
from loadlab.progress.ran_as import what_ran
from loadlab.progress.readiness import what_is_awaited
from loadlab.progress.refused_creation import refused_pod
from loadlab.progress.servers import note_servers, restarted
from loadlab.progress.unplaced import closed_nodes

_NOT_OF_THE_IMAGE = (CREATE_IT, GONE, NOT_OURS, f"{IS_IT_THERE})")  # no other one mends it

_FOR = {
    TrialRole.MEASURED: "",
    TrialRole.SETTLING: "settling, ",
    TrialRole.PILOT: "pilot, ",
    TrialRole.CONTROL_AGAIN: "once more, ",
    TrialRole.CALIBRATION: "calibration, ",
    TrialRole.TRACED: "traced, ",
}


def start_trial(
    plan: Plan, planned: PlannedTrial, trial: Trial | None, observed: Observed, now: float
) -> tuple[Action, ...]:
    """Return the actions that start an attempt: the trial first, its phase Running last.

    Whatever stops the operator in between, the next pass finds Starting and does it again.
    """
    former = trial.status if trial else LoadTrialStatus()
    attempt = max(1, former.attempt)
    starting = former.model_copy(
        update={
            "phase": TrialPhase.STARTING,
            "attempt": attempt,
            "timings": Timings(started=now),
            "service_cpu": plan.context.service_cpu,
            "parts": identify_parts(plan, observed),
            "servers": (),
            "asked_service": asked_service(plan.variant(planned.cell), observed.asked),
            "inputs": inputs_at_start(trial, observed),
        }
    )
    running = starting.model_copy(update={"phase": TrialPhase.RUNNING})
    message = f"{planned.name} attempt {attempt}: {_FOR[planned.role]}{planned.cell.title()}"
    serving = plan.serving_manifests(planned, attempt)
    at_once = () if plan.load_waits(planned) else (plan.generator_manifest(planned, attempt),)
    return (
        Ensure((plan.trial_manifest(planned),)),
        RecordTrial(planned.name, starting),
        Ensure((*serving, *at_once)),
        RecordTrial(planned.name, running),
        Announce(Reason.TRIAL_STARTED, message),
    )


def judge_run(
    plan: Plan, planned: PlannedTrial, trial: Trial, observed: Observed, now: float
) -> tuple[Action, ...]:
    """Return what to do about a run under way: nothing, collect it, or try again."""
    run = planned.run(trial.status.attempt).name
    pods = generator_pods(planned.load, planned.cell)
    generators = observed.pods_of(run, Component.K6)
    job = observed.job(run, Component.K6)
    finished = tuple(pod for pod in generators if pod.has_finished)
    over = len(finished) >= pods or (job and job.failed)
    failure = _spoiled(plan, planned, trial, observed, pods)
    if failure is None and over:
        forged = why_forged(plan, planned, trial.status.attempt, observed)
        failure = Failure(Reason.FOREIGN_POD, forged) if forged else None
    if failure is None and over:
        return (_collect(plan, planned, trial, observed, finished),)
    waits = failure is None and load_waits(plan, planned, trial.status)
    if waits and (began := begin_load(plan, planned, trial.status, observed, now)):
        return began
    if failure is None and job is None and not waits:
        failure = Failure(Reason.GENERATOR_LOST, "the k6 Job is gone; was it deleted by hand?")
    failure = failure or _too_late(plan, planned, trial, observed, now)
    if failure is None:
        return note_servers(plan, trial, observed, run)
    status = after_failure(trial.status, failure, plan.attempts(planned), planned.role)
    return (
        CollectEvidence(planned.name, status, find_witnesses(observed, run, trial.status)),
        Announce(failure.reason, f"{run}: {failure.message}", warning=True),
    )


def _spoiled(
    plan: Plan, planned: PlannedTrial, trial: Trial, observed: Observed, pods: int
) -> Failure | None:
    """Return why no result of a run can count, whatever becomes of its load."""
    run = planned.run(trial.status.attempt).name
    spec = plan.context.spec
    foreign = why_foreign(observed, run, plan.stores, pods)
    if foreign:
        return Failure(Reason.FOREIGN_POD, foreign)
    return (
        find_changed_input(spec, trial, observed)
        or find_disturbance(plan, planned, trial, observed)
        or find_changed_image(plan.variant(trial.spec.cell), observed, run)
        or find_changed_secret(spec, observed, run)
    )


def _collect(
    plan: Plan,
    planned: PlannedTrial,
    trial: Trial,
    observed: Observed,
    finished: tuple[PodView, ...],
) -> Collect:
    run = planned.run(trial.status.attempt).name
    servers = observed.pods_of(run, Component.SERVICE, Component.WORKER)
    parts = (*observed.pods_of(""), *observed.pods_of(run))
    images = {pod.component.value: pod.image for pod in parts if pod.component and pod.image}
    variant = plan.variant(planned.cell)
    image, its_node = served_by(variant, observed.asked)
    images |= {Component.SERVICE.value: image} if image else {}
    on = (pod.node for pod in servers if pod.component is Component.SERVICE)
    node = next(on, its_node)
    return Collect(
        trial=planned,
        status=trial.status.model_copy(
            update={"images": images, "node": node, "secrets": noted_secrets(observed, run)}
        ),
        pods=tuple(sorted(pod.name for pod in finished)),
        generator_end=explain_end(plan, planned, observed.pods_of(run, Component.K6)),
        disturbance=find_restart(plan, trial, observed, run),
        has_served=has_results(observed) or _was_loaded(trial.status),
        unready=tuple(what_is_awaited(pod) for pod in servers if not pod.is_serving),
        witnesses=find_witnesses(observed, run, trial.status),
        ran=what_ran(parts, restarted(trial, servers)) | served_as(variant, observed.asked),
    )


def _too_late(
    plan: Plan, planned: PlannedTrial, trial: Trial, observed: Observed, now: float
) -> Failure | None:
    timeouts, run = plan.context.spec.timeouts, planned.run(trial.status.attempt).name
    age = now - (trial.status.timings.load_made if trial.status.timings else now)
    pods = observed.pods_of(run)
    ready = {pod.component for pod in pods if pod.is_serving or _has_worked(pod)}
    makers = tuple(maker for maker in observed.pod_makers() if maker.run == run)
    strangers = tuple(each for each in observed.strangers if each.run == run)
    is_deployed = plan.variant(trial.spec.cell).is_deployed
    needed = {Component.K6} | ({Component.SERVICE} if is_deployed else set())
    complete = needed <= ready and refused_pod(makers) is None
    if age > seconds(timeouts.ready) and not complete:
        if _was_lost(trial, observed, run) and (ended := find_restart(plan, trial, observed, run)):
            return ended  # it was ready, and ended under its load: that is no trouble of a start
        reason, message = diagnose(pods, makers, strangers)
        if reason is Reason.UNSCHEDULABLE and has_results(observed):
            return _no_longer_fits(plan, pods, message)
        if not message.endswith(_NOT_OF_THE_IMAGE):
            message += why_not_ready(plan.variant(trial.spec.cell), reason)
        return Failure(reason, message)
    if age > run_seconds(planned.load, timeouts) + COLLECTING_MARGIN:
        message = f"no result after {age:.0f} s; {_how_far(observed.pods_of(run, Component.K6))}"
        return Failure(Reason.DEADLINE_EXCEEDED, message)
    return None


def _was_lost(trial: Trial, observed: Observed, run: str) -> bool:
    """Whether the service was ready, and ended since: not only while it started."""
    servers = observed.pods_of(run, Component.SERVICE)
    is_anew = Component.SERVICE in restarted(trial, servers)
    return bool(trial.status.servers) and (is_anew or not all(pod.is_serving for pod in servers))


def _no_longer_fits(plan: Plan, pods: tuple[PodView, ...], message: str) -> Failure:
    """Where there is no room another trial may find some; a node that takes no pods is waited for
    by one whole trial, and not by each that is left.
    """
    closed = closed_nodes(pods, plan.context.chosen)
    ran = f"ran on {closed}, where no pod is taken any more" if closed else "found room"
    said = f"{message}; earlier trials {ran}"
    return Failure(Reason.NO_LONGER_FITS, said, ends_if_repeated=bool(closed))


def has_results(observed: Observed) -> bool:
    """Whether a trial of the experiment came to a result, usable or not."""
    return any(trial.status.has_result for trial in observed.trials.values())


def _was_loaded(status: LoadTrialStatus) -> bool:
    """Whether an attempt came to figures, which did not count: so the service was ready."""
    figures = {Reason.RESULT_INVALID.value, Reason.FOREIGN_CPU.value}
    return any(former.reason in figures for former in status.former_attempts)


def _has_worked(pod: PodView) -> bool:
    """Only a generator comes to its end; a server that did was lost."""
    return pod.component is Component.K6 and pod.has_finished


def _how_far(pods: tuple[PodView, ...]) -> str:
    """Say how far the generator came; of several pods the one that came least far."""
    known = [pod.progress for pod in pods if pod.progress]
    nodes = sorted({pod.node for pod in pods if pod.node})
    where = f", on node {', '.join(nodes)}" if nodes else ""
    if not known:
        return f"the generator was never seen at work{where}"
    last = min(known, key=lambda progress: progress.seconds)
    return (
        f"the generator was last seen in the {last.phase} at {last.seconds} s"
        f"{_how_many(known)}{where}"
    )


def _how_many(known: Sequence[Progress]) -> str:
    """Say how many requests had ended; nothing where generators know it at their end only."""
    requests, failed = [p.requests for p in known], [p.failed for p in known]
    if None in requests or None in failed:
        return ""
    return f", {sum(filter(None, requests)):,} requests, {sum(filter(None, failed)):,} failed"
