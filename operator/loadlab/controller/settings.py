"""Settings of the operator, from the environment that the chart sets; read once, in main."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from loadlab.kube.lease import LeaseName
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

    @property
    def watched(self) -> tuple[str | None, ...]:
        """The namespaces to watch; (None,) for all."""
        return self.namespaces or (None,)


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
        ),
        lease=LeaseName(
            environment.get("LOADLAB_LEASE_NAMESPACE", "loadlab-system"),
            environment.get("LOADLAB_LEASE_NAME", "loadlab"),
            environment.get("LOADLAB_IDENTITY") or _identity(),
        ),
        namespaces=_words(environment.get("LOADLAB_WATCH_NAMESPACES", "")),
        health_port=int(environment.get("LOADLAB_HEALTH_PORT", "8080")),
        metrics_port=int(environment.get("LOADLAB_METRICS_PORT") or 0) or None,
    )


def _identity() -> str:
    """Name this process: a pod's container that is started again is the same, and goes on at once.

    Its process always has the number 1, and no other pod has its host name.
    """
    return f"{socket.gethostname()}_{os.getpid()}"


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split() if word)
