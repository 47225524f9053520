"""The pods that serve a run: written down once all are ready, so that no restart forgets them."""

from collections.abc import Iterable, Sequence

from loadlab.base.names import Component, run_name
from loadlab.model.resources import Trial
from loadlab.model.status import TrialPhase
from loadlab.model.status.servers import MOST_SERVERS, Server
from loadlab.plan import Plan
from loadlab.progress.decision import RecordTrial
from loadlab.progress.observed import Child, Observed, PodView, Reference


def note_servers(plan: Plan, trial: Trial, observed: Observed, run: str) -> tuple[RecordTrial, ...]:
    """Return what writes down the pods that serve a run; nothing where that stands there."""
    variant, cell = plan.variant(trial.spec.cell), trial.spec.cell
    if trial.status.servers or not variant.is_deployed:
        return ()
    service = observed.pods_of(run, Component.SERVICE)
    workers = observed.pods_of(run, Component.WORKER)
    complete = len(service) == variant.pods_in(cell) and bool(workers) >= bool(variant.facts.worker)
    pods = (*service, *workers)
    if not complete or not all(pod.is_serving and not pod.deleting for pod in pods):
        return ()
    servers = tuple(map(_server, sorted(pods, key=lambda pod: pod.name)))[:MOST_SERVERS]
    status = trial.status.model_copy(update={"servers": servers})
    return (RecordTrial(trial.metadata.name, status),)


def _server(pod: PodView) -> Server:
    return Server(
        component=str(pod.component or ""),
        pod=pod.name,
        uid=pod.reference.uid,
        restarts=pod.restarts,
    )


def servers_of(trials: Iterable[Trial]) -> tuple[Child, ...]:
    """Return the pods that serve attempts under way, or that served one that did not count.

    The next attempt is recorded before anything of it is created; until then those of the former
    one may have been let go, and are to be taken away.
    """
    return tuple(
        Child(
            reference=Reference("Pod", server.pod, server.uid),
            component=Component(server.component),
            run=run_name(trial.metadata.name, _attempt(trial)),
        )
        for trial in trials
        if trial.status.phase is not None and not trial.status.phase.is_terminal
        for server in trial.status.servers
        if server.component in set(Component)
    )


def _attempt(trial: Trial) -> int:
    return trial.status.attempt - (trial.status.phase is TrialPhase.STARTING)


def restarted(trial: Trial, pods: Sequence[PodView]) -> frozenset[str]:
    """Return the components of which a container was started again since all were ready."""
    found = (pod.component for pod in restarted_pods(trial, pods))
    return frozenset(component.value for component in found if component is not None)


def restarted_pods(trial: Trial, pods: Sequence[PodView]) -> Sequence[PodView]:
    """Return the pods of which a container was started again since all were ready."""
    before = {server.uid: server.restarts for server in trial.status.servers}
    return [pod for pod in pods if pod.restarts > before.get(pod.reference.uid, 0)]
