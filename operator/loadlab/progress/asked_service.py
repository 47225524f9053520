"""Services that ran before their experiment: may they be asked, and did they stay as they were?

An experiment is written by whoever may write one, and its load must reach pods of that namespace
and nothing else. So a Service is asked only where Kubernetes itself chose what is behind it. What
it was at the start of an attempt stands in the trial; every change since makes the attempt void,
also one that was taken back: the API server counts the changes of an EndpointSlice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from loadlab.measurement.ran_as import RanAs
from loadlab.model.resources import Trial
from loadlab.model.status.served import MOST_CONTAINERS, AskedService, ServedContainer
from loadlab.plan.variants import ResolvedVariant
from loadlab.progress.served import put_together, why_another

MOST_PODS_ASKED = 100  # behind a Service
MAKER = "endpointslice-controller.k8s.io"  # of the endpoints of Services with a selector
HEADLESS = {"", "None"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedPod:
    """A pod that a Service selects and that has not ended."""

    name: str
    uid: str
    addresses: frozenset[str]
    restarts: int
    ready: bool
    node: str = ""
    containers: tuple[ServedContainer, ...] = ()  # that stay, of those that start before others too
    behind: tuple[tuple[int, str], ...] = ()  # for ports of the Service the container they lead to
    deleting: bool = False
    on_host: bool = False  # in its node's network: its ports are the node's
    of_an_experiment: bool = False
    is_outline: bool = False  # too large to be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """An EndpointSlice of a Service: who made it, and to which pods and addresses it leads."""

    name: str
    version: str  # changes with every change of its endpoints
    maker: str
    endpoints: tuple[tuple[str, frozenset[str]], ...]  # uid of the pod ("" for none), addresses
    near: frozenset[str] = frozenset()  # zones and nodes for which its endpoints are, each once


@dataclass(frozen=True, slots=True)
class ForeignSlice:
    """An EndpointSlice that Kubernetes did not make, for a Service of the experiment's own."""

    name: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A Service of the namespace that an experiment asks; without a uid there is none."""

    name: str
    uid: str = ""
    type: str = "ClusterIP"
    cluster_ip: str = ""
    selector: tuple[tuple[str, str], ...] = ()
    ports: tuple[int, ...] = ()  # of TCP
    spec: str = ""  # all of it, in a few letters
    affinity: str = "None"  # by what clients keep to one pod
    internal_policy: str = "Cluster"  # whether pods of other nodes are reached
    deleting: bool = False
    of_an_experiment: bool = False
    slices: tuple[Slice, ...] = ()
    pods: tuple[ServedPod, ...] = ()


def why_not_asked(variant: ResolvedVariant, services: Iterable[ServiceView]) -> str:
    """Return why a trial may not begin to ask a service that runs; empty where it may."""
    if variant.service is None:
        return ""
    found = _view(variant.service, services)
    why = _why_no_service(found) or _why_other_ports(variant, found) or _why_too_many(found)
    why = why or _why_elsewhere(found) or _why_uneven(found) or _why_unsettled(variant, found)
    return f"the Service {found.name} {why}" if why else ""


def asked_service(variant: ResolvedVariant, services: Iterable[ServiceView]) -> AskedService | None:
    """Return what an attempt asks, as it is now; None where its service is its own."""
    if variant.service is None:
        return None
    view = _view(variant.service, services)
    slices = sorted(f"{each.name}/{each.version}" for each in view.slices)
    pods = sorted(f"{pod.uid}/{pod.restarts}" for pod in view.pods)
    return AskedService(
        name=view.name,
        spec=f"{view.uid}/{view.spec}",
        endpoints=digest(*slices),
        processes=digest(*pods),
        pods=len(view.pods),
        containers=_containers(view),
    )


def why_changed(variant: ResolvedVariant, trial: Trial, services: Iterable[ServiceView]) -> str:
    """Return what became of a running service since the attempt began; empty for nothing."""
    before, now = trial.status.asked_service, asked_service(variant, services)
    if before is None or now is None or before == now:
        return ""
    if before.spec != now.spec:
        return f"the Service {before.name} was edited, replaced or deleted during the run"
    if before.processes != now.processes and before.pods == now.pods:
        return (
            f"a pod of the Service {before.name} was replaced or restarted during the run: a "
            "rolling update, or a crash"
        )
    if another := why_another(before, now, "when the run began"):
        return f"the Service {before.name} {another}"
    if before.endpoints == now.endpoints:
        return ""
    return (
        f"the endpoints of the Service {before.name} changed during the run: a pod was not ready "
        "for a time, or came and went"
    )


def why_unlike(variant: ResolvedVariant, trial: Trial, services: Iterable[ServiceView]) -> str:
    """Return why a trial of now would ask something else than one with a result; empty if not.

    Pods that were replaced or restarted are no other service: a replicate is of the load.
    """
    before, now = trial.status.asked_service, asked_service(variant, services)
    if before is None or now is None or before.name != now.name:
        return ""
    since = f"trial {trial.metadata.name} began"
    if before.spec != now.spec:
        return f"the Service {now.name} was edited or replaced since {since}"
    another = why_another(before, now, f"when {since}")
    return f"the Service {now.name} {another}" if another else ""


def served_as(variant: ResolvedVariant, services: Iterable[ServiceView]) -> dict[str, RanAs]:
    """Return where a running service's pods are; what they may use is for their owner to say."""
    if variant.service is None:
        return {}
    pods = _view(variant.service, services).pods
    nodes = sorted({pod.node for pod in pods if pod.node})
    return {"service": RanAs(pods=len(pods), nodes=tuple(nodes))}


