"""The runs that did not count, each with its reason: repeated attempts, and void trials."""

from collections.abc import Iterator

from loadlab.report.charts import Table
from loadlab.report.stored import StoredTrial
from loadlab.report.subject import Subject

_FEW = 12  # rows that are shown without being asked for
_MOST = 200  # rows: where more are void, the timelines of the trials have the rest
_LONGEST = 300  # characters


def void_runs(subject: Subject) -> tuple[Table, ...]:
    """Return their table; nothing where all counted."""
    rows = tuple(
        (trial.name, subject.name_of(trial.spec.cell), *told)
        for trial in subject.trials
        for told in _told(trial)
    )
    head = ("trial", "cell", "attempt", "reason", "in words")
    if not rows:
        return ()
    some = f", the first {_MOST} of {len(rows):,}" if len(rows) > _MOST else ""
    is_open = len(rows) <= _FEW
    return (Table(caption=f"Void runs{some}", head=head, rows=rows[:_MOST], is_open=is_open),)


def _told(trial: StoredTrial) -> Iterator[tuple[str, str, str]]:
    status = trial.status
    for former in status.former_attempts:
        yield str(former.attempt), former.reason, cut(former.message, _LONGEST)
    if trial.is_void:
        words = status.reasons[0] if status.reasons else status.message
        yield str(status.attempt), status.reason or trial.state, cut(words, _LONGEST)


def cut(text: str, most: int) -> str:
    """Return a text, or so much of it and an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"
