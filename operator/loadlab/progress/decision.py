"""What a pass decides to do: small frozen actions, a new status, and when to requeue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loadlab.measurement.ran_as import RanAs
from loadlab.model.status import LoadExperimentStatus, LoadTrialStatus
from loadlab.model.status.conditions import Reason
from loadlab.plan import PlannedTrial
from loadlab.progress.evidence import Witness
from loadlab.progress.observed import Reference

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EnsureCredentials:
    """Create the Secret with fresh passwords and a fresh token unless it is there."""

    name: str


@dataclass(frozen=True, slots=True)
class Ensure:
    """Create manifests in order; what is there and the experiment's own stays as it is."""

    manifests: tuple[Manifest, ...]


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete children that were observed, and no others of their names."""

    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class RecordTrial:
    """Write the status of a LoadTrial."""

    name: str
    status: LoadTrialStatus


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt does not count."""

    reason: Reason
    message: str
    ends_experiment: bool = False  # whatever the reason: here another attempt is of no use
    ends_if_repeated: bool = False  # where no attempt of the trial came to anything else


@dataclass(frozen=True, slots=True)
class Collect:
    """Read the logs of a run's generator pods and write the result into the LoadTrial."""

    trial: PlannedTrial
    status: LoadTrialStatus
    pods: tuple[str, ...]
    disturbance: Failure | None = None
    ran: Mapping[str, RanAs] = field(default_factory=dict)  # what the components were
    generator_end: Failure | None = None  # says more than a missing document does
    witnesses: tuple[Witness, ...] = ()  # read where the result does not count
    has_served: bool = False  # under a load, in an attempt or a trial before this one
    unready: tuple[str, ...] = ()  # what pods of service and worker still wait for


@dataclass(frozen=True, slots=True)
class CollectEvidence:
    """Read what pods said last, before they are deleted, and write it into the LoadTrial.

    The verdict goes with it: whoever finds the one finds the other, also after a restart.
    """

    name: str
    status: LoadTrialStatus
    witnesses: tuple[Witness, ...]


@dataclass(frozen=True, slots=True)
class Announce:
    """Post a Kubernetes Event about the experiment."""

    reason: Reason
    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class DeleteExperiment:
    """Delete the experiment itself: its time to live is over."""


ClusterAction = EnsureCredentials | Ensure | Remove | RecordTrial | Announce | DeleteExperiment
Action = ClusterAction | Collect | CollectEvidence


@dataclass(frozen=True, slots=True)
class Decision:
    """Actions to take in order, the status to write after them, seconds until the next pass."""

    status: LoadExperimentStatus
    actions: tuple[Action, ...] = ()
    requeue_after: float | None = None
