"""On which nodes an experiment runs: what its first result ran on, which later trials keep to.

What the scheduler found for the first trial need not be what it would find for the next, and two
nodes, or one where there were two, are another machine. So it is written down before the second
trial starts, from what stands in the LoadTrials: whoever computes it again finds the same.
"""

from collections.abc import Iterable, Mapping

from loadlab.base.names import Component
from loadlab.model.status import TrialPhase
from loadlab.model.status.chosen import Chosen, PartNodes
from loadlab.model.status.trial import RunAs
from loadlab.plan import Plan
from loadlab.progress.observed import Observed

OF_A_RUN = (Component.SERVICE, Component.WORKER, Component.K6)
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
    """Return the nodes of what runs anew in each trial; nothing where one of them is unknown."""
    ran = {name.value: components[name].nodes for name in OF_A_RUN if name in components}
    needed = (ran.get(name) for name in (Component.SERVICE, Component.K6))
    if not all(needed) or not all(ran.values()):
        return ()
    return tuple(PartNodes(component=name, nodes=nodes) for name, nodes in ran.items())


def _is_apart(layout: Iterable[PartNodes]) -> bool:
    nodes = {part.component: set(part.nodes) for part in layout}
    return not nodes[Component.SERVICE] & nodes[Component.K6]
