"""Act: carry out the small actions of a decision, in order. Each may be repeated safely."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

import structlog

from loadlab.base.names import API_VERSION, DIGESTS, FIELD_MANAGER, STORES, Component
from loadlab.base.text import fit
from loadlab.base.times import rfc3339
from loadlab.kube.api import (
    Cluster,
    Kind,
    Manifest,
    Version,
    kind_named,
    kind_of,
    version_of,
)
from loadlab.kube.chain import MAKER_KINDS
from loadlab.kube.errors import (
    ClusterError,
    CreationRefusedError,
    ForeignObjectError,
    MalformedError,
    NotTheWriterError,
    RefusedError,
    UnavailableError,
)
from loadlab.kube.lent import why_not_lent
from loadlab.kube.ownership import is_controlled_by
from loadlab.model.resources import AnyExperiment
from loadlab.progress.clearing import NOT_DELETED
from loadlab.progress.decision import (
    Announce,
    ClusterAction,
    DeleteExperiment,
    Ensure,
    EnsureCredentials,
    RecordTrial,
    Remove,
)
from loadlab.progress.observed import Observed, Reference
from loadlab.progress.refused_creation import is_of_admission

EVENT_MESSAGE = 1000  # characters; events.k8s.io takes 1,024 bytes of a note, and we write English
MOST_UNANSWERED = 3  # deletions a pass, each of which may have taken its time-out of 10 s
CLEARED_KINDS = (Kind.SERVICE, *MAKER_KINDS)
log = structlog.get_logger()


def versions_seen(observed: Observed) -> dict[str, Version]:
    """Return by name the versions in which LoadTrials were read."""
    seen = {name: trial.metadata for name, trial in observed.trials.items()}
    return {name: Version(each.uid, each.resource_version) for name, each in seen.items()}


@dataclass(frozen=True, slots=True)
class Actor:
    """Carries out actions for one experiment.

    `trials` holds the versions in which LoadTrials were read: no other is written to. `kept` says
    what the API server does not let go, and why; `there` what makes pods, or leads to them.
    """

    cluster: Cluster
    experiment: AnyExperiment
    now: float
    trials: dict[str, Version] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    there: list[Reference] = field(default_factory=list)

    @property
    def _namespace(self) -> str:
        return self.experiment.metadata.namespace

    async def act(self, action: ClusterAction) -> None:
        """Carry out one action.

        Raises:
            ForeignObjectError: the name of a child is taken by somebody else's object.
            MalformedError: a child can never be created as it is.
            CreationRefusedError: a child can't be created as things are.
            ClusterError: the API server refused or did not answer.
        """
        match action:
            case Ensure(manifests):
                await self._ensure(manifests)
            case Remove(references):
                await self._delete(*references)
            case RecordTrial(name, status):
                self.trials[name] = await self.cluster.patch_status(
                    Kind.TRIAL, self._namespace, name, status.dump(), self._version(name)
                )
            case EnsureCredentials(name):
                await self._create(self._credentials(name))
            case Announce(_, _, _):
                await self._announce(action)
            case DeleteExperiment():
                metadata = self.experiment.metadata
                await self._delete(Reference("LoadExperiment", metadata.name, metadata.uid))
            case _:
                assert_never(action)

    async def _announce(self, announcement: Announce) -> None:
        """Post an Event; where a namespace takes none, the status alone says it."""
        try:
            await self.cluster.create(self._event(announcement))
        except RefusedError as error:
            log.info("no event", experiment=self.experiment.metadata.name, error=str(error))

    async def _delete(self, *references: Reference) -> None:
        silent = 0
        for one in references:
            try:
                await self.cluster.delete(kind_named(one.kind), self._namespace, one.name, one.uid)
            except NotTheWriterError:
                raise
            except ClusterError as error:  # a policy, a webhook that is down: the rest may go
                self.kept.append(f"{one.kind} {one.name} {NOT_DELETED}: {error}")
                silent += isinstance(error, UnavailableError)
                if silent == MOST_UNANSWERED:
                    return

    async def _ensure(self, manifests: Iterable[Manifest]) -> None:
        for manifest in manifests:
            made = await self._create(manifest)
            there = made or await self._find_ours(manifest)
            kind, metadata = kind_of(manifest), there["metadata"]
            if kind in CLEARED_KINDS:
                self.there.append(Reference(kind.value.word, metadata["name"], metadata["uid"]))
            if kind is Kind.TRIAL:
                # In the version that was observed, if it was: that is what was decided about.
                self.trials.setdefault(manifest["metadata"]["name"], version_of(there))

    async def _create(self, manifest: Manifest) -> Manifest | None:
        what = f"{manifest['kind']} {manifest['metadata']['name']}"
        if denied := await why_not_lent(self.cluster, manifest):
            raise CreationRefusedError(what, denied)
        try:
            return await self.cluster.create(manifest)
        except RefusedError as error:
            if isinstance(error, MalformedError) and not is_of_admission(str(error)):
                raise
            raise CreationRefusedError(what, str(error)) from error

    def _version(self, name: str) -> Version:
        return self.trials.get(name, Version())

    async def _find_ours(self, manifest: Manifest) -> Manifest:
        kind, name = kind_of(manifest), manifest["metadata"]["name"]
        found = await self.cluster.get(kind, self._namespace, name, bare=True)
        if found is not None and not is_controlled_by(found, self.experiment.metadata.uid):
            message = (
                f"{kind.value.word} {name} is there already and not this experiment's; it was left "
                "as it is. Delete it, or create the experiment anew: its children get other names"
            )
            raise ForeignObjectError(message)
        if found is None or found["metadata"].get("deletionTimestamp"):
            raise UnavailableError(f"create {kind.value.word} {name}: its former is still deleted")
        return found

    def _credentials(self, name: str) -> Manifest:
        keys = (*(part.value for part in (*STORES, Component.STEWARD)), DIGESTS)
        fresh = {key: secrets.token_hex(16) for key in keys}
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": name,
                "namespace": self._namespace,
                "labels": self.experiment.labels,
                "ownerReferences": [self.experiment.owner_reference],
            },
            "immutable": True,  # what is there has read it: another password would fit nothing
            "stringData": fresh,
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
            "message": fit(announcement.message, EVENT_MESSAGE),
            "type": "Warning" if announcement.warning else "Normal",
            "source": {"component": FIELD_MANAGER},
            "firstTimestamp": moment,
            "lastTimestamp": moment,
            "count": 1,
        }
