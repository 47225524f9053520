"""On which nodes the pods of a run are, beside which others: what the scheduler reads.

The service's pods alone say that they keep away from generator and stores: the scheduler holds a
pod's anti-affinity against those that come later, too.
"""

from loadlab.base.names import COMPONENT_LABEL, EXPERIMENT_UID_LABEL, RUN_LABEL, STORES, Component
from loadlab.model.spec.placement import SeparateGenerator
from loadlab.plan.context import Context, Manifest, Run
from loadlab.plan.virtual_users import generator_pods

HOSTNAME = "kubernetes.io/hostname"
APART = (Component.K6, *STORES)
_HEAVIEST = 100


def build_layout(context: Context, component: Component, run: Run) -> Manifest:
    """Return on which nodes beside which others a pod of a run is, as a piece of a pod."""
    affinity = {**_pinned(context, component), **_apart(context, component)}
    pods = generator_pods(run.load, run.cell) if component is Component.K6 else 1
    spread = {"topologySpreadConstraints": [_spread(run)]} if pods > 1 else {}
    return {**({"affinity": affinity} if affinity else {}), **spread}


def _pinned(context: Context, component: Component) -> Manifest:
    """The nodes of the first trial, once they are known: a field may be held against one name."""
    nodes = context.chosen.nodes_of(component)
    names = ({"key": "metadata.name", "operator": "In", "values": [node]} for node in nodes)
    terms = [{"matchFields": [name]} for name in names]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"nodeAffinity": required} if terms else {}


def _apart(context: Context, component: Component) -> Manifest:
    given = context.spec.placement.separate_generator
    if component is not Component.SERVICE or given is SeparateGenerator.NONE:
        return {}
    others = {
        "labelSelector": {
            "matchLabels": {EXPERIMENT_UID_LABEL: context.experiment.metadata.uid},
            "matchExpressions": [
                {"key": COMPONENT_LABEL, "operator": "In", "values": [*map(str, APART)]}
            ],
        },
        "topologyKey": HOSTNAME,
    }
    if given is SeparateGenerator.REQUIRED:
        rule: Manifest = {"requiredDuringSchedulingIgnoredDuringExecution": [others]}
    else:
        preferred = {"weight": _HEAVIEST, "podAffinityTerm": others}
        rule = {"preferredDuringSchedulingIgnoredDuringExecution": [preferred]}
    return {"podAntiAffinity": rule}


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
