"""Services that run already: read, and never written to."""

import asyncio
import json
from collections.abc import Iterable, Iterator

from loadlab.base.names import GROUP
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.containers import view_containers
from loadlab.model.resources import AnyExperiment, Experiment
from loadlab.model.status import Phase
from loadlab.model.status.served import ServedContainer
from loadlab.progress.asked_service import ServedPod, ServiceView, Slice, digest
from loadlab.progress.observed import ContainerKind, ContainerView

OF_SERVICE = "kubernetes.io/service-name"
MADE_BY = "endpointslice.kubernetes.io/managed-by"
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"  # annotation of a pod


async def read_asked_services(
    cluster: Cluster, experiment: AnyExperiment
) -> tuple[ServiceView, ...]:
    """Return the running Services that an experiment names, while it runs; none otherwise."""
    if not isinstance(experiment, Experiment) or experiment.status.phase is not Phase.RUNNING:
        return ()
    given = [variant.service for variant in experiment.spec.variants]
    names = sorted({service.name for service in given if service})
    namespace = experiment.metadata.namespace
    return tuple([await _read(cluster, namespace, name) for name in names])


async def _read(cluster: Cluster, namespace: str, name: str) -> ServiceView:
    found = await cluster.get(Kind.SERVICE, namespace, name)
    if found is None:
        return ServiceView(name=name)
    selector = (found.get("spec") or {}).get("selector") or {}
    if not selector:  # an empty one would list the whole namespace
        return view_service(name, found, [], [])
    slices, pods = await asyncio.gather(
        cluster.list(Kind.ENDPOINT_SLICE, namespace, {OF_SERVICE: name}),
        cluster.list(Kind.POD, namespace, selector),
    )
    return view_service(name, found, slices, pods)


def view_service(
    name: str, service: Manifest, slices: list[Manifest], pods: list[Manifest]
) -> ServiceView:
    """Return what decides about a Service, its EndpointSlices and the pods that it selects."""
    metadata, spec = service["metadata"], service.get("spec") or {}
    ports = [port for port in spec.get("ports") or () if port.get("protocol", "TCP") == "TCP"]
    living = [pod for pod in pods if not _has_ended(pod)]
    return ServiceView(
        name=name,
        uid=metadata.get("uid") or "",
        type=spec.get("type") or "ClusterIP",
        cluster_ip=spec.get("clusterIP") or "",
        selector=tuple(sorted((spec.get("selector") or {}).items())),
        ports=tuple(sorted(port["port"] for port in ports)),
        spec=digest(json.dumps(spec, sort_keys=True)),
        affinity=spec.get("sessionAffinity") or "None",
        internal_policy=spec.get("internalTrafficPolicy") or "Cluster",
        deleting=bool(metadata.get("deletionTimestamp")),
        of_an_experiment=_is_of_an_experiment(metadata),
        slices=tuple(_view_slice(each) for each in slices),
        pods=tuple(_view_pod(pod, ports) for pod in living),
    )


def _view_slice(item: Manifest) -> Slice:
    metadata = item["metadata"]
    return Slice(
        name=metadata["name"],
        version=f"{metadata.get('uid')}/{metadata.get('generation')}",
        maker=str((metadata.get("labels") or {}).get(MADE_BY, "")),
        endpoints=tuple(
            (_pod_of(endpoint), frozenset(endpoint.get("addresses") or ()))
            for endpoint in item.get("endpoints") or ()
        ),
        near=frozenset(
            json.dumps(endpoint.get("hints") or {}, sort_keys=True)
            for endpoint in item.get("endpoints") or ()
        ),
    )


def _pod_of(endpoint: Manifest) -> str:
    target = endpoint.get("targetRef") or {}
    return str(target.get("uid") or "") if target.get("kind") == "Pod" else ""


def _view_pod(pod: Manifest, ports: list[Manifest]) -> ServedPod:
    metadata, spec, status = pod["metadata"], pod.get("spec") or {}, pod.get("status") or {}
    containers = [] if not spec else _that_stay(view_containers(pod, ""))
    conditions = status.get("conditions") or ()
    return ServedPod(
        name=metadata["name"],
        uid=metadata.get("uid") or "",
        addresses=frozenset(each.get("ip", "") for each in status.get("podIPs") or ()),
        restarts=sum(each.restarts for each in containers),
        ready=any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions),
        node=spec.get("nodeName") or "",
        containers=tuple(map(_served, containers)),
        behind=tuple((port["port"], _container_behind(port, pod)) for port in ports),
        deleting=bool(metadata.get("deletionTimestamp")),
        on_host=bool(spec.get("hostNetwork")),
        of_an_experiment=_is_of_an_experiment(metadata),
        is_outline=not spec,
    )


def _that_stay(containers: Iterable[ContainerView]) -> list[ContainerView]:
    """Leave out those that ran to their end before the others began."""
    return [each for each in containers if each.kind is not ContainerKind.INIT]


def _served(container: ContainerView) -> ServedContainer:
    amounts = container.resources
    return ServedContainer(
        name=container.name,
        image=container.image,
        image_id=container.image_id,
        cpu_limit=amounts.cpu_limit,
        cpu_request=amounts.cpu_request,
        memory_limit=None if amounts.memory_limit is None else int(amounts.memory_limit),
        memory_request=None if amounts.memory_request is None else int(amounts.memory_request),
    )


def _container_behind(port: Manifest, pod: Manifest) -> str:
    """Return the name of the container that a port of a Service leads to.

    A container need not name its ports. Then it is the one that kubectl takes, or the first.
    """
    wanted = port.get("targetPort") or port["port"]
    containers: list[Manifest] = (pod.get("spec") or {}).get("containers") or []
    told = (each["name"] for each in containers if wanted in _ports(each))
    annotated = (pod["metadata"].get("annotations") or {}).get(DEFAULT_CONTAINER, "")
    names = [each["name"] for each in containers]
    usual = annotated if annotated in names else next(iter(names), "")
    return next(told, usual)


def _ports(container: Manifest) -> Iterator[int | str]:
    for port in container.get("ports") or ():
        yield from (port[key] for key in ("containerPort", "name") if key in port)


def _has_ended(pod: Manifest) -> bool:
    return (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}


def _is_of_an_experiment(metadata: Manifest) -> bool:
    return any(key.startswith(f"{GROUP}/") for key in metadata.get("labels") or ())
