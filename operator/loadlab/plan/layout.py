"""On which nodes pods are, beside which others: what the scheduler reads.

The service's pods alone say that they keep away from generator and stores: the scheduler holds a
pod's anti-affinity against those that come later, too. Generator, stores and steward like to be
beside each other: so a node is left for the service, and the steward, which sees what others use
of its own node, sees that of theirs.
"""

from loadlab.base.names import COMPONENT_LABEL, EXPERIMENT_UID_LABEL, RUN_LABEL, STORES, Component
from loadlab.model.spec.placement import SeparateGenerator
from loadlab.plan.context import Context, Manifest, Run
from loadlab.plan.virtual_users import generator_pods

HOSTNAME = "kubernetes.io/hostname"
APART = (Component.K6, *STORES)  # from the service
TOGETHER = (*APART, Component.STEWARD)
_HEAVIEST, _LIGHT = 100, 10


def build_layout(context: Context, component: Component, run: Run | None = None) -> Manifest:
    """Return on which nodes beside which others a pod is, as a piece of a pod.

    A pod of a run has the run; of stores and steward there is one each for all of them.
    """
    pods = generator_pods(run.load, run.cell) if run and component is Component.K6 else 1
    is_spread = pods > 1 and _given(context) is not SeparateGenerator.REQUIRED
    near = {} if is_spread else _together(context, component)
    affinity = {**_pinned(context, component), **_apart(context, component), **near}
    spread = {"topologySpreadConstraints": [_spread(run)]} if run and is_spread else {}
    return {**({"affinity": affinity} if affinity else {}), **spread}


def _given(context: Context) -> SeparateGenerator:
    return context.spec.placement.separate_generator


def _pinned(context: Context, component: Component) -> Manifest:
    """The nodes of the first trial, once they are known: a field may be held against one name."""
    nodes = context.chosen.nodes_of(component)
    names = ({"key": "metadata.name", "operator": "In", "values": [node]} for node in nodes)
    terms = [{"matchFields": [name]} for name in names]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"nodeAffinity": required} if terms else {}


def _apart(context: Context, component: Component) -> Manifest:
    """Where the steward came first, the service takes another node: the generator's is that one."""
    given = _given(context)
    if component is not Component.SERVICE or given is SeparateGenerator.NONE:
        return {}
    others, steward = _pods(context, *APART), _preferred(_LIGHT, context, Component.STEWARD)
    required, preferred = [others], [steward]
    if given is not SeparateGenerator.REQUIRED:
        required, preferred = [], [_preferred(_HEAVIEST, context, *APART), steward]
    rules = {
        "requiredDuringSchedulingIgnoredDuringExecution": required,
        "preferredDuringSchedulingIgnoredDuringExecution": preferred,
    }
    return {"podAntiAffinity": {name: terms for name, terms in rules.items() if terms}}


def _together(context: Context, component: Component) -> Manifest:
    """What is to be off the service's node is to leave one: of two nodes each store took one."""
    if component not in TOGETHER or _given(context) is SeparateGenerator.NONE:
        return {}
    preferred = [_preferred(_HEAVIEST, context, *TOGETHER)]
    return {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}


def _preferred(weight: int, context: Context, *components: Component) -> Manifest:
    return {"weight": weight, "podAffinityTerm": _pods(context, *components)}


def _pods(context: Context, *components: Component) -> Manifest:
    """Return the nodes of some components' pods, of this experiment's."""
    named = {"key": COMPONENT_LABEL, "operator": "In", "values": [*map(str, components)]}
    return {
        "labelSelector": {
            "matchLabels": {EXPERIMENT_UID_LABEL: context.experiment.metadata.uid},
            "matchExpressions": [named],
        },
        "topologyKey": HOSTNAME,
    }


def _spread(run: Run) -> Manifest:
    """Generators of one trial beside each other would wait for each other's CPUs."""
    return {
        "maxSkew": 1,
        "topologyKey": HOSTNAME,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {
            "matchLabels": {RUN_LABEL: run.name, COMPONENT_LABEL: Component.K6.value}
        },
    }
