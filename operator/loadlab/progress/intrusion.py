"""Pods and EndpointSlices of somebody else's, by which a run's requests or results are another's.

Pods may bear an experiment's labels or claim to be of its Jobs; an EndpointSlice may say that it is
for one of its Services.
"""

from collections.abc import Iterable

from loadlab.base.names import Component
from loadlab.progress.observed import Observed

SERVED = (Component.SERVICE, Component.WORKER)  # what a run's Services select


def why_foreign(observed: Observed, run: str, stores: Iterable[Component], parallelism: int) -> str:
    """Return why a run's result could be another's; empty where it could not.

    A Service leads wherever the EndpointSlices that name it lead, whoever made them. It selects
    its pods by label, so a stranger with all labels gets a share of what is sent. A Job makes as
    many pods as it has completions, and its failed ones are not replaced.
    """
    generators = observed.pods_of(run, Component.K6)
    if len(generators) > parallelism:
        return (
            f"{len(generators)} pods say that the k6 Job made them, which asks for {parallelism}: "
            "somebody else makes pods in its name; see who may create pods in this namespace"
        )
    shared = {*stores, Component.STEWARD}
    for stranger in (each for each in observed.strangers if not each.has_ended):
        of_the_run = stranger.run == run and stranger.component in SERVED
        if of_the_run or (not stranger.run and stranger.component in shared):
            return (
                f"pod {stranger.name} is not of this experiment ({stranger.why}) and bears the "
                f"labels of its {stranger.component}, so it gets a share of the requests; delete "
                "the pod, or take the labels away"
            )
    for each in observed.foreign_slices:
        return (
            f"EndpointSlice {each.name} is not Kubernetes' own and names the Service "
            f"{each.service}, so a share of its requests goes where it leads; delete the "
            "EndpointSlice"
        )
    return ""
