"""Were planned requests sent when they were to be: their latency from then, and from the send."""

from collections.abc import Iterator
from dataclasses import dataclass

from loadlab.measurement.values import NamedRequests, TrialMeasurement
from loadlab.model.status import LatencyMs
from loadlab.validity import bounds
from loadlab.validity.generator_rules import was_generator_fit
from loadlab.validity.judgement import Family, Reason, ReasonKind, invalid, suspect


@dataclass(frozen=True, slots=True)
class Ends:
    """What a percentile of the latency lies between, in ms."""

    percent: float
    sent_ms: float  # from the send
    intended_ms: float  # from the intended start

    @property
    def are_apart(self) -> bool:
        """Whether it matters which of the two is meant."""
        return are_apart(self.sent_ms, self.intended_ms)


def are_apart(sent_ms: float, intended_ms: float) -> bool:
    """Whether it matters if a latency counts from the send or from the intended start."""
    return intended_ms - sent_ms > max(bounds.LATE_MS, bounds.LATE_SHARE * intended_ms)


def ends_apart(intended: LatencyMs | None, sent: LatencyMs | None) -> tuple[Ends, ...]:
    """Return the reported percentiles whose ends are apart, the lowest first."""
    if intended is None or sent is None:
        return ()
    found = (
        Ends(percent, getattr(sent, f"p{percent:g}"), getattr(intended, f"p{percent:g}"))
        for percent in bounds.REPORTED_PERCENTILES
    )
    return tuple(ends for ends in found if ends.are_apart)


def was_late_itself(trial: TrialMeasurement) -> bool:
    """Whether most of the slowest latencies is a wait in a generator that lacked CPU.

    What a service is asked then is not what was planned, and by whose doing it was slow nobody can
    tell: making virtual users may take the CPU that a store on the same node needs.
    """
    sending, latency = trial.sending, trial.latency_ms
    if sending is None or latency is None or was_generator_fit(trial):
        return False
    late_ms = sending.lateness.percentile_us(99) / 1000
    return late_ms > max(bounds.LATE_VOID_MS, bounds.LATE_VOID_SHARE * latency.p99)


def sent_late(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say where a latency depends on whether it counts from the send: k6 was late itself."""
    level = invalid if was_late_itself(trial) else suspect
    all_of_them: list[tuple[str, TrialMeasurement | NamedRequests]] = [("", trial)]
    all_of_them += [(f" {name}", found) for name, found in trial.by_request.items()]
    for whose, found in all_of_them:
        sending = found.sending
        ends = ends_apart(found.latency_ms, found.from_send_ms)
        if sending is not None and ends:
            worst = max(ends, key=lambda each: each.intended_ms / max(each.sent_ms, 0.001))
            yield level(
                ReasonKind.SENT_LATE,
                f"requests{whose} were sent up to {sending.lateness.percentile_us(99) / 1000:.1f} "
                f"ms late (p99): p{worst.percent:g} is {worst.intended_ms:.1f} ms from when they "
                f"were planned and {worst.sent_ms:.1f} ms from the send, bound "
                f"{bounds.LATE_SHARE:.0%} or {bounds.LATE_MS:g} ms, and lies between; "
                f"{_what_helps(trial)}",
            )
            return


def _what_helps(trial: TrialMeasurement) -> str:
    """Who had the CPU that it needs was late for want of virtual users, if some were to be made."""
    are_all_there = trial.load.virtual_users > 0  # from the start: a number was given
    if are_all_there or not was_generator_fit(trial):
        return "give the node less other work, or raise spec.resources.k6"
    return (
        f"{trial.load.generator} had the CPU that it needs, so arrivals may have waited for "
        "virtual users that were still being made: give spec.load.maxVirtualUsers, which are all "
        "there from the start, or raise spec.load.warmup, in which they are made"
    )


def side_dropped(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say which requests beside the load were never sent: they would have been the slow ones."""
    for name, found in trial.by_request.items():
        if found.dropped:
            yield suspect(
                ReasonKind.SIDE_DROPPED,
                f"{found.dropped} planned requests {name} beside the load were never sent, as all "
                "their virtual users waited for answers: their latencies are lower bounds",
                Family.SERVICE,
            )
