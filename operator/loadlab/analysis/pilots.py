"""What a pilot trial tells beside the requests that it carried: what set them, how many were done.

A closed loop of N users carries N divided by the time of an answer where nothing is full: that
says nothing of what the service could carry. And a service that puts writes off accepts more than
its worker writes.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from loadlab.analysis.database_waits import database_waits
from loadlab.analysis.utilisation import backlog, machines, waiting
from loadlab.base.names import Component
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.resources import Trial
from loadlab.model.status import Resource
from loadlab.model.trial import TrialRole
from loadlab.plan.rates import without_rate
from loadlab.validity.judged_trial import UnreadableTrialError, load_trial


class Limit(StrEnum):
    """What set what a pilot trial carried, as `why` of a row's capacity spells it."""

    SERVICE = "Pilot"  # something was full beside the generator: the service carries no more
    USERS = "PilotUsers"
    GENERATOR = "PilotGenerator"
    UNKNOWN = "PilotUnknown"  # it is gone, or nobody sees all that may be full in the service


_WORDS: dict[str, str] = {
    Limit.SERVICE: "was limited by the service",
    Limit.USERS: "was limited by its users (factors.virtualUsers), not by the service",
    Limit.GENERATOR: "was limited by k6 (resources.k6), not by the service",
    Limit.UNKNOWN: "does not tell what limited it",
}


def words_of(why: str) -> str:
    """Say the same of a pilot trial, whose name goes before it; `why` may be of another release."""
    return _WORDS.get(why, _WORDS[Limit.UNKNOWN])


def limits_of(trials: Iterable[Trial]) -> Mapping[str, Limit]:
    """Return what limited each cell's pilot trial, by the cell's title without a rate."""
    pilots = (trial for trial in trials if trial.spec.role is TrialRole.PILOT)
    return {without_rate(pilot.spec.cell).title(): _limit_of(pilot) for pilot in pilots}


def written_share(pilot: Trial) -> float:
    """Return how much of what a pilot's service accepted its worker wrote meanwhile, 0..1.

    1 where the worker kept up, nothing is put off, or nothing is known of it.
    """
    measured = _measurement(pilot)
    if measured is None:
        return 1
    return 1 - next((found.share for found in backlog(measured) if found.is_full), 0.0)


def _limit_of(pilot: Trial) -> Limit:
    measured = _measurement(pilot)
    if measured is None:
        return Limit.UNKNOWN
    full = set(_full(measured))
    if full - {Resource.GENERATOR}:
        return Limit.SERVICE
    if full:
        return Limit.GENERATOR
    is_seen = measured.load.instrumented and Component.SERVICE in measured.components
    return Limit.USERS if is_seen else Limit.UNKNOWN


def _full(measured: TrialMeasurement) -> Iterator[Resource]:
    for look in (backlog, machines, waiting, database_waits):
        yield from (found.resource for found in look(measured) if found.is_full)


def _measurement(pilot: Trial) -> TrialMeasurement | None:
    if not pilot.status.measurement:
        return None
    try:
        return load_trial(pilot.status.measurement).measurement
    except UnreadableTrialError:
        return None
