"""The log of one generator's pod -> PodReport. What is missing or broken becomes a named problem.

A log holds, between a generator's own lines, one on its progress every second, up to three
snapshots, what freshness there was, the steward's account and last the document. Of several
documents the last one counts, since earlier ones are checkpoints.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from pydantic import ValidationError

from loadlab.measurement.documents import (
    DOCUMENT_VERSION,
    PROGRESS_KEY,
    RESULT_KEY,
    Account,
    Freshness,
    K6Document,
    Progress,
    ReadModel,
    Snapshot,
    Trace,
)
from loadlab.measurement.documents.budget import Buckets, check_values
from loadlab.model.status.evidence import LAST_WORDS

_KNOWN = re.compile(
    rf'^\{{\s*"({RESULT_KEY}|loadlab_snapshot|loadlab_account|loadlab_freshness)"\s*:'
)
_PROGRESS_START = f'{{"{PROGRESS_KEY}":'.encode()
_Model = TypeVar("_Model", bound=ReadModel)
_NEVER_READY = re.compile(r"\bthe service was not ready after \d+ ms")  # as generators say it
_THRESHOLDS_CROSSED = 99  # the exit code for it: the measurement itself is complete


class ProblemKind(StrEnum):
    """Why a pod's report cannot be used."""

    DOCUMENT_MISSING = "DocumentMissing"
    DOCUMENT_BROKEN = "DocumentBroken"
    DOCUMENT_INCOMPLETE = "DocumentIncomplete"
    GENERATOR_FAILED = "GeneratorFailed"
    CLOCK_STEPPED = "ClockStepped"


@dataclass(frozen=True, slots=True)
class PodProblem:
    """What is wrong with one pod's report, and what to do."""

    kind: ProblemKind
    message: str
    never_ready: bool = False  # no request of the load was sent, as the service was not ready


@dataclass(frozen=True, slots=True)
class PodReport:
    """Everything one generator's pod handed back. Without a problem the document is there."""

    pod: str
    document: K6Document | None = None
    start: Snapshot | None = None
    end: Snapshot | None = None
    drained: Snapshot | None = None
    account: Account | None = None
    freshness: Freshness | None = None
    problem: PodProblem | None = None
    notes: tuple[str, ...] = ()


def read_pod_log(
    pod: str, text: str, buckets: Buckets | None = None, *, token: str = ""
) -> PodReport:
    """Read one pod's log: of it the lines that begin with the run's token, where there is one.

    All others may be anybody's words, such as an answer that the script quotes. The histograms
    take of the buckets that those of a run may hold together.
    """
    kinds = (RESULT_KEY, "loadlab_account", "loadlab_freshness", "start", "end", "drained")
    lines = dict.fromkeys(kinds, "")
    notes: list[str] = []
    for kind, line in _known_lines(text, f"{token} " if token else ""):
        lines[kind if kind != "loadlab_snapshot" else _edge(line)] = line
    document, problem = _document(pod, lines[RESULT_KEY], buckets or Buckets())
    return PodReport(
        pod=pod,
        document=document,
        start=_optional(Snapshot, lines["start"], notes),
        end=_optional(Snapshot, lines["end"], notes),
        drained=_optional(Snapshot, lines["drained"], notes),
        account=_optional(Account, lines["loadlab_account"], notes),
        freshness=_optional(Freshness, lines["loadlab_freshness"], notes),
        problem=problem,
        notes=tuple(notes),
    )


def trace_of(reports: Iterable[PodReport]) -> Trace | None:
    """Return what was traced in a run, as its last snapshot has it; None where nothing was."""
    edges = (edge for each in reports for edge in (each.drained, each.end) if edge)
    return next((edge.trace for edge in edges if edge.trace is not None), None)


def read_progress(line: bytes) -> Progress | None:
    """Return what a line of a log says about the progress; None where it is about other things."""
    if not line.startswith(_PROGRESS_START):
        return None
    try:
        return Progress.model_validate(_body(line.decode()))
    except ValueError:
        return None  # of another release's generator: it is only not shown


def _known_lines(text: str, before: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n"):
        candidate = line.removeprefix(before).strip()
        if line.startswith(before) and (found := _KNOWN.match(candidate)):
            yield found[1], candidate


def _edge(line: str) -> str:
    found = re.search(r'"edge"\s*:\s*"(end|drained)"', line)
    return found[1] if found else "start"


def _body(line: str) -> object:
    try:
        check_values(line)
        (body,) = json.loads(line).values()
    except RecursionError as err:
        raise ValueError("brackets nested too deep") from err
    return body


def _optional(model: type[_Model], line: str, notes: list[str]) -> _Model | None:
    if not line:
        return None
    try:
        return model.model_validate(_body(line))
    except ValueError as err:
        notes.append(f"{model.__name__.lower()} not readable: {_first_fault(err)}")
        return None


def _document(pod: str, line: str, buckets: Buckets) -> tuple[K6Document | None, PodProblem | None]:
    if not line:
        return None, PodProblem(
            ProblemKind.DOCUMENT_MISSING,
            f"pod {pod} left no result document: it was killed, or never started its script; "
            f"{LAST_WORDS}",
        )
    try:
        body = _body(line)
        _check_version(body)
        document = K6Document.model_validate(body, context=buckets)
    except ValueError as err:
        return None, PodProblem(
            ProblemKind.DOCUMENT_BROKEN,
            f"the result document of pod {pod} cannot be read ({_first_fault(err)}): its log was "
            "cut, or the generator's image is of another release than the operator",
        )
    return document, _end_problem(pod, document)


def _check_version(body: object) -> None:
    """Look at the version first: of another one the other fields may mean anything."""
    version = body.get("version") if isinstance(body, dict) else DOCUMENT_VERSION
    if version != DOCUMENT_VERSION:
        raise ValueError(
            f"version {str(version)[:20]}, and this operator reads version {DOCUMENT_VERSION}: "
            "use images of one release"
        )


def _end_problem(pod: str, document: K6Document) -> PodProblem | None:
    if not document.complete:
        return PodProblem(
            ProblemKind.DOCUMENT_INCOMPLETE,
            f"pod {pod} was stopped before its end and left only a checkpoint",
        )
    if document.error and document.exit_code != _THRESHOLDS_CROSSED:
        return PodProblem(
            ProblemKind.GENERATOR_FAILED,
            f"the generator in pod {pod} ended with exit code {document.exit_code}: "
            f"{document.error}",
            never_ready=_NEVER_READY.search(document.error) is not None,
        )
    return None


def _first_fault(err: ValueError) -> str:
    if isinstance(err, ValidationError):
        fault = err.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(str(part) for part in fault['loc']) or 'document'}: {fault['msg']}"
    return str(err)
