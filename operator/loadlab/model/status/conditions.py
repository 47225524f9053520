"""Conditions: their types, reasons and the rule by which they change (KEP-1623)."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from loadlab.base.models import ObservedModel


class ConditionType(StrEnum):
    """What a condition speaks of. True means it holds, Unknown that it is not decided yet."""

    ACCEPTED = "Accepted"
    INFRASTRUCTURE_READY = "InfrastructureReady"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    FINISHED = "Finished"
    COMPLETE = "Complete"
    FAILED = "Failed"
    CRITERIA_MET = "CriteriaMet"
    VALID = "Valid"
    QUIET = "Quiet"
    TRUSTWORTHY = "Trustworthy"


class Truth(StrEnum):
    """Status of a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Reason(StrEnum):
    """Why a condition, a trial or an event is as it is."""

    ACCEPTED = "Accepted"
    INVALID_SPEC = "InvalidSpec"
    TOO_MANY_TRIALS = "TooManyTrials"
    NO_TRIALS = "NoTrials"
    POOL_TOO_LARGE = "PoolTooLarge"
    TOO_FEW_REQUESTS = "TooFewRequests"
    INVALID_CRITERION = "InvalidCriterion"
    INVALID_EXPECTATION = "InvalidExpectation"
    INVALID_BASELINE = "InvalidBaseline"
    NAME_TOO_LONG = "NameTooLong"
    INVALID_NAME = "InvalidName"
    QUEUED = "Queued"
    SUSPENDED = "Suspended"
    PREPARING = "Preparing"
    PREPARED = "Prepared"
    RUNNING = "Running"
    COMPLETED = "Completed"
    TERMINATED = "Terminated"
    SUPERSEDED = "Superseded"
    # What held an experiment up, or what it went on after.
    RECONCILE_FAILED = "ReconcileFailed"
    NOT_CLEARED = "NotCleared"
    REQUEST_REFUSED = "RequestRefused"
    NOT_ANSWERED = "NotAnswered"
    RESUMED = "Resumed"
    # Why something did not become ready, or was lost.
    IMAGE_PULL_FAILED = "ImagePullFailed"
    CRASH_LOOP = "CrashLoop"
    UNSCHEDULABLE = "Unschedulable"
    OUT_OF_MEMORY = "OutOfMemory"
    NO_LONGER_FITS = "NoLongerFits"
    NO_OWN_CPUS = "NoOwnCpus"
    CREATION_REFUSED = "CreationRefused"
    QUOTA_EXCEEDED = "QuotaExceeded"
    ADMISSION_DENIED = "AdmissionDenied"
    NEVER_READY = "NeverReady"
    DATASET_FAILED = "DatasetFailed"
    PREPARATION_FAILED = "PreparationFailed"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    INFRASTRUCTURE_LOST = "InfrastructureLost"
    GENERATOR_LOST = "GeneratorLost"
    SCRIPT_FAILED = "ScriptFailed"
    SERVICE_RESTARTED = "ServiceRestarted"
    SERVICE_CRASHED = "ServiceCrashed"
    SERVICE_UNFIT = "ServiceUnfit"
    SERVICE_CHANGED = "ServiceChanged"
    INPUTS_CHANGED = "InputsChanged"
    STORE_RESTARTED = "StoreRestarted"
    FOREIGN_POD = "ForeignPod"
    RESULT_INVALID = "ResultInvalid"
    FOREIGN_CPU = "ForeignCpu"
    NOT_QUIET = "NotQuiet"
    FEW_SPOILED = "FewSpoiled"
    NONE_SPOILED = "NoneSpoiled"
    NOISE_FLOOR_LOW = "NoiseFloorLow"
    NOISE_FLOOR_HIGH = "NoiseFloorHigh"
    NOISE_FLOOR_UNKNOWN = "NoiseFloorUnknown"
    SAME_CELL_DIFFERS = "SameCellDiffers"
    NO_RESULT = "NoResult"
    PILOTS_FAILED = "PilotsFailed"
    RATES_CHOSEN = "RatesChosen"
    REPLICATES_CHOSEN = "ReplicatesChosen"
    SEARCH_GOES_ON = "SearchGoesOn"
    TRIAL_STARTED = "TrialStarted"
    TRIAL_FINISHED = "TrialFinished"
    CRITERIA_PASSED = "CriteriaPassed"
    CRITERIA_FAILED = "CriteriaFailed"
    CRITERIA_INCONCLUSIVE = "CriteriaInconclusive"
    ALL_VALID = "AllValid"
    SOME_SUSPECT = "SomeSuspect"
    SOME_INVALID = "SomeInvalid"


class Condition(ObservedModel):
    """One observation about the resource, in the API conventions' shape."""

    type: ConditionType | str = Field(max_length=60, description="What the condition speaks of.")
    status: Truth = Field(description="True, False or Unknown.")
    reason: str = Field(max_length=60, description="One word for programs.")
    message: str = Field(default="", max_length=2000, description="One sentence for people.")
    last_transition_time: str = Field(description="When the status last changed (RFC 3339).")
    observed_generation: int = Field(default=0, description="Generation of the spec it speaks of.")


def find(conditions: Iterable[Condition], type_: ConditionType) -> Condition | None:
    """Return the condition of a type, or None."""
    return next((c for c in conditions if c.type == type_), None)


def is_true(conditions: Iterable[Condition], type_: ConditionType) -> bool:
    """Whether the condition of a type is there and True."""
    condition = find(conditions, type_)
    return condition is not None and condition.status is Truth.TRUE


def with_condition(conditions: tuple[Condition, ...], changed: Condition) -> tuple[Condition, ...]:
    """Return the conditions with one set; an unchanged status keeps its transition time."""
    former = find(conditions, ConditionType(changed.type))
    if former is None:
        return (*conditions, changed)
    if former.status is changed.status:
        changed = changed.model_copy(update={"last_transition_time": former.last_transition_time})
    return tuple(changed if c is former else c for c in conditions)
