"""What a page shows of an experiment: texts, made of the API server's object. Pure."""

import re
from dataclasses import asdict, dataclass
from typing import Any

from loadlab.base.names import is_traced_name
from loadlab.base.text import fit
from loadlab.base.times import epoch
from loadlab.cli.errors import CliError
from loadlab.cli.experiment import Experiment
from loadlab.model.status import LoadExperimentStatus, Phase
from loadlab.spelling import seconds as spell_seconds

LONGEST = 400  # characters of a text that others wrote
_PRELIMINARY, _PLACE = re.compile(r"-p\d+$"), re.compile(r"-(\d+)$")
_UNDER_WAY = {Phase.PREPARING, Phase.RUNNING, Phase.ANALYZING}
_WITH_AN_END = {Phase.PREPARING, Phase.RUNNING}
_FIRST_TRIALS = 2  # of so few no mean is taken
_SOON = 5.0  # seconds: no estimate is better

Key = tuple[str, str]  # namespace and name
Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One experiment. Every field is a plain text or a number, as a page is sent it."""

    namespace: str
    name: str
    uid: str
    version: str  # its resourceVersion
    phase: str = ""
    progress: str = ""  # finished and planned trials
    trial: str = ""  # which one is under way, for people
    current: str = ""  # the same, by its name
    queue: str = ""
    verdict: str = ""
    message: str = ""  # what it waits for, what stands in its way, what came of it
    started: str = ""
    ended: str = ""
    is_over: bool = False
    planned: int = 0  # trials
    done: int = 0
    since: float = 0.0  # epoch seconds at which it entered its phase
    rank: tuple[int, float] = (3, 0.0)  # its place in the list: the smaller, the earlier

    @property
    def key(self) -> Key:
        return self.namespace, self.name

    @property
    def is_running(self) -> bool:
        """Whether there may be load at this moment."""
        return self.phase == Phase.RUNNING and bool(self.current)

    def is_run_of_now(self, run: str) -> bool:
        """Whether a run is an attempt of the trial under way."""
        return self.is_running and run.startswith(f"{self.current}-a")

    def dump(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return asdict(self)


def entry_of(resource: Resource) -> Entry:
    """Read an experiment; of one that this release cannot read there is a line that says so."""
    metadata = resource.get("metadata") or {}
    namespace, name, uid, version = (
        fit(str(metadata.get(field) or ""), LONGEST)
        for field in ("namespace", "name", "uid", "resourceVersion")
    )
    try:
        experiment = Experiment.of(resource)
    except CliError as error:
        message = fit(str(error), LONGEST)
        return Entry(namespace, name, uid, version, phase="Unreadable", message=message)
    status = experiment.status
    return Entry(
        *(namespace, name, uid, version),
        phase=status.phase,
        progress=fit(status.progress, LONGEST),
        trial="" if experiment.finished else _trial(status),
        current="" if experiment.finished else fit(status.current_trial, LONGEST),
        queue="" if experiment.finished else _queue(status),
        verdict=status.verdict or "",
        message=fit(_message(experiment), LONGEST),
        started=fit(status.start_time or "", LONGEST),
        ended=fit(status.completion_time or "", LONGEST),
        is_over=experiment.finished,
        planned=status.trials.planned,
        done=_done(status),
        since=_moment(status.phase_start_time or ""),
        rank=_rank(experiment),
    )


def end_of(entry: Entry, estimated: float, seen: float, *, is_midway: bool) -> float | None:
    """Return when an experiment under way will be over, in epoch seconds; None if unknown.

    Args:
        entry: the experiment, as it was when its latest trial had ended.
        estimated: seconds that all of it takes, as planned; 0 where that is not known.
        seen: epoch seconds at which it was seen so.
        is_midway: whether the trial under way had begun before; half of it is taken for done.

    From the third trial on the mean of those before it counts, until then the plan.
    """
    if entry.phase not in _WITH_AN_END or not entry.planned:
        return None
    begun = 0.5 if is_midway else 0.0
    each = estimated / entry.planned
    if entry.done > _FIRST_TRIALS and entry.since:
        each = max(0.0, seen - entry.since) / (entry.done + begun)
    if not entry.done and entry.since:
        seen, begun = entry.since, 0.0
    return seen + each * (entry.planned - entry.done - begun) if each else None


def remaining(entry: Entry, estimated: float, end: float | None, now: float) -> str:
    """Spell how long it will still take; empty where nothing is known or nothing is left."""
    if entry.phase == Phase.PENDING:
        return f"takes about {spell_seconds(estimated)} once it starts" if estimated else ""
    if end is None:
        return ""
    left = end - now
    return f"about {spell_seconds(left)} left" if left > _SOON else "a few seconds left"


def _done(status: LoadExperimentStatus) -> int:
    counts = status.trials
    return counts.succeeded + counts.invalid + counts.failed + counts.lost


def _trial(status: LoadExperimentStatus) -> str:
    if not status.current_trial:
        return ""
    if _PRELIMINARY.search(status.current_trial):
        return "before the first block"
    if is_traced_name(status.current_trial):
        return "traced, after the last block"
    place, planned = _PLACE.search(status.current_trial), status.progress.rpartition("/")[2]
    # By its name: one that has ended and is looked at still counts as done.
    return f"{int(place[1])} of {planned}" if place and planned.isdecimal() else ""


def _queue(status: LoadExperimentStatus) -> str:
    if status.phase is not Phase.PENDING or status.queue_position is None:
        return ""
    return f"{status.queue_position} ahead" if status.queue_position else "next"


def _message(experiment: Experiment) -> str:
    status = experiment.status
    if found := experiment.trouble:
        return found
    if status.phase is Phase.PENDING and status.waits_for:
        return f"waits for {status.waits_for}"
    if status.phase is Phase.PREPARING and status.preparation:
        return f"{status.preparation.step}, {status.preparation.percent}%"
    return status.recommendation[0] if status.recommendation else ""


def _rank(experiment: Experiment) -> tuple[int, float]:
    """Order: under way; waiting, by the queue; over, the latest first."""
    status = experiment.status
    if experiment.finished:
        return 2, -_moment(status.completion_time or "")
    if status.phase in _UNDER_WAY:
        return 0, -_moment(status.start_time or "")
    return 1, float(status.queue_position or 0)


def _moment(text: str) -> float:
    try:
        return epoch(text)
    except ValueError:
        return 0.0
