"""Which parts of an experiment may speak to which: a NetworkPolicy for each, of one table.

Without a network plugin that enforces them they are words. A part's policy holds for its pods of
all runs, so a sweep of any length has a handful of them. The kubelet's probes are always let in.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from loadlab.base.names import COMPONENT_LABEL, EXPERIMENT_UID_LABEL, STORES, Component
from loadlab.model.spec.network import ServiceEgress
from loadlab.plan.context import Context, Manifest
from loadlab.plan.k6_outputs import output_egress
from loadlab.plan.pods import INSTRUMENTS_PORT, STEWARD_PORT
from loadlab.plan.postgres import POSTGRES_PORT
from loadlab.plan.rabbitmq import AMQP_PORT, METRICS_PORT
from loadlab.plan.redis import REDIS_PORT
from loadlab.plan.stores import deployed_stores, existing_stores
from loadlab.plan.variants import stores_of

# The port of the pods behind the cluster's DNS service; OpenShift's listen on 5353.
DNS_PORTS = (53, 5353)
_STORE_PORTS = {
    Component.POSTGRES: (POSTGRES_PORT,),
    Component.REDIS: (REDIS_PORT,),
    Component.RABBITMQ: (AMQP_PORT,),
}


@dataclass(frozen=True, slots=True)
class Flow:
    """A part opens connections to another's ports."""

    source: Component
    target: Component
    ports: tuple[int, ...]


def flows_of(context: Context) -> tuple[Flow, ...]:
    """Return every connection that the programs of an experiment open among themselves."""
    return tuple(
        flow
        for flow in (*_generator_flows(context), *_steward_flows(context), *_store_flows(context))
        if flow.ports
    )


def build_policies(context: Context, parts: tuple[Component, ...]) -> list[Manifest]:
    """Return the policies of some parts; none where the spec asks for none."""
    if not context.spec.network.policies:
        return []
    flows = flows_of(context)
    return [_policy(context, part, flows) for part in parts]


def parts_beside_stores(context: Context) -> tuple[Component, ...]:
    """Return the parts that an experiment has beside its stores."""
    has_dataset = Component.POSTGRES in stores_of(context.spec)
    return (
        *((Component.DATASET,) if has_dataset else ()),
        *((Component.PREPARATION,) if context.spec.preparation else ()),
        Component.STEWARD,
        *((Component.SERVICE,) if context.is_deployed else ()),
        *((Component.WORKER,) if _has_worker(context) else ()),
        Component.K6,
    )


def _generator_flows(context: Context) -> Iterator[Flow]:
    http = sorted({variant.port for variant in context.variants.values() if variant.is_deployed})
    yield Flow(Component.K6, Component.SERVICE, tuple(http))
    yield Flow(Component.K6, Component.STEWARD, (STEWARD_PORT,))


def _steward_flows(context: Context) -> Iterator[Flow]:
    deployed = (variant for variant in context.variants.values() if variant.is_deployed)
    instruments = sorted({variant.snapshot_port for variant in deployed})
    yield Flow(Component.STEWARD, Component.SERVICE, tuple(instruments))
    if _has_worker(context):
        yield Flow(Component.STEWARD, Component.WORKER, (INSTRUMENTS_PORT,))
    for store in deployed_stores(context.spec):
        counters = (METRICS_PORT,) if store is Component.RABBITMQ else ()
        yield Flow(Component.STEWARD, store, (*_STORE_PORTS[store], *counters))


def _store_flows(context: Context) -> Iterator[Flow]:
    deployed = deployed_stores(context.spec)
    if Component.POSTGRES in deployed:
        yield Flow(Component.DATASET, Component.POSTGRES, _STORE_PORTS[Component.POSTGRES])
    if context.spec.preparation is not None:
        for store in deployed:
            yield Flow(Component.PREPARATION, store, _STORE_PORTS[store])
    for part in (Component.SERVICE, Component.WORKER):
        for store in deployed:
            if store in _stores_used_by(context, part):
                yield Flow(part, store, _STORE_PORTS[store])


def _stores_used_by(context: Context, part: Component) -> set[Component]:
    """The stores that a run's service or worker is told of, over all variants."""
    variants = context.variants.values()
    those = [v for v in variants if part is Component.SERVICE or v.facts.worker]
    return {store for variant in those for store in variant.stores}


def _has_worker(context: Context) -> bool:
    return any(variant.facts.worker for variant in context.variants.values())


def _policy(context: Context, part: Component, flows: tuple[Flow, ...]) -> Manifest:
    incoming = [
        {"from": [_pods(context, flow.source)], "ports": _tcp(flow.ports)}
        for flow in flows
        if flow.target is part
    ]
    spec: Manifest = {
        "podSelector": _pods(context, part)["podSelector"],
        "policyTypes": ["Ingress"],
        "ingress": incoming,
    }
    if not _speaks_to_anybody(context, part):
        spec |= {"policyTypes": ["Ingress", "Egress"], "egress": _egress(context, part, flows)}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": context.metadata(part),
        "spec": spec,
    }


def _egress(context: Context, part: Component, flows: tuple[Flow, ...]) -> list[Manifest]:
    outgoing = [
        {"to": [_pods(context, flow.target)], "ports": _tcp(flow.ports)}
        for flow in flows
        if flow.source is part
    ]
    if _asks_a_service(context, part):
        # Which pods those are, and on which ports, is only known while it runs: none elsewhere.
        outgoing.append({"to": [{"podSelector": {}}]})
    if part is Component.K6:
        outgoing += output_egress(context)
    names = [{"protocol": protocol, "port": p} for p in DNS_PORTS for protocol in ("UDP", "TCP")]
    return [*outgoing, {"ports": names}] if outgoing else []


def _asks_a_service(context: Context, part: Component) -> bool:
    """Whether a part opens connections to a Service of the namespace that runs already."""
    found = [variant for variant in context.variants.values() if variant.service]
    if part is Component.STEWARD:
        return any(variant.is_metered_as_one for variant in found)
    return part is Component.K6 and bool(found)


def _speaks_to_anybody(context: Context, part: Component) -> bool:
    """Whether a part may open connections to wherever it likes.

    Where an existing store is stands in a Secret that nobody here may read. What an image of the
    user's own needs, only its author knows.
    """
    if part is Component.K6:  # a host of the chart's list has any address
        return any(variant.url for variant in context.variants.values())
    if part in STORES:
        return False
    existing = set(existing_stores(context.spec))
    if part in (Component.SERVICE, Component.WORKER):
        existing &= _stores_used_by(context, part)
    if existing:
        return True
    if part is Component.PREPARATION:  # as with a service of their own
        return context.spec.network.service_egress is not ServiceEgress.CLOSED
    return part is Component.SERVICE and _service_egress(context) is ServiceEgress.OPEN


def _service_egress(context: Context) -> ServiceEgress:
    own = any(variant.image is not None for variant in context.variants.values())
    unless_set = ServiceEgress.OPEN if own else ServiceEgress.CLOSED
    return context.spec.network.service_egress or unless_set


def _pods(context: Context, part: Component) -> Manifest:
    uid = context.experiment.metadata.uid
    labels = {EXPERIMENT_UID_LABEL: uid, COMPONENT_LABEL: part.value}
    return {"podSelector": {"matchLabels": labels}}


def _tcp(ports: tuple[int, ...]) -> list[Manifest]:
    return [{"protocol": "TCP", "port": port} for port in ports]
