"""On which nodes an experiment runs: what its first result ran on, which later trials keep to.

What the scheduler found for the first trial need not be what it would find for the next, and two
nodes, or one where there were two, are another machine. So it is written down before the second
trial starts, from what stands in the LoadTrials: whoever computes it again finds the same.

The pods of a run and a store that is built again are held to it. A store that was built before it
was known may come back anywhere, as its controller pleases: then no further trial is like the
former ones, and none is made.
"""

from collections.abc import Iterable, Mapping

from loadlab.base.names import STORES, Component
from loadlab.model.status import TrialPhase
from loadlab.model.status.chosen import Chosen, PartNodes
from loadlab.model.status.conditions import Reason
from loadlab.model.status.trial import RunAs
from loadlab.plan import Plan
from loadlab.plan.layout import APART
from loadlab.progress.diagnose import Diagnosis
from loadlab.progress.observed import Observed, PodView

OF_A_LAYOUT = (Component.SERVICE, Component.WORKER, Component.K6, *STORES)
_MEASURED = {TrialPhase.SUCCEEDED, TrialPhase.INVALID}


def choose_layout(plan: Plan, observed: Observed) -> Chosen | None:
    """Return what the first result shows; None while there is none, and once it is chosen."""
    chosen = plan.context.chosen
    if chosen.layout:
        return None
    known = (observed.trials.get(planned.name) for planned in plan.in_order)
    over = (trial for trial in known if trial and trial.status.phase in _MEASURED)
    layouts = (_layout(trial.status.components) for trial in over)
    layout = next((each for each in layouts if each), None)
    if layout is None:
        return None
    update = {"layout": layout, "generator_apart": _is_apart(layout)}
    return chosen.model_copy(update=update)


def _layout(components: Mapping[str, RunAs]) -> tuple[PartNodes, ...]:
    """Return the nodes of all parts but the steward; nothing where one of them is unknown."""
    ran = {name.value: components[name].nodes for name in OF_A_LAYOUT if name in components}
    needed = (ran.get(name) for name in (Component.SERVICE, Component.K6))
    if not all(needed) or not all(ran.values()):
        return ()
    return tuple(PartNodes(component=name, nodes=nodes) for name, nodes in ran.items())


def _is_apart(layout: Iterable[PartNodes]) -> bool:
    """Whether the service is beside nothing that it is to be kept apart from."""
    nodes = {part.component: set(part.nodes) for part in layout}
    others = set[str]().union(*(nodes.get(part, ()) for part in APART))
    return not nodes[Component.SERVICE] & others


def store_elsewhere(plan: Plan, observed: Observed) -> Diagnosis | None:
    """Return which store is on another node than in the trials so far; None for none."""
    for store in plan.stores:
        first = plan.context.chosen.nodes_of(store)
        there = [pod for pod in observed.pods_of("", store) if _is_placed(pod)]
        if first and there and there[0].node not in first:
            return Reason.NO_LONGER_FITS, _elsewhere(there[0], ", ".join(first))
    return None


def _is_placed(pod: PodView) -> bool:
    return bool(pod.node) and not (pod.deleting or pod.has_ended)


def _elsewhere(pod: PodView, first: str) -> str:
    return (
        f"{pod.component} came back on node {pod.node}, and the trials so far had it on {first}: "
        "figures of two layouts cannot be compared. Was the node drained? Create the experiment "
        "anew, on nodes that stay, which spec.placement.nodeSelector can name"
    )
