"""The two resources as read from the API server."""

from typing import Any

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.names import API_VERSION, children_name, credentials_secret, experiment_labels
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.status import LoadExperimentStatus, LoadTrialStatus
from loadlab.model.trial import LoadTrialSpec


class Metadata(ObservedModel):
    """What we use of an object's metadata."""

    name: str
    namespace: str
    uid: str = ""
    resource_version: str = ""
    generation: int = 1
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None
    labels: dict[str, str] = Field(default={})


class AnyExperiment(ObservedModel):
    """A LoadExperiment, whether or not its spec can be read."""

    metadata: Metadata
    status: LoadExperimentStatus = LoadExperimentStatus()

    @property
    def children_name(self) -> str:
        """The name that those of all children begin with."""
        return children_name(self.metadata.name, self.metadata.uid)

    @property
    def labels(self) -> dict[str, str]:
        """The labels that every child carries."""
        return experiment_labels(self.metadata.name, self.metadata.uid)

    @property
    def credentials_secret(self) -> str:
        """Name of the Secret that holds the stores' passwords and the steward's token."""
        return credentials_secret(self.metadata.name, self.metadata.uid)

    @property
    def owner_reference(self) -> dict[str, Any]:
        """The ownerReference that every child carries."""
        return {
            "apiVersion": API_VERSION,
            "kind": "LoadExperiment",
            "name": self.metadata.name,
            "uid": self.metadata.uid,
            "controller": True,
            "blockOwnerDeletion": False,
        }


class Experiment(AnyExperiment):
    """A LoadExperiment whose spec is valid."""

    spec: LoadExperimentSpec


class Trial(ObservedModel):
    """A LoadTrial."""

    metadata: Metadata
    spec: LoadTrialSpec
    status: LoadTrialStatus = LoadTrialStatus()