def served_by(variant: ResolvedVariant, services: Iterable[ServiceView]) -> tuple[str, str]:
    """Return the image and the node of one of its pods; empty where nobody knows.

    The image is that of the container which the load reaches, not of a proxy before it.
    """
    pods = _view(variant.service, services).pods if variant.service else ()
    if not pods:
        return "", ""
    asked = dict(pods[0].behind).get(variant.port, "")
    found = (each for each in pods[0].containers if each.name == asked)
    images = (each.image_id or each.image for each in found)
    return next(images, ""), pods[0].node


def _containers(view: ServiceView) -> tuple[ServedContainer, ...]:
    return put_together(each for pod in view.pods for each in pod.containers)


def digest(*parts: str) -> str:
    """Return a few letters that change with any of the parts."""
    return sha256("\0".join(parts).encode()).hexdigest()[:16]


def _view(name: str, services: Iterable[ServiceView]) -> ServiceView:
    found = (each for each in services if each.name == name)
    return next(found, ServiceView(name=name))


def _why_no_service(view: ServiceView) -> str:
    reasons = (
        (not view.uid, "is not there: it must be in the experiment's namespace"),
        (view.deleting, "is being deleted"),
        (view.of_an_experiment, "belongs to an experiment: ask a service of your own"),
        (view.type == "ExternalName", "is an ExternalName, which leads out of the namespace"),
        (not view.selector, "has no selector, so that it may lead anywhere: give it one"),
        (view.cluster_ip in HEADLESS, "is headless: the load needs one with a cluster IP"),
    )
    return next((why for holds, why in reasons if holds), "")


def _why_other_ports(variant: ResolvedVariant, view: ServiceView) -> str:
    for field, port in variant.asked_ports.items():
        if port not in view.ports:
            known = ", ".join(map(str, view.ports)) or "none"
            return f"has no TCP port {port} ({field}); it has {known}"
    return ""


def _why_too_many(view: ServiceView) -> str:
    kinds = len(_containers(view))
    if len(view.pods) > MOST_PODS_ASKED:
        return f"has {len(view.pods)} pods; at most {MOST_PODS_ASKED} are looked after"
    if kinds > MOST_CONTAINERS:
        return f"has {kinds} containers that differ; at most {MOST_CONTAINERS} are looked after"
    return ""


def _why_elsewhere(view: ServiceView) -> str:
    """Return why its addresses may not be those of the pods it selects."""
    for pod in view.pods:
        if pod.is_outline:
            return f"has the pod {pod.name}, which is too large to be read"
        if pod.on_host:
            return f"has the pod {pod.name} in the network of its node, whose ports are the node's"
        if pod.of_an_experiment:
            return f"has the pod {pod.name}, which belongs to an experiment"
    addresses = {pod.uid: pod.addresses for pod in view.pods}
    for each in view.slices:
        strange = any(not to <= addresses.get(uid, frozenset()) for uid, to in each.endpoints)
        if each.maker != MAKER or strange:
            return (
                f"has the EndpointSlice {each.name}, which leads to other places than the pods "
                "that it selects"
            )
    return ""


def _why_uneven(view: ServiceView) -> str:
    """Return why a load would not reach all of its pods: it would be taken for theirs."""
    if len(view.pods) < 2:
        return ""
    if view.affinity != "None":
        return (
            f"has sessionAffinity {view.affinity}, by which all load of a generator goes to one of "
            f"its {len(view.pods)} pods: ask a Service of the same selector without it"
        )
    near = frozenset[str]().union(*(each.near for each in view.slices))
    if view.internal_policy != "Local" and len(near) < 2:
        return ""
    by = "internalTrafficPolicy Local" if view.internal_policy == "Local" else "trafficDistribution"
    return (
        f"leads to those of its {len(view.pods)} pods that are near the generator ({by}): ask a "
        "Service of the same selector without it"
    )


def _why_unsettled(variant: ResolvedVariant, view: ServiceView) -> str:
    """Return why a load would meet it in mid-change; it is waited for."""
    if not any(each.endpoints for each in view.slices):
        return "has no endpoints: is a pod of it running?"
    if late := next((pod for pod in view.pods if pod.deleting or not pod.ready), None):
        state = "on its way out" if late.deleting else "not ready"
        return f"is not settled: its pod {late.name} is {state}"
    if variant.is_metered_as_one and len(view.pods) != 1:
        return (
            f"has {len(view.pods)} pods, of which instrumentsPort or metrics would reach any: "
            "leave it out, or ask a Service of one pod"
        )
    return ""
