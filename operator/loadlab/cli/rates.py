"""How fast cells are: the columns that fit a load's purpose, and what pilot trials found."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from loadlab import spelling
from loadlab.model.spec.load import Purpose
from loadlab.model.status import Calibration, CellLoad, LoadExperimentStatus, ResultRow

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
        yield from _against(tier, tiers[0])
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
    names = ", ".join(load.cell for load in tier[:MOST_NAMED])
    more = f" and {len(tier) - MOST_NAMED} more" if len(tier) > MOST_NAMED else ""
    rate = tier[0].rate
    offered = "Compared at factors.rate" if rate is None else f"Compared at rate {rate:,}"
    carried = _carried(tier)
    slowest = f"; the slowest carried ≥ {spelling.number(min(carried))} req/s" if carried else ""
    return f"{offered}: {names}{more}{slowest}"


def _against(tier: Sequence[CellLoad], slowest: Sequence[CellLoad]) -> Iterator[str]:
    """Tell the ratio of capacities: at rates of their own no other figure can be compared."""
    upper, lower = _carried(tier), _carried(slowest)
    if upper and lower:
        ratio = min(upper) / max(lower)
        yield (
            f"At rate {tier[0].rate or 0:,} every cell carried {ratio:.1f} times as much or more "
            f"than at rate {slowest[0].rate or 0:,}; other figures are compared at one rate only"
        )


def _carried(tier: Sequence[CellLoad]) -> list[float]:
    return [load.carries for load in tier if load.carries]
