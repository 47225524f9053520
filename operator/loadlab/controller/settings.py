"""Settings of the operator, from the environment that the chart sets; read once, in main."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from loadlab.base.models import first_fault
from loadlab.kube.lease import LeaseName
from loadlab.model.k6_outputs import K6Outputs
from loadlab.plan import Images

DEFAULT_IMAGES = {
    "SERVICES": "loadlab/services:0.1.0",
    "K6": "loadlab/k6:0.1.0",
    "GENERATORS": "loadlab/generators:0.1.0",
    "POSTGRES": "postgres:15",
    "REDIS": "redis:7",
    "RABBITMQ": "rabbitmq:3",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator needs to know about its surroundings."""

    images: Images
    lease: LeaseName
    namespaces: tuple[str, ...] = ()  # none: all of the cluster
    health_port: int = 8080
    metrics_port: int | None = None  # None: nobody is told
    pod_ip: str = ""  # of which family the pod's address is, its cluster decides

    @property
    def watched(self) -> tuple[str | None, ...]:
        """The namespaces to watch; (None,) for all."""
        return self.namespaces or (None,)

    @property
    def listen_on(self) -> str:
        """All addresses of the family that the kubelet's probes come by."""
        return "::" if ":" in self.pod_ip else "0.0.0.0"  # noqa: S104 (the pod's own address)

    @property
    def liveness_endpoint(self) -> str:
        """Where Kopf answers the kubelet, as a URL."""
        host = f"[{self.listen_on}]" if ":" in self.listen_on else self.listen_on
        return f"http://{host}:{self.health_port}/healthz"


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that LOADLAB_* variables give."""
    images = {
        name.lower(): environment.get(f"LOADLAB_IMAGE_{name}", default)
        for name, default in DEFAULT_IMAGES.items()
    }
    policy = environment.get("LOADLAB_IMAGE_PULL_POLICY", "IfNotPresent")
    return Settings(
        images=Images(
            **images,
            pull_policy=policy,
            allowed_hosts=_words(environment.get("LOADLAB_ALLOWED_HOSTS", "")),
            pull_secrets=_words(environment.get("LOADLAB_IMAGE_PULL_SECRETS", "")),
            k6_outputs=_k6_outputs(environment.get("LOADLAB_K6_OUTPUTS") or "{}"),
        ),
        lease=LeaseName(
            environment.get("LOADLAB_LEASE_NAMESPACE", "loadlab-system"),
            environment.get("LOADLAB_LEASE_NAME", "loadlab"),
            environment.get("LOADLAB_IDENTITY") or _identity(),
        ),
        namespaces=_words(environment.get("LOADLAB_WATCH_NAMESPACES", "")),
        health_port=int(environment.get("LOADLAB_HEALTH_PORT", "8080")),
        metrics_port=int(environment.get("LOADLAB_METRICS_PORT") or 0) or None,
        pod_ip=environment.get("LOADLAB_POD_IP", ""),
    )


def _identity() -> str:
    """Name this process: a pod's container that is started again is the same, and goes on at once.

    Its process always has the number 1, and no other pod has its host name.
    """
    return f"{socket.gethostname()}_{os.getpid()}"


def _k6_outputs(text: str) -> K6Outputs:
    """Return what the chart's k6Outputs says.

    Raises:
        ValueError: names the value that is wrong, and nothing of what stands there.
    """
    try:
        return K6Outputs.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(f"k6Outputs of the chart: {first_fault(error)}") from None


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split() if word)
