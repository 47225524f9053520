"""The cluster of the user's own kubeconfig: checked, never changed."""

import os
from collections.abc import Mapping

from loadlab_cluster.commands import read_output, succeeds
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.handout import Access, in_shell, write_handout
from loadlab_cluster.images import STORES
from loadlab_cluster.kubectl import find_kubectl
from loadlab_cluster.own_image import OwnImage
from loadlab_cluster.settings import Settings
from loadlab_cluster.terminal import say

IMAGES = """\
  LoadLab builds nothing here. The cluster must be able to pull:
    operator, services, k6, and generators for wrk, hey and Locust
      from a registry of yours: docker build --target NAME, docker push
    postgres:{postgres}, redis:{redis}, rabbitmq:{rabbitmq}     or others of yours
  Name all seven in the chart's values (images.*)."""


class CurrentCluster:
    """Only asks whether the context answers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def programs(self) -> Mapping[str, str]:
        """Nothing is started or built here."""
        return {}

    def up(self) -> None:
        if os.environ.get("KUBECONFIG") == str(self._settings.kubeconfig):
            raise ClusterError(
                "this shell's KUBECONFIG is that of the cluster which `make up` made: "
                "loadlab_deactivate first, or leave CLUSTER=current away"
            )
        if not self.is_ready():
            raise ClusterError(
                f"{self.describe()[0]}; no API server answers there within 5 s: "
                "kubectl config get-contexts, kubectl cluster-info"
            )
        say(f"✓ {self.describe()[0]}")
        kubectl = in_shell(find_kubectl(self._settings))
        access = Access(
            "current", "your kubeconfig's current context", kubectl, own_kubeconfig=False
        )
        write_handout(self._settings, access)

    def down(self) -> None:
        say("the current context is yours: nothing is taken down")

    def images(self) -> None:
        versions = self._settings.versions
        say(IMAGES.format(**{store: versions[store.upper()] for store in STORES}))

    def image(self, own: OwnImage) -> None:
        raise ClusterError(
            f"nothing is built for the current context: docker build --tag REGISTRY/{own.name} "
            f"{own.folder}, docker push it, and name it in the variant's `image`"
        )

    def load(self, archive: str) -> None:
        raise ClusterError(f"{archive} cannot be loaded into the current context: push its images")

    def is_ready(self) -> bool:
        kubectl = find_kubectl(self._settings)
        return succeeds([*kubectl, "get", "--raw", "/readyz", "--request-timeout=5s"])

    def describe(self) -> list[str]:
        asked = [*find_kubectl(self._settings), "config", "current-context"]
        if not succeeds(asked):
            return ["your kubeconfig has no current context: kubectl config use-context NAME"]
        return [f"current context: {read_output(asked).strip()}"]
