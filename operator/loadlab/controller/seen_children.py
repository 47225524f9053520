"""What was seen of experiments under way: for one that is gone and whose children are not.

After `--cascade=orphan` nobody owns them any more, and nothing that is read then says that they
were ours. So they are taken away by the uids that they had while they bore our ownerReference:
nothing else of their names is touched. A restart of the operator forgets them.
"""

from collections.abc import Iterable

from loadlab.controller.work_queue import Key
from loadlab.model.resources import Metadata
from loadlab.progress.known import Known
from loadlab.progress.observed import Child, Observed, Reference

MOST_PODS = 200  # of an experiment that are remembered: those of its stores and of one run


class SeenChildren:
    """The Services, what makes pods, and the pods of each experiment that is not over."""

    def __init__(self) -> None:
        self._seen: dict[Key, tuple[str, tuple[Reference, ...]]] = {}
        self._pods: dict[Key, tuple[str, tuple[Child, ...]]] = {}

    def note(self, experiment: Metadata, observed: Observed) -> None:
        """Remember what an experiment has now; one that is being deleted may be losing it."""
        if experiment.deletion_timestamp:
            return
        key = experiment.namespace, experiment.name
        makers = tuple(maker.reference for maker in observed.makers() if not maker.deleting)
        if makers:
            self._seen[key] = experiment.uid, makers
        else:
            self._seen.pop(key, None)
        if pods := _pods(observed):
            self._pods[key] = experiment.uid, pods
        else:
            self._pods.pop(key, None)

    def add(self, experiment: Metadata, made: Iterable[Reference]) -> None:
        """Remember what was made for an experiment since it was looked at."""
        key = experiment.namespace, experiment.name
        known, makers = self._seen.get(key, (experiment.uid, ()))
        new = tuple(one for one in made if known != experiment.uid or one not in makers)
        if new:
            self._seen[key] = experiment.uid, (*makers, *new) if known == experiment.uid else new

    def of(self, experiment: Metadata) -> Known:
        """Return what an experiment had when it was looked at last, and what was made since."""
        key = experiment.namespace, experiment.name
        makers, pods = self._seen.get(key), self._pods.get(key)
        return Known(
            makers=makers[1] if makers and makers[0] == experiment.uid else (),
            pods=pods[1] if pods and pods[0] == experiment.uid else (),
        )

    def left_by(self, key: Key, uid: str = "") -> tuple[Reference, ...]:
        """Return what an experiment had that is gone; `uid` is that of a namesake, if there is."""
        known, makers = self._seen.get(key, (uid, ()))
        return makers if known != uid else ()

    def forget(self, key: Key) -> None:
        """Forget an experiment whose children are gone, or asked to go."""
        self._seen.pop(key, None)
        self._pods.pop(key, None)


def _pods(observed: Observed) -> tuple[Child, ...]:
    """Return the pods to remember: a run's until nothing of it is left, also those that are gone.

    What a gone one showed must be seen by the pass that can write it down, not by the first alone.
    """
    runs = observed.runs()
    there = tuple(_outline(pod) for pod in (*observed.pods, *observed.let_go))
    return (*there, *(pod for pod in observed.gone if pod.run in runs))[:MOST_PODS]


def _outline(pod: Child) -> Child:
    return Child(reference=pod.reference, component=pod.component, run=pod.run)
