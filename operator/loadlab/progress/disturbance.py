"""What spoils a run: a store, the steward or a pod of its own that did not last to its end.

No result of such a run counts, so nobody waits for one: it is decided as soon as it is seen. A pod
is known by its uid, which needs no two clocks to agree.
"""

from loadlab.base.names import STORES, Component
from loadlab.model.resources import Trial
from loadlab.model.status.conditions import Reason
from loadlab.plan import Plan, PlannedTrial
from loadlab.progress.asked_service import why_changed
from loadlab.progress.decision import Failure
from loadlab.progress.diagnose import UNSEEN_ENDS, why_it_ended
from loadlab.progress.edited import find_edited
from loadlab.progress.infrastructure import identity, missing_service, why_lost
from loadlab.progress.observed import Child, ContainerState, Observed, PodView
from loadlab.progress.refused_creation import scaled
from loadlab.progress.servers import restarted_pods

# Exit codes of what may have been asked to end: by SIGHUP, SIGINT, SIGKILL, SIGTERM, or gracefully.
ASKED = {None, 0, 128 + 1, 128 + 2, 128 + 9, 128 + 15}
_SERVERS = (Component.SERVICE, Component.WORKER)
_REPLACED = "a pod of the service was deleted or replaced during the run"


def find_disturbance(
    plan: Plan, planned: PlannedTrial, trial: Trial, observed: Observed
) -> Failure | None:
    """Return what has spoiled a run under way, whatever becomes of its load."""
    if lost := why_lost(plan, observed):
        return Failure(Reason.INFRASTRUCTURE_LOST, lost)
    for part, began_with in trial.status.parts.items():
        if trouble := _trouble(observed.pods_of("", Component(part)), began_with):
            is_store = Component(part) in STORES
            reason = Reason.STORE_RESTARTED if is_store else Reason.INFRASTRUCTURE_LOST
            return Failure(reason, f"{part} {trouble}")
    if changed := _changed(plan, trial, observed):
        return changed
    if observed.let_go:
        return _let_go(observed.let_go[0])
    attempt = trial.status.attempt
    if edited := find_edited(plan.serving_manifests(planned, attempt), observed):
        return Failure(Reason.SERVICE_CHANGED, f"{edited[0].message} during the run")
    return _of_servers(plan, trial, observed, planned.run(attempt).name)


def _of_servers(plan: Plan, trial: Trial, observed: Observed, run: str) -> Failure | None:
    if _is_replaced(observed, run):
        return Failure(Reason.SERVICE_RESTARTED, _REPLACED)
    variant = plan.variant(trial.spec.cell)
    deployed = (Component.SERVICE,) if variant.is_deployed else ()
    worker = (Component.WORKER,) if variant.facts.worker else ()
    if gone := missing_service(observed, run, *deployed, *worker):
        return Failure(Reason.INFRASTRUCTURE_LOST, f"the Service {gone} was deleted during the run")
    pods = variant.pods_in(trial.spec.cell)
    if by_somebody := scaled(observed.controllers, run, pods):
        return Failure(Reason.SERVICE_RESTARTED, by_somebody[1])
    return _ended_for_good(observed.pods_of(run, *_SERVERS))


def find_restart(plan: Plan, trial: Trial, observed: Observed, run: str) -> Failure | None:
    """Return what befell the service of a run whose load came to its end.

    While it starts it may end again and again, which is another trouble than this: what counts is
    how often it was started since all were ready. One that ended a moment ago has not been started
    again yet.
    """
    if changed := _changed(plan, trial, observed):
        return changed
    servers = observed.pods_of(run, Component.SERVICE)
    anew = restarted_pods(trial, servers)
    over = [pod for pod in servers if pod in anew or _is_over(pod)]
    # Of several the one that nobody ended tells what befell them.
    ended = next((pod for pod in over if _ended_by_itself(pod)), over[0] if over else None)
    if ended is not None:
        why = why_it_ended(ended)
        if _ended_by_itself(ended):
            crashed = f"the service ended by itself during the run: {why}"
            return Failure(Reason.SERVICE_CRASHED, crashed)
        what = "restarted" if ended in anew else "ended"
        return Failure(Reason.SERVICE_RESTARTED, f"the service {what} during the run: {why}")
    if any(pod.phase == "Pending" for pod in servers):
        message = "a pod of the service was replaced during the run, and does not run yet"
        return Failure(Reason.SERVICE_RESTARTED, message)
    is_short = len(servers) != plan.variant(trial.spec.cell).pods_in(trial.spec.cell)
    if is_short or _is_replaced(observed, run):
        return Failure(Reason.SERVICE_RESTARTED, _REPLACED)
    return None


def _ended_by_itself(pod: PodView) -> bool:
    """Whether nobody ended it: a signal that it was sent has no other trace than these codes.

    What a node did not see has a code that the node made up.
    """
    if pod.terminated_reason in UNSEEN_ENDS:
        return False
    return pod.terminated_reason == "OOMKilled" or pod.exit_code not in ASKED


def _is_over(pod: PodView) -> bool:
    return pod.own.state is ContainerState.TERMINATED


def _is_replaced(observed: Observed, run: str) -> bool:
    """Whether a server that was there is gone: the next one may be ready before anybody looks."""
    return any(pod.run == run and pod.component in _SERVERS for pod in observed.gone)


def _let_go(pod: Child) -> Failure:
    reason = Reason.SERVICE_RESTARTED if pod.component in _SERVERS else Reason.INFRASTRUCTURE_LOST
    message = (
        f"pod {pod.name} was let go during the run: somebody changed its labels, so its controller "
        "made another; it is taken away, as it keeps what it asked for"
    )
    return Failure(reason, message)


def _changed(plan: Plan, trial: Trial, observed: Observed) -> Failure | None:
    changed = why_changed(plan.variant(trial.spec.cell), trial, observed.asked)
    return Failure(Reason.SERVICE_CHANGED, changed) if changed else None


def _trouble(pods: tuple[PodView, ...], began_with: str) -> str:
    known = {identity(pod): pod for pod in pods}
    same = known.get(began_with)
    if same is not None and not (same.deleting or same.has_ended or _is_over(same)):
        return ""
    uid = began_with.partition("/")[0]
    former = next((pod for pod in pods if pod.reference.uid == uid), None)
    if former is None:
        return "was deleted or replaced during the run"
    if former.deleting or former.has_ended:
        return f"was lost during the run: {_how(former)}"
    what = "ended" if former is same else "restarted"
    return f"{what} during the run: {why_it_ended(former)}"


def _ended_for_good(servers: tuple[PodView, ...]) -> Failure | None:
    """A server's containers are started again for ever; only its whole pod may end."""
    placed = (pod for pod in servers if not pod.unschedulable)  # else no node took it, and it shows
    lost = next((pod for pod in placed if pod.deleting or pod.has_ended), None)
    if lost is None:
        return None
    message = f"the {lost.component} was lost during the run: {_how(lost)}"
    return Failure(Reason.SERVICE_RESTARTED, message)


def _how(pod: PodView) -> str:
    where = f" on node {pod.node}" if pod.node else ""
    if pod.reason or pod.message:
        said = f": {pod.message}" if pod.message else ""
        return f"its pod ended{where}, {pod.reason or 'Failed'}{said}"
    return f"its pod{where} {'was deleted' if pod.deleting else 'ended'}"
