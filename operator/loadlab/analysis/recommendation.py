"""What to do about the results, in at most three sentences with their figures.

The first names the cell to take, from the best cell and what it was ahead of; the second how many
workers or users are enough, from the scalability law; the third what holds the cell up, and what
would help. Each says what its intervals carry: where no cell is told from the others the
sentence says so, and how many replicates would tell them. No cell is recommended that failed a
criterion or did not carry its load, nor any where the nodes were not quiet or a cell differs from
itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from loadlab import spelling
from loadlab.analysis.contenders import NOT_CARRIED, NOT_MET
from loadlab.analysis.stages import REMEDIES
from loadlab.catalogue import Cell, Factor
from loadlab.model.status import (
    Best,
    Bottleneck,
    Comparison,
    ComparisonOutcome,
    Confidence,
    LoadOutcome,
    Resource,
    ResultRow,
    Scaling,
)

MOST_NAMED = 3
MOST_REASONS = 2
MOST_CHARACTERS = 400  # of a sentence, as status.recommendation has it
_OF_SEVERAL = {"is": "are", "was": "were", "has": "have"}
_SHARES = {"cpuMicros": "CPU per request", "p95Ms": "p95"}
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
    best: Best | None,
    comparisons: Sequence[Comparison],
    scaling: Sequence[Scaling],
    *,
    set_aside: Mapping[str, str] = MappingProxyType({}),
    doubt: str = "",
) -> tuple[str, ...]:
    """Return the sentences; none where nothing was measured.

    `set_aside` says why cells are not compared with the best one, by their titles; `doubt` says why
    nothing of these trials is to be recommended.
    """
    if not any(row.replicates.valid for row in rows):
        return ()
    if doubt:
        return (f"Nothing is recommended: {doubt}.",)
    names = _Names(rows)
    if best is None:
        return (_fitting(_none_fit(rows, set_aside, names)),)
    sentences = (
        _choice(best, comparisons, set_aside, names),
        _size(best, scaling),
        _limit(rows, best, names),
    )
    return tuple(_fitting(sentence) for sentence in sentences if sentence)


def _fitting(sentence: str) -> str:
    """Cut what the status has no room for: each name of a cell has up to 200 characters."""
    return sentence if len(sentence) <= MOST_CHARACTERS else f"{sentence[: MOST_CHARACTERS - 1]}…"


class _Names:
    """Cells by their variant and the levels that tell them apart."""

    def __init__(self, rows: Sequence[ResultRow]) -> None:
        cells = [row.cell for row in rows]
        swept = [f for f in Factor if len({cell.level(f) for cell in cells}) > 1]
        self._names = {cell.title(): _named(cell, swept) for cell in cells}

    def __getitem__(self, title: str) -> str:
        return self._names.get(title, title)

    def several(self, titles: Sequence[str]) -> str:
        """Name a few of them, and count the others."""
        shown = [self[title] for title in titles[:MOST_NAMED]]
        more = len(titles) - len(shown)
        return _joined([*shown, *([f"{more} more"] if more else [])])


def _named(cell: Cell, swept: Iterable[Factor]) -> str:
    levels = [f"{factor}={level}" for factor in swept if (level := cell.level(factor)) is not None]
    return f"{cell.variant} ({', '.join(levels)})" if levels else cell.variant


def _joined(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _none_fit(rows: Iterable[ResultRow], set_aside: Mapping[str, str], names: _Names) -> str:
    """Say why no cell is recommended: what they carried, where none carried its load."""
    if set(set_aside.values()) - {NOT_MET, NOT_CARRIED}:
        return f"No cell is recommended: {_reasons(set_aside, names)}."
    overloaded = [row for row in rows if row.load is LoadOutcome.OVERLOADED]
    if not overloaded:
        return "No cell is recommended: none is known to meet all criteria."
    most = max(overloaded, key=_rate)
    return (
        "No cell is recommended: none meets all criteria and carried its load. "
        f"{names[most.cell.title()]} carried the most, {_rate(most):,.0f} requests per second."
    )


def _reasons(set_aside: Mapping[str, str], names: _Names) -> str:
    """Say of a few reasons which cells they keep from being compared, and count the others."""
    cells: dict[str, list[str]] = {}
    for title, why in set_aside.items():
        cells.setdefault(why, []).append(title)
    told = [
        f"{names.several(titles)} {why if len(titles) == 1 else _of_several(why)}"
        for why, titles in list(cells.items())[:MOST_REASONS]
    ]
    more = sum(len(titles) for titles in list(cells.values())[MOST_REASONS:])
    return "; ".join([*told, *([f"{more} more for other reasons"] if more else [])])


def _of_several(why: str) -> str:
    verb, _, rest = why.partition(" ")
    return f"{_OF_SEVERAL.get(verb, verb)} {rest}"


def _rate(row: ResultRow) -> float:
    return row.requests_per_second.mean if row.requests_per_second else 0.0


def _choice(
    best: Best,
    comparisons: Sequence[Comparison],
    set_aside: Mapping[str, str],
    names: _Names,
) -> str:
    if lead := _lead(best, comparisons):
        others = f", or {names.several(best.tied_with)} as well" if best.tied_with else ""
        beside = "".join(f", {words}" for words in _beside(lead, comparisons))
        return f"Take {names[best.cell]}{others}: {_ratio(lead, names)}{beside}."
    if best.tied_with:
        return _tie(best, comparisons, names)
    if not set_aside:
        return ""
    is_alone = set(set_aside.values()) == {NOT_MET}
    why = "no other cell is known to meet all criteria" if is_alone else _reasons(set_aside, names)
    return f"Take {names[best.cell]}: {why}."


def _lead(best: Best, comparisons: Iterable[Comparison]) -> Comparison | None:
    """Find what the best cell is ahead in: of its control where it is, else of the next cell."""
    lead = best.lead
    if lead is None or lead.outcome is not ComparisonOutcome.IMPROVED:
        return None
    ahead = (
        found
        for found in comparisons
        if (found.of, found.figure) == (best.cell, lead.figure)
        and found.outcome is ComparisonOutcome.IMPROVED
        and found.over not in best.tied_with
    )
    return next(ahead, lead)


def _ratio(found: Comparison, names: _Names) -> str:
    ratio, of, over = _interval(found), names[found.of], names[found.over]
    if found.figure == "requestsPerSecond":
        return f"{of} carries {ratio} times the requests per second of {over}"
    return f"{of} has {ratio} of {over}'s {_named_figure(found.figure)}"


def _interval(found: Comparison, *, is_turned: bool = False) -> str:
    """Spell the ratio; turned that of the other cell to this one."""
    if not (found.ratio and found.low and found.high):
        return ""
    ends = found.ratio, found.low, found.high
    if is_turned:
        ends = 1 / found.ratio, 1 / found.high, 1 / found.low
    return spelling.interval(*ends, spelling.ratio)


def _beside(lead: Comparison, comparisons: Iterable[Comparison]) -> Iterator[str]:
    """Say what the same pair of cells shows in the other figures, where it shows anything.

    The control is compared with nothing, others are with it: where it is ahead their ratios are
    turned, as what it is worse in belongs to the choice.
    """
    for found in comparisons:
        name = _SHARES.get(found.figure, "requests per second")
        if {found.of, found.over} != {lead.of, lead.over} or found.figure == lead.figure:
            continue
        if found.outcome is ComparisonOutcome.EQUIVALENT:
            yield f"{name} alike"
        elif found.outcome is not ComparisonOutcome.INCONCLUSIVE:
            yield f"{_interval(found, is_turned=found.of != lead.of)} of its {name}"


def _tie(best: Best, comparisons: Sequence[Comparison], names: _Names) -> str:
    """Say that no cell is ahead: as they are alike, or as too little is known."""
    tied = [best.cell, *best.tied_with]
    among = [c for c in comparisons if c.of in tied and c.over in tied]
    together = names.several(tied)
    if among and all(c.outcome is ComparisonOutcome.EQUIVALENT for c in among):
        return f"Take any of {together}: they differ by less than 5 %."
    unclear = [c for c in among if c.outcome is ComparisonOutcome.INCONCLUSIVE]
    return f"Nothing tells {together} apart{_what_would(unclear)}."


def _what_would(unclear: Sequence[Comparison]) -> str:
    """Say what would tell cells apart: as many replicates as all pairs take; else what hides it."""
    helped = [c for c in unclear if c.blocks_needed is not None]
    many = max((c.blocks_needed or 0 for c in helped), default=0)
    if helped and len(helped) == len(unclear):
        return f": {many} replicates would show the difference found, or that there is none"
    if helped:
        return f": {many} replicates would show whether they differ in {_figures(helped)}"
    if any("replicates" in c.why for c in unclear if c.why):
        return ": take 5 replicates or more"
    if hidden := [c for c in unclear if c.why]:
        alike = [c for c in hidden if c.why == hidden[0].why]
        return f" in {_figures(alike)}: {hidden[0].why}"
    return " in what decides: choose by what else matters to you"


def _figures(found: Iterable[Comparison]) -> str:
    return _joined(list(dict.fromkeys(_named_figure(c.figure) for c in found)))


def _named_figure(figure: str) -> str:
    request, _, name = figure.rpartition(".")
    return _SHARES.get(name, "requests per second") + (f" of {request}" if request else "")


def _size(best: Best, scaling: Iterable[Scaling]) -> str:
    """Say how many of a factor are enough, at all other levels of the best cell."""
    told = (law for law in scaling if law.recommendation and law.of == _without(best.cell, law))
    law = next(told, None)
    return f"{law.of}: {law.recommendation}." if law else ""


def _without(title: str, law: Scaling) -> str:
    levels = title.split("/")
    return "/".join(level for level in levels if not level.startswith(f"{law.factor}="))


def _limit(rows: Iterable[ResultRow], best: Best, names: _Names) -> str:
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
