"""What a pass decides to do: small frozen actions, a new status, and when to look again."""

from dataclasses import dataclass
from typing import Any

from loadlab.model.conditions import Reason
from loadlab.model.status import LoadExperimentStatus
from loadlab.model.trial import LoadTrialStatus
from loadlab.plan import PlannedTrial

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EnsureStoresSecret:
    """Create the stores' Secret with fresh passwords unless it is there."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """Apply manifests in order; a Job that is there stays as it is."""

    manifests: tuple[Manifest, ...]


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete what the manifests name, in an order whose last part shows that all is gone."""

    manifests: tuple[Manifest, ...]


@dataclass(frozen=True, slots=True)
class RecordTrial:
    """Write the status of a LoadTrial."""

    name: str
    status: LoadTrialStatus


@dataclass(frozen=True, slots=True)
class Setback:
    """Why an attempt does not count."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Collect:
    """Read the logs of a run's generator pods and write the result into the LoadTrial."""

    trial: PlannedTrial
    status: LoadTrialStatus
    pods: tuple[str, ...]
    disturbance: Setback | None = None


@dataclass(frozen=True, slots=True)
class Announce:
    """Post a Kubernetes Event about the experiment."""

    reason: Reason
    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class DeleteExperiment:
    """Delete the experiment itself: its time to live is over."""


Action = EnsureStoresSecret | Apply | Remove | RecordTrial | Collect | Announce | DeleteExperiment


@dataclass(frozen=True, slots=True)
class Decision:
    """Actions to take in order, the status to write after them, seconds until the next look."""

    status: LoadExperimentStatus
    actions: tuple[Action, ...] = ()
    requeue_after: float | None = None
