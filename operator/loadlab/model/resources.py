"""The two resources as read from the API server."""

from typing import Any

from pydantic import Field

from loadlab.model.base import ObservedModel
from loadlab.model.names import API_VERSION
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.status import LoadExperimentStatus
from loadlab.model.trial import LoadTrialSpec, LoadTrialStatus


class Metadata(ObservedModel):
    """What we use of an object's metadata."""

    name: str
    namespace: str
    uid: str = ""
    generation: int = 1
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None
    labels: dict[str, str] = Field(default={})


class Experiment(ObservedModel):
    """A LoadExperiment whose spec is valid."""

    metadata: Metadata
    spec: LoadExperimentSpec
    status: LoadExperimentStatus = LoadExperimentStatus()

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


class Trial(ObservedModel):
    """A LoadTrial."""

    metadata: Metadata
    spec: LoadTrialSpec
    status: LoadTrialStatus = LoadTrialStatus()
