"""The words of validity: levels, reasons, judgement. The rules are in `validity` and `work`."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from loadlab.model.status import Validity


class ReasonKind(StrEnum):
    """Why a trial is not Valid."""

    DOCUMENT_MISSING = "DocumentMissing"
    DOCUMENT_BROKEN = "DocumentBroken"
    DOCUMENT_INCOMPLETE = "DocumentIncomplete"
    GENERATOR_FAILED = "GeneratorFailed"
    CLOCK_STEPPED = "ClockStepped"
    NO_REPLICATE = "NoReplicate"
    MEASUREMENT_UNREADABLE = "MeasurementUnreadable"
    NO_REQUESTS = "NoRequests"
    NO_SUCCESS = "NoSuccess"
    REDIRECTED = "Redirected"
    ERROR_RATE = "ErrorRate"
    UNANSWERED = "Unanswered"
    CONNECTIONS_CLOSED = "ConnectionsClosed"
    FAILURES_IN_LATENCY = "FailuresInLatency"
    OTHER_LATENCY = "OtherLatency"
    GENERATOR_SATURATED = "GeneratorSaturated"
    GENERATOR_THROTTLED = "GeneratorThrottled"
    GENERATOR_PAUSED = "GeneratorPaused"
    SENT_LATE = "SentLate"
    SIDE_DROPPED = "SideDropped"
    DROPPED_ITERATIONS = "DroppedIterations"
    RATE_NOT_REACHED = "RateNotReached"
    ITERATIONS_MISSED = "IterationsMissed"
    GROWING = "Growing"
    SIDE_GROWING = "SideGrowing"
    WARM_UP_COUNTED = "WarmUpCounted"
    WARM_UP_UNFINISHED = "WarmUpUnfinished"
    LITTLE_LAW_VIOLATED = "LittleLawViolated"
    REQUESTS_NOT_ITERATIONS = "RequestsNotIterations"
    COUNT_MISMATCH = "CountMismatch"
    SCRIPT_NOT_HEEDED = "ScriptNotHeeded"
    CHECKS_FAILED = "ChecksFailed"
    SCRIPT_CUT = "ScriptCut"
    OTHER_PROTOCOLS = "OtherProtocols"
    SCRIPT_THREW = "ScriptThrew"
    PODS_NOT_TOGETHER = "PodsNotTogether"
    TOO_FEW_SAMPLES = "TooFewSamples"
    INSTRUMENTS_MISSING = "InstrumentsMissing"
    NO_INSTRUMENTS = "NoInstruments"
    COMPONENT_RESTARTED = "ComponentRestarted"
    CUT_OFF = "CutOff"
    STORE_REFUSED = "StoreRefused"
    NOT_DRAINED = "NotDrained"
    QUEUE_BEHIND = "QueueBehind"
    WORK_NOT_PERSISTED = "WorkNotPersisted"
    WORK_UNACKNOWLEDGED = "WorkUnacknowledged"
    WORK_NOT_VERIFIED = "WorkNotVerified"
    WORK_SKIPPED = "WorkSkipped"
    WORKERS_MISMATCH = "WorkersMismatch"
    WORKERS_UNEVEN = "WorkersUneven"
    STALE_READS = "StaleReads"
    FOREIGN_CPU = "ForeignCpu"
    OTHERS_UNSEEN = "OthersUnseen"
    CPU_STOLEN = "CpuStolen"
    CPUS_SHARED = "CpusShared"
    LIMIT_CHANGED = "LimitChanged"
    CONTAINERS_ADDED = "ContainersAdded"


class Family(StrEnum):
    """Whose doing a reason is.

    What the instrument did voids a trial, which is repeated. What the service did is a result,
    which a repetition would only hide.
    """

    INSTRUMENT = "Instrument"
    SERVICE = "Service"


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that a trial broke, with the measured value and the bound; or a remark (Valid)."""

    kind: ReasonKind
    level: Validity
    message: str
    family: Family = Family.INSTRUMENT


@dataclass(frozen=True, slots=True)
class Judgement:
    """The validity of a trial and every reason against it."""

    reasons: tuple[Reason, ...] = ()

    @property
    def validity(self) -> Validity:
        """The worst level of any reason."""
        return worst(reason.level for reason in self.reasons)

    @property
    def is_void(self) -> bool:
        """Whether the instrument spoiled the trial, so that it is to be repeated."""
        return any(
            reason.level is Validity.INVALID and reason.family is Family.INSTRUMENT
            for reason in self.reasons
        )

    @property
    def is_overloaded(self) -> bool:
        """Whether the service did not carry the load that was offered."""
        return any(r.kind in _OVERLOAD and r.family is Family.SERVICE for r in self.reasons)

    @property
    def is_latency_cut(self) -> bool:
        """Whether requests that were never sent, or too late, lack among the latencies."""
        return any(r.kind in _UNSENT and r.family is Family.SERVICE for r in self.reasons)

    @property
    def is_queue_behind(self) -> bool:
        """Whether writes were accepted faster than they were written: a rate that cannot last."""
        return any(reason.kind is ReasonKind.QUEUE_BEHIND for reason in self.reasons)

    @property
    def is_growing(self) -> bool:
        """Whether the latency of the load grew all through its window."""
        return any(reason.kind is ReasonKind.GROWING for reason in self.reasons)

    @property
    def is_side_growing(self) -> bool:
        """Whether the latency of the requests beside the load grew."""
        return any(reason.kind is ReasonKind.SIDE_GROWING for reason in self.reasons)


_UNSENT = {ReasonKind.DROPPED_ITERATIONS, ReasonKind.RATE_NOT_REACHED}
_OVERLOAD = {*_UNSENT, ReasonKind.NOT_DRAINED}


def worst(levels: Iterable[Validity]) -> Validity:
    """Return the worst of some levels; Valid for none."""
    order = list(Validity)
    return max(levels, key=order.index, default=Validity.VALID)


def worst_first(reasons: Iterable[Reason]) -> list[Reason]:
    """Return what decides before what is only said beside it; else as they were."""
    order = list(Validity)
    return sorted(reasons, key=lambda reason: -order.index(reason.level))


def remark(kind: ReasonKind, message: str) -> Reason:
    """The number is sound; something beside it is not known."""
    return Reason(kind, Validity.VALID, message)


def suspect(kind: ReasonKind, message: str, family: Family = Family.INSTRUMENT) -> Reason:
    """The number may be used with this reservation."""
    return Reason(kind, Validity.SUSPECT, message, family)


def invalid(kind: ReasonKind, message: str, family: Family = Family.INSTRUMENT) -> Reason:
    """The number may not be used."""
    return Reason(kind, Validity.INVALID, message, family)
