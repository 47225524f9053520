"""Services that run already: read, and never written to."""

import asyncio
import json
from typing import Any

from loadlab.base.names import GROUP
from loadlab.base.text import plain
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.model.resources import AnyExperiment, Experiment
from loadlab.model.status import Phase
from loadlab.progress.asked_service import ServedPod, ServiceView, Slice, digest

OF_SERVICE = "kubernetes.io/service-name"
MADE_BY = "endpointslice.kubernetes.io/managed-by"


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
        deleting=bool(metadata.get("deletionTimestamp")),
        of_an_experiment=_is_of_an_experiment(metadata),
        slices=tuple(_view_slice(each) for each in slices),
        pods=tuple(_view_pod(pod) for pod in living),
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
    )


def _pod_of(endpoint: Manifest) -> str:
    target = endpoint.get("targetRef") or {}
    return str(target.get("uid") or "") if target.get("kind") == "Pod" else ""


def _view_pod(pod: Manifest) -> ServedPod:
    metadata, spec, status = pod["metadata"], pod.get("spec") or {}, pod.get("status") or {}
    containers: list[dict[str, Any]] = spec.get("containers") or [{}]
    conditions = status.get("conditions") or ()
    return ServedPod(
        name=metadata["name"],
        uid=metadata.get("uid") or "",
        addresses=frozenset(each.get("ip", "") for each in status.get("podIPs") or ()),
        restarts=sum(
            each.get("restartCount") or 0 for each in status.get("containerStatuses") or ()
        ),
        ready=any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions),
        node=spec.get("nodeName") or "",
        image=plain(str(containers[0].get("image") or "")),
        deleting=bool(metadata.get("deletionTimestamp")),
        on_host=bool(spec.get("hostNetwork")),
        of_an_experiment=_is_of_an_experiment(metadata),
        is_outline=not spec,
    )


def _has_ended(pod: Manifest) -> bool:
    return (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}


def _is_of_an_experiment(metadata: Manifest) -> bool:
    return any(key.startswith(f"{GROUP}/") for key in metadata.get("labels") or ())
