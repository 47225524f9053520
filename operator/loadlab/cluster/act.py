"""Act: carry out the small actions of a decision, in order. Each may be repeated safely."""

import secrets
from dataclasses import dataclass
from typing import assert_never

from loadlab.cluster.api import Cluster, Kind, Manifest, kind_of
from loadlab.model.names import API_VERSION, FIELD_MANAGER, STORES, experiment_labels
from loadlab.model.resources import Experiment
from loadlab.model.times import rfc3339
from loadlab.progress.decision import (
    Action,
    Announce,
    Apply,
    DeleteExperiment,
    EnsureStoresSecret,
    RecordTrial,
    Remove,
)

# What shows that a run or an experiment is still there goes last, so that a removal which was
# cut short is seen and finished by the next pass.
REMOVED_FIRST = (Kind.SERVICE, Kind.SECRET)


@dataclass(frozen=True, slots=True)
class Actor:
    """Carries out actions for one experiment."""

    cluster: Cluster
    experiment: Experiment
    now: float

    @property
    def _namespace(self) -> str:
        return self.experiment.metadata.namespace

    async def act(self, action: Action) -> None:
        """Carry out one action.

        Raises:
            ClusterError: the API server refused or did not answer.
        """
        match action:
            case Apply(manifests):
                for manifest in manifests:
                    await self._apply(manifest)
            case Remove(manifests):
                await self._remove(manifests)
            case RecordTrial(name, status):
                patch = status.dump()
                await self.cluster.patch_status(Kind.TRIAL, self._namespace, name, patch)
            case EnsureStoresSecret(name):
                await self.cluster.create(self._stores_secret(name))
            case Announce(_, _, _):
                await self.cluster.create(self._event(action))
            case DeleteExperiment():
                name = self.experiment.metadata.name
                await self.cluster.delete(Kind.EXPERIMENT, self._namespace, name)
            case _:
                assert_never(action)  # type: ignore[arg-type]  # Collect is the controller's

    async def _apply(self, manifest: Manifest) -> None:
        if kind_of(manifest) is Kind.JOB:
            await self.cluster.create(manifest)
        else:
            await self.cluster.apply(manifest)

    async def _remove(self, manifests: tuple[Manifest, ...]) -> None:
        ordered = sorted(manifests, key=lambda m: kind_of(m) not in REMOVED_FIRST)
        for manifest in ordered:
            name = manifest["metadata"]["name"]
            await self.cluster.delete(kind_of(manifest), self._namespace, name)

    def _stores_secret(self, name: str) -> Manifest:
        passwords = {store: secrets.token_hex(16) for store in STORES}
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": name,
                "namespace": self._namespace,
                "labels": experiment_labels(self.experiment.metadata.name),
                "ownerReferences": [self.experiment.owner_reference],
            },
            "stringData": passwords,
        }

    def _event(self, announcement: Announce) -> Manifest:
        metadata = self.experiment.metadata
        moment = rfc3339(self.now)
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{metadata.name}-", "namespace": metadata.namespace},
            "involvedObject": {
                "apiVersion": API_VERSION,
                "kind": "LoadExperiment",
                "name": metadata.name,
                "namespace": metadata.namespace,
                "uid": metadata.uid,
            },
            "reason": announcement.reason.value,
            "message": announcement.message,
            "type": "Warning" if announcement.warning else "Normal",
            "source": {"component": FIELD_MANAGER},
            "firstTimestamp": moment,
            "lastTimestamp": moment,
            "count": 1,
        }
