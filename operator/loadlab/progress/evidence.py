"""Which pods of a run are evidence of why it did not count, and what of them is kept.

A pod that was deleted takes its reason and its log along, so both are read before, and stand in
the LoadTrial with the verdict: in one write, which a death of the operator repeats or finds done.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from loadlab.base.names import Component
from loadlab.base.text import fit
from loadlab.model.status import LoadTrialStatus, PodEvidence
from loadlab.model.status.evidence import LINE_CHARACTERS, MAX_LINES, MAX_PODS
from loadlab.progress.observed import Observed, PodView

# Of pods that had no trouble, the service's log tells most.
_ORDER = (Component.SERVICE, Component.WORKER, Component.K6)
_HALF = LINE_CHARACTERS // 2


@dataclass(frozen=True, slots=True)
class Witness:
    """A pod whose last log lines are to be read, and what is known of it without them."""

    known: PodEvidence
    container: str
    previous: bool  # it was started again: what it said before it ended is in the former's log


def find_witnesses(observed: Observed, run: str, status: LoadTrialStatus) -> tuple[Witness, ...]:
    """Return the pods that say why a run did not count, the most telling first."""
    since = status.timings.started if status.timings else 0.0
    own = observed.pods_of(run)
    parts = tuple(pod for pod in observed.pods_of("") if had_trouble(pod, since))
    chosen = _ranked((*own, *parts), since)[:MAX_PODS]
    return tuple(_witness(pod, status.attempt) for pod in chosen)


def had_trouble(pod: PodView, since: float) -> bool:
    """Whether a pod ended otherwise than well, was started again, or did not start."""
    ended = pod.terminated_reason not in {"", "Completed"} or bool(pod.exit_code or pod.restarts)
    lately = pod.ended is None or pod.ended >= since
    not_started = bool(pod.waiting_reason or pod.unschedulable)
    return (ended and lately) or not_started or pod.deleting or pod.phase == "Failed"


def with_evidence(status: LoadTrialStatus, found: Iterable[PodEvidence]) -> LoadTrialStatus:
    """Return the status with an attempt's evidence before that of former ones, bounded."""
    return status.model_copy(update={"evidence": (*found, *status.evidence)[:MAX_PODS]})


def clean_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the last lines as a status may hold them: bounded, printable, without passwords.

    Who may read a LoadTrial need not be allowed to read logs. Of a long line both ends are kept:
    it begins with the time and ends with the error.
    """
    printable = (fit(_ends_of(line)).strip() for line in lines)
    return tuple(_shortened(line) for line in printable if line)[-MAX_LINES:]


def _ends_of(line: str) -> str:
    """Return as much of a long line as may be shown, and as much again on either side."""
    kept = 2 * LINE_CHARACTERS
    return line if len(line) <= 2 * kept else line[:kept] + line[-kept:]


def _shortened(line: str) -> str:
    if len(line) <= LINE_CHARACTERS:
        return line
    return f"{line[: _HALF - 1]}…{line[-_HALF:]}"


def _ranked(pods: Iterable[PodView], since: float) -> list[PodView]:
    """Troubled pods first, and of many of one component not all before the next component."""
    earlier: Counter[tuple[Component | None, bool]] = Counter()
    ranks = []
    for pod in sorted(pods, key=lambda pod: pod.name):
        calm = not had_trouble(pod, since)
        place = _ORDER.index(pod.component) if pod.component in _ORDER else len(_ORDER)
        ranks.append((calm, earlier[pod.component, calm], place, pod.name, pod))
        earlier[pod.component, calm] += 1
    return [pod for *_, pod in sorted(ranks, key=lambda rank: rank[:4])]


def _witness(pod: PodView, attempt: int) -> Witness:
    known = PodEvidence(
        attempt=attempt,
        component=str(pod.component or ""),
        pod=pod.name,
        node=pod.node,
        reason=pod.reason or pod.terminated_reason or pod.waiting_reason or _scheduling(pod),
        exit_code=pod.exit_code,
        restarts=pod.restarts,
        message=pod.message or pod.waiting_message or pod.unschedulable,
        lines=clean_lines(pod.termination_message.splitlines()),
    )
    return Witness(known, pod.own.name, previous=pod.restarts > 0)


def _scheduling(pod: PodView) -> str:
    return "Unschedulable" if pod.unschedulable else ""
