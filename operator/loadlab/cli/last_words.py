"""Why trials did not count, and what their pods said last. Pure: resources in, lines out."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from loadlab.model.status import LoadTrialStatus, PodEvidence

SHOWN_TRIALS = 3  # the others are much like them; all are in the LoadTrials


def last_words(trials: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines that tell of trials without a usable result."""
    for trial in trials:
        name = trial.get("metadata", {}).get("name", "")
        try:
            status = LoadTrialStatus.model_validate(trial.get("status") or {})
        except ValidationError:
            continue  # of another release: the LoadTrial itself has it
        yield f"{name} {status.phase}: {status.reason}: {status.message}"
        for found in status.evidence:
            yield f"  attempt {found.attempt}, {_pod(found)}"
            yield from (f"    {line}" for line in found.lines)


def _pod(found: PodEvidence) -> str:
    said = [f"{found.component} pod {found.pod}" + (f" on {found.node}" if found.node else "")]
    said += [found.reason] if found.reason else []
    said += [f"exit code {found.exit_code}"] if found.exit_code is not None else []
    said += [f"{found.restarts} restarts"] if found.restarts else []
    said += [found.message] if found.message else []
    return ", ".join(said)
