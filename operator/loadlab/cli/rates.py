"""How fast cells are: the columns that fit a load's purpose, and what pilot trials found."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from loadlab import spelling
from loadlab.analysis.pilots import Limit, words_of
from loadlab.base.text import first_of
from loadlab.model.spec.load import Purpose
from loadlab.model.status import Calibration, CellLoad, LoadExperimentStatus, ResultRow
from loadlab.plan.rates import without_rate

MOST_NAMED = 5  # cells of a tier


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table of results: its heading, and what a row has in it."""

    heading: str
    spell: Callable[[ResultRow], str]


_SPEED = Column("req/s", lambda row: spelling.figure(row.requests_per_second))
_CARRIES = Column("carries\nreq/s", lambda row: spelling.figure(row.capacity))
_LIMIT = Column(
    "limited\nby", lambda row: row.bottleneck.name.value if row.bottleneck else spelling.ABSENT
)
_LATENCIES = (
    Column("p50\nms", lambda row: spelling.latency_of(row, "med")),
    Column("p95\nms", lambda row: spelling.latency_of(row, "p95")),
    Column("p99\nms", lambda row: spelling.latency_of(row, "p99")),
)


def columns(purpose: str, *, searched: bool = False) -> tuple[Column, ...]:
    """Return the columns of speed: where a cell is to show what it carries, latencies say nothing.

    At saturation they are users divided by throughput, by Little's law. What limits a cell that was
    searched for is known at the rate that failed, of which there is no row.
    """
    if searched:
        return (_CARRIES,)
    if purpose == Purpose.CAPACITY:
        return _CARRIES, _LIMIT
    if purpose == Purpose.COMPARE:
        return _CARRIES, _SPEED, *_LATENCIES
    return _SPEED, *_LATENCIES


def found_by_search(status: LoadExperimentStatus) -> Iterator[str]:
    """Yield what a search found, cell by cell."""
    for each in status.capacity:
        yield f"{each.message or each.cell} ({each.trials} trials)"


def before_first_block(status: LoadExperimentStatus) -> Iterator[str]:
    """Yield what pilot trials found, and how long all took that went before the first block."""
    loads = status.chosen.loads if status.chosen else ()
    tiers = [[it for it in loads if it.tier == tier] for tier in sorted({it.tier for it in loads})]
    tiers = [] if any(it.rates for it in loads) else tiers
    for tier in tiers:
        yield _offered(tier)
    for tier in tiers[1:]:
        yield from _against(tier, tiers[0], status.results)
    if found := status.calibration:
        yield _alone(found)
    if status.preliminary_seconds is not None:
        what = "Pilot trials" if loads else "A settling trial"
        what = "Trials" if found else what
        yield f"{what} before the first block: {status.preliminary_seconds:.0f} s, in no figure"


def _alone(found: Calibration) -> str:
    """Tell what k6 itself adds to a latency, and what it can send."""
    ceiling = found.ceiling_per_second
    most = f", and can send ≥ {spelling.number(ceiling)} req/s" if ceiling else ""
    delays = f"p50 {spelling.number(found.p50_ms)} ms, p99 {spelling.number(found.p99_ms)} ms"
    return f"k6 itself takes {delays} at {found.rate:,.0f} req/s{most}; no latency is known better"


def _offered(tier: Sequence[CellLoad]) -> str:
    names = first_of([load.cell for load in tier], MOST_NAMED)
    rate = tier[0].rate
    offered = "Compared at factors.rate" if rate is None else f"Compared at rate {rate:,}"
    carried = _carried(tier)
    slowest = f"; the slowest carried ≥ {spelling.number(min(carried))} req/s" if carried else ""
    unknown = [load.cell for load in tier if not load.carries]
    without = f"; no pilot trial tells what {_few(unknown)} carries" if unknown else ""
    return f"{offered}: {names}{slowest}{without}"


def _few(cells: Sequence[str]) -> str:
    more = len(cells) - MOST_NAMED
    return ", ".join(cells[:MOST_NAMED]) + (f" or any of {more} more" if more > 0 else "")


def _against(
    tier: Sequence[CellLoad], slowest: Sequence[CellLoad], rows: Sequence[ResultRow]
) -> Iterator[str]:
    """Tell the ratio of capacities: at rates of their own no other figure can be compared.

    None where a pilot of the slower tier did not show all that its cell carries, nor before the
    rows say whether it did.
    """
    limits = {without_rate(row.cell).title(): row.capacity.why for row in rows if row.capacity}
    upper, lower = _carried(tier), _carried(slowest)
    known = {it.cell: limits[it.cell] for it in slowest if it.carries and it.cell in limits}
    if not (upper and lower and known):
        return
    rate, other = f"{tier[0].rate or 0:,}", f"{slowest[0].rate or 0:,}"
    if may_carry_more := {cell: why for cell, why in known.items() if why and why != Limit.SERVICE}:
        cell, why = next(iter(may_carry_more.items()))
        yield (
            f"What is carried at rate {rate} is not compared with what is at rate {other}: the "
            f"pilot of {cell} {words_of(why)}"
        )
    else:
        ratio = min(upper) / max(lower)
        yield (
            f"At rate {rate} every cell carried {ratio:.1f} times as much or more "
            f"than at rate {other}; other figures are compared at one rate only"
        )


def _carried(tier: Sequence[CellLoad]) -> list[float]:
    return [load.carries for load in tier if load.carries]
