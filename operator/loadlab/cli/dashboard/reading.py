"""The verbs that the dashboard has: it reads with the caller's kubeconfig, and writes nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config.config_exception import ConfigException

from loadlab.cli import kubeconfig as kubeconfigs
from loadlab.kube.api import Kind, Manifest, Page
from loadlab.kube.client import ApiCluster
from loadlab.kube.errors import NotTheWriterError
from loadlab.kube.retries import ReadRetries


class Reads(Protocol):
    """What is read of a cluster; all verbs raise ClusterError and nothing else."""

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """Return an object, or None where there is none."""
        ...

    def pages(
        self, kind: Kind, namespace: str | None, labels: dict[str, str]
    ) -> AsyncIterator[Page]:
        """Yield the objects with these labels, a few at a time."""
        ...

    def outlines(
        self, kind: Kind, namespace: str | None, labels: dict[str, str]
    ) -> AsyncIterator[Page]:
        """Yield who they are alone."""
        ...

    async def list_version(self, kind: Kind, namespace: str | None) -> str:
        """Return the version from which a watch sees everything that comes."""
        ...

    def watch(
        self, kind: Kind, namespace: str | None, labels: dict[str, str], version: str
    ) -> AsyncIterator[Manifest]:
        """Yield watch events until the server ends the stream."""
        ...

    def follow_log(self, namespace: str, pod: str, container: str) -> AsyncIterator[bytes]:
        """Yield pieces of a container's log until it ends."""
        ...


@asynccontextmanager
async def connect(kubeconfig: Path | None, context: str | None) -> AsyncIterator[Reads]:
    """Yield the cluster that a kubeconfig names.

    Raises:
        CliError: there is no usable kubeconfig.
    """
    # The default of this class is a singleton with the process's settings: this makes a new one.
    configuration: Configuration = type.__call__(Configuration)
    path = str(kubeconfig) if kubeconfig else None
    try:
        loader = await config.load_kube_config(path, context, configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, *kubeconfigs.BROKEN) as error:
        raise kubeconfigs.unusable(error) from error
    configuration.retries = ReadRetries()
    renewal = asyncio.create_task(_renew_token(loader, configuration))
    try:
        async with ApiClient(configuration) as api:
            yield ApiCluster(api, permit=_never)
    finally:
        renewal.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await renewal


async def _renew_token(loader: Any, configuration: Configuration) -> None:
    """Renew a token that a program of the kubeconfig gives; without a new one requests say so."""
    with contextlib.suppress(Exception):
        await config.refresh_token(loader, configuration)  # type: ignore[no-untyped-call]


def _never(_: float) -> None:
    raise NotTheWriterError("the dashboard writes nothing")
