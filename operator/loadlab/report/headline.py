"""What a reader wants first: the verdict, how far it can be trusted, and what to do."""

from collections.abc import Iterator

from loadlab import spelling
from loadlab.model.spec.load import Purpose
from loadlab.model.status import Best, Condition, ConditionType, Phase, Truth, Validity, find
from loadlab.report.charts import Table
from loadlab.report.subject import Subject

_DOUBTS = (ConditionType.TRUSTWORTHY, ConditionType.QUIET)


def verdict_of(subject: Subject) -> str:
    """Return one word: the verdict, or the phase while there is none."""
    return str(subject.status.verdict or subject.status.phase)


def standing_of(subject: Subject) -> str:
    """Return the weakest of the cells' validities: what the whole may be taken for."""
    found = {row.validity for row in subject.rows}
    order = (Validity.INVALID, Validity.SUSPECT, Validity.VALID)
    return str(next((each for each in order if each in found), ""))


def told_first(subject: Subject) -> Iterator[str]:
    """Yield why it failed, where it did, and what is recommended."""
    if failed := _true(subject, ConditionType.FAILED):
        yield f"It failed, {failed.reason}: {failed.message or 'see its conditions'}."
    elif not subject.status.phase.is_terminal:
        progress = f", {subject.status.progress} trials" if subject.status.progress else ""
        yield f"It is not over: {subject.status.phase}{progress}. This is what is known so far."
    yield from subject.status.recommendation
    if best := subject.status.best:
        yield from _best(best, subject)


def reservations(subject: Subject) -> Iterator[str]:
    """Yield what speaks against trusting the figures: each kind once, the whole first."""
    for type_ in _DOUBTS:
        found = find(subject.status.conditions, type_)
        if found and found.status is not Truth.TRUE and found.message:
            yield f"{_not(type_)}: {found.message}"
    kinds: dict[tuple[Validity, str], list[tuple[str, str]]] = {}
    for row in subject.rows:
        for reason in row.reasons:
            kind, _, message = reason.partition(": ")
            place = (subject.name_of(row.cell), message)
            kinds.setdefault((row.validity, kind), []).append(place)
    for (validity, kind), places in kinds.items():
        cell, message = places[0]
        where = cell if len(places) == 1 else f"{len(places)} cells, such as {cell}"
        yield f"{validity} · {kind} in {where}" + (f": {message}" if message else "")
    yield from subject.notes
    if subject.status.omitted:
        told = ", ".join(subject.status.omitted)
        yield f"Too much for the status, only in the LoadTrials: {told}"


def facts(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield what the experiment was, in short."""
    counts = subject.status.trials
    if subject.workload:
        yield "Workload", subject.workload
    yield from subject.constant
    if counts.planned:
        void = counts.invalid + counts.failed + counts.lost
        yield "Trials", f"{counts.planned} planned, {counts.succeeded} used, {void} void"
    if subject.status.completion_time or subject.status.start_time:
        yield (
            "Finished" if subject.status.completion_time else "Started",
            (subject.status.completion_time or subject.status.start_time or ""),
        )


def criteria(subject: Subject) -> Iterator[Table]:
    """Yield the table of the success criteria."""
    if subject.status.criteria:
        yield Table(
            caption="Success criteria",
            head=("criterion", "outcome", "bound", "worst value", "cell", "note"),
            rows=tuple(
                (
                    *(found.name, str(found.outcome), found.threshold),
                    found.value or spelling.ABSENT,
                    *(subject.title_of(found.cell), found.note),
                )
                for found in subject.status.criteria
            ),
        ).without_empty()


def _best(best: Best, subject: Subject) -> Iterator[str]:
    row = next((row for row in subject.rows if row.cell.title() == best.cell), None)
    speed = row and row.requests_per_second
    rate = spelling.figure_or_why(speed) if speed else spelling.number(best.requests_per_second)
    at_saturation = subject.purpose == Purpose.CAPACITY and not subject.status.capacity
    tail = "" if at_saturation else f", p95 {spelling.tail(row, best.p95_ms)} ms"
    yield f"Best: {subject.title_of(best.cell)}, {rate} requests/s{tail}."
    if best.tied_with:
        yield f"Not clearly worse than it: {', '.join(map(subject.title_of, best.tied_with))}."
    if best.alternatives:
        others = ", ".join(map(subject.title_of, best.alternatives))
        yield f"Better than it in one figure, worse in another: {others}."


def _true(subject: Subject, type_: ConditionType) -> Condition | None:
    found = find(subject.status.conditions, type_)
    is_over = subject.status.phase in {Phase.FAILED, Phase.TERMINATED}
    return found if found and found.status is Truth.TRUE and is_over else None


def _not(type_: ConditionType) -> str:
    return f"Not {type_.value.lower()}"
