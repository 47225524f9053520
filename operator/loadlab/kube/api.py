"""The seam between the operator and a cluster: kinds, and the verbs it uses on them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from loadlab.base.names import API_VERSION

Manifest = dict[str, Any]
Page = list[Manifest]
Labels = Mapping[str, str | tuple[str, ...]]  # of several values any


@dataclass(frozen=True, slots=True)
class Resource:
    """Where the objects of a kind live in the API."""

    api_version: str
    plural: str
    word: str  # in a manifest

    def path(self, namespace: str | None, name: str = "", subresource: str = "") -> str:
        """Return the URL path of a collection or an object."""
        root = "/api" if "/" not in self.api_version else "/apis"
        place = f"/namespaces/{namespace}" if namespace else ""
        tail = "".join(f"/{part}" for part in (name, subresource) if part)
        return f"{root}/{self.api_version}{place}/{self.plural}{tail}"


class Kind(Enum):
    """The kinds that the operator reads or writes."""

    NODE = Resource("v1", "nodes", "Node")
    POD = Resource("v1", "pods", "Pod")
    SERVICE = Resource("v1", "services", "Service")
    ENDPOINT_SLICE = Resource("discovery.k8s.io/v1", "endpointslices", "EndpointSlice")
    SERVICE_ACCOUNT = Resource("v1", "serviceaccounts", "ServiceAccount")
    SECRET = Resource("v1", "secrets", "Secret")
    CONFIG_MAP = Resource("v1", "configmaps", "ConfigMap")
    EVENT = Resource("v1", "events", "Event")
    DEPLOYMENT = Resource("apps/v1", "deployments", "Deployment")
    REPLICA_SET = Resource("apps/v1", "replicasets", "ReplicaSet")
    STATEFUL_SET = Resource("apps/v1", "statefulsets", "StatefulSet")
    JOB = Resource("batch/v1", "jobs", "Job")
    NETWORK_POLICY = Resource("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy")
    EXPERIMENT = Resource(API_VERSION, "loadexperiments", "LoadExperiment")
    TRIAL = Resource(API_VERSION, "loadtrials", "LoadTrial")
    LEASE = Resource("coordination.k8s.io/v1", "leases", "Lease")


@dataclass(frozen=True, slots=True)
class Version:
    """Which object was read, and in which state: a write to any other is refused."""

    uid: str = ""
    resource_version: str = ""  # none: whatever is there

    def dump(self) -> Manifest:
        """Return what a write carries of it."""
        if not self.resource_version:
            return {}
        return {"uid": self.uid, "resourceVersion": self.resource_version}


def version_of(item: Manifest) -> Version:
    """Return the version in which an object was read."""
    metadata = item.get("metadata") or {}
    return Version(metadata.get("uid") or "", metadata.get("resourceVersion") or "")


_BY_WORD = {kind.value.word: kind for kind in Kind}


def kind_of(manifest: Manifest) -> Kind:
    """Return the kind of a manifest."""
    return kind_named(manifest["kind"])


def kind_named(word: str) -> Kind:
    """Return the kind that manifests call by a word."""
    return _BY_WORD[word]


class Cluster(Protocol):
    """A Kubernetes cluster. All verbs raise ClusterError and nothing else."""

    async def get(
        self, kind: Kind, namespace: str, name: str, *, bare: bool = False
    ) -> Manifest | None:
        """Return an object, or None where there is none; a bare one has nothing but metadata.

        Of what is too long, but for our own kinds, there is only who and whose it is.
        """
        ...

    async def list(self, kind: Kind, namespace: str | None, labels: Labels) -> list[Manifest]:
        """Return the objects with these labels; of all namespaces where none is given.

        Of what is too long, alone or together, there is only who and whose it is.
        """
        ...

    def pages(self, kind: Kind, namespace: str | None, labels: Labels) -> AsyncIterator[Page]:
        """Yield the same objects a few at a time, for those that are large or many."""
        ...

    async def create(self, manifest: Manifest) -> Manifest | None:
        """Create and return an object; None where one of its name is there already."""
        ...

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        """Delete an object and, in the background, what it owns.

        One that is gone is fine, and so is another of its name, which stays as it is.
        """
        ...

    async def patch_status(
        self, kind: Kind, namespace: str, name: str, patch: Manifest, version: Version
    ) -> Version:
        """Merge a patch into the status of the object that was read; return its new version.

        One gone meanwhile is fine. One that has changed since is UnavailableError: read it again.
        """
        ...

    async def logs(self, namespace: str, pod: str, container: str, token: str) -> str | None:
        """Return what a generator's log holds for us, or None where there is no log any more."""
        ...

    async def why_no_pod(self, namespace: str, uid: str) -> str:
        """Return why an object's latest pod could not be created, as its events say; else empty."""
        ...

    async def why_not_mounted(self, namespace: str, uid: str) -> tuple[str, ...]:
        """Return what a pod's events say of volumes that could not be mounted, the latest first."""
        ...

    async def last_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool
    ) -> tuple[str, ...]:
        """Return the last lines of a container's log, or of the one's before it was restarted.

        Lines by which a generator reports to us are left out.
        """
        ...

    async def version(self) -> str:
        """Return the version of the API server."""
        ...
