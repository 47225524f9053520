"""What to do about the results, in at most three sentences with their figures.

The first names the cell to take, from the best cell and what it was ahead of; the second how many
workers or users are enough, from the scalability law; the third what holds the cell up, and what
would help. Each says what its intervals carry: where no cell is told from the others the
sentence says so, and how many replicates would tell them. No cell is recommended that failed a
criterion or did not carry its load, nor any where the nodes were not quiet, a cell differs from
itself or the cells did not take turns.
"""

from collections.abc import Iterable, Sequence

from loadlab.analysis.best import Choice
from loadlab.analysis.first_sentence import first_sentence
from loadlab.analysis.short_names import Names
from loadlab.analysis.stages import REMEDIES
from loadlab.model.status import (
    Best,
    Bottleneck,
    Comparison,
    Confidence,
    Resource,
    ResultRow,
    Scaling,
)

MOST_CHARACTERS = 400  # of a sentence, as status.recommendation has it
_REMEDIES = {
    Resource.SERVICE_CPU: "more CPU, or less work a request, is what it would use",
    Resource.CPU_THROTTLING: "a higher CPU limit is what it would use",
    Resource.DATABASE: "fewer or cheaper queries, or more CPU for the database, would help",
    Resource.DATABASE_LOCKS: "shorter transactions on the same rows would help",
    Resource.DATABASE_DISK: "fewer commits, or a faster disk, would help",
    Resource.REDIS: "fewer commands a request would help, as Redis executes them on one CPU",
    Resource.QUEUE: "more consumers, or larger batches, would help",
    Resource.EVENT_LOOP: "what blocks the event loop belongs into a thread, or awaited",
    Resource.DATABASE_POOL: "more connections would help as long as the database has room",
    Resource.THREAD_POOL: "more threads, or `async def` without blocking calls, would help",
    Resource.GENERATOR: "it may carry more: give the generator more CPU to see how much",
}


def recommend(
    rows: Sequence[ResultRow],
    choice: Choice,
    comparisons: Sequence[Comparison],
    scaling: Sequence[Scaling],
    *,
    doubt: str = "",
) -> tuple[str, ...]:
    """Return the sentences; none where nothing was measured.

    `doubt` says why nothing of these trials is to be recommended.
    """
    if not any(row.replicates.valid for row in rows):
        return ()
    if doubt:
        return (f"Nothing is recommended: {doubt}.",)
    names, best = Names(rows), choice.best
    sentences = (
        first_sentence(rows, choice, comparisons, names),
        *((_size(best, scaling), _limit(rows, best, names)) if best else ()),
    )
    return tuple(_fitting(sentence) for sentence in sentences if sentence)


def _fitting(sentence: str) -> str:
    """Cut what the status has no room for: each name of a cell has up to 200 characters."""
    return sentence if len(sentence) <= MOST_CHARACTERS else f"{sentence[: MOST_CHARACTERS - 1]}…"


def _size(best: Best, scaling: Iterable[Scaling]) -> str:
    """Say how many of a factor are enough, at all other levels of the best cell."""
    told = (law for law in scaling if law.recommendation and law.of == _without(best.cell, law))
    law = next(told, None)
    return f"{law.of}: {law.recommendation}." if law else ""


def _without(title: str, law: Scaling) -> str:
    levels = title.split("/")
    return "/".join(level for level in levels if not level.startswith(f"{law.factor}="))


def _limit(rows: Iterable[ResultRow], best: Best, names: Names) -> str:
    row = next((row for row in rows if row.cell.title() == best.cell), None)
    found = row.bottleneck if row else None
    if found is None or found.confidence is Confidence.LOW or found.name not in _REMEDIES:
        return ""
    # Where what holds it back is in doubt, its remedy is another one than the resource's.
    is_usual = found.remedy in {"", REMEDIES[found.name]}
    remedy = _REMEDIES[found.name] if is_usual else found.remedy
    return f"{names[best.cell]} is held back by {found.name}{_shown(found)}: {remedy}."


def _shown(found: Bottleneck) -> str:
    first = found.evidence.partition(";")[0]
    return f" ({first})" if first else ""
