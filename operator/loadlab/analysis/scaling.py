"""How throughput scales with workers or virtual users, for each variant.

The universal scalability law (loadlab.analysis.usl) is fitted where a factor has four levels or
more at the same other levels, in the closed model: at an offered rate throughput is what was
offered. The law is refused where it would say more than the data: where throughput is in
proportion to N nobody knows where that ends; a peak beyond what was measured is not told. Where
throughput misses the law, but meets a limit as sharply as threads that only wait do, that limit is
told in its place (loadlab.analysis.hard_limit).

The knee is where the two asymptotes meet, N times the rate of one and the peak (asymptotic bounds;
Denning & Buzen, Computing Surveys 10, 1978).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from loadlab import spelling
from loadlab.analysis.blocks import Logs
from loadlab.analysis.bounds import ENOUGH_OF_PEAK, FEWEST_BLOCKS, LEAST_BEND
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.hard_limit import HardLimit, fit_limit
from loadlab.analysis.intervals import FIGURES, logs_by_cell, usable_by_cell
from loadlab.analysis.usl import Parameter, ScalabilityLaw, fit_law
from loadlab.catalogue import Cell, Factor
from loadlab.model.status import Figure, ResultRow, Scaling, Standing

FEWEST_LEVELS = 4
MAX_LAWS = 20
_WORDS = {Factor.WORKERS: "workers", Factor.VIRTUAL_USERS: "virtual users"}


def scaling_of(rows: Sequence[ResultRow], replicates: Sequence[Replicate]) -> tuple[Scaling, ...]:
    """Fit the law wherever enough levels of a factor were measured, as many as may be told."""
    closed = [replicate for replicate in replicates if not replicate.trial.open_model]
    rates = logs_by_cell(usable_by_cell(closed), FIGURES["requests_per_second"])
    found = (
        _scaling(factor, of, family, rates)
        for factor in _WORDS
        for of, family in _families(rows, factor).items()
        if len(family) >= FEWEST_LEVELS and any(rates.get(row.cell.title()) for row in family)
    )
    return tuple(found)[:MAX_LAWS]


def _families(rows: Iterable[ResultRow], factor: Factor) -> Mapping[str, list[ResultRow]]:
    """Group the rows that differ in nothing but a factor, by what they have in common."""
    families: dict[str, list[ResultRow]] = {}
    for row in rows:
        if row.cell.number(factor) is not None:
            families.setdefault(_without(row.cell, factor).title(), []).append(row)
    return families


def _without(cell: Cell, factor: Factor) -> Cell:
    return cell.model_copy(update={factor.attribute: None})


def _scaling(
    factor: Factor, of: str, family: Sequence[ResultRow], rates: Mapping[str, Logs]
) -> Scaling:
    logs = dict(_sound(factor, family, rates))
    told = Scaling(factor=factor, of=of, levels=len(logs))
    law = fit_law(logs) if len(logs) >= FEWEST_LEVELS else None
    if law is None:
        return told.model_copy(update={"why": _too_little(len(logs), len(family))})
    if law.is_missed and (limit := fit_limit(logs)):
        return told.model_copy(update=_hard(limit, factor, sorted(logs)))
    most = max(logs)
    if why := _refusal(law, factor, most):
        return told.model_copy(update={"why": why})
    peak = law.peak
    is_seen = peak is not None and min(logs) <= peak <= most
    top = law.throughput(peak) if peak is not None and is_seen else None
    return told.model_copy(
        update={
            "rate_of_one": _figure(law.rate),
            "contention": _figure(law.contention),
            "coherence": _figure(law.coherence),
            "peak_at": peak if is_seen else None,
            "peak": top,
            "knee": top / law.rate.mean if top else None,
            "recommendation": _recommendation(law, factor, sorted(logs), peak if is_seen else None),
            "why": None if is_seen else _no_peak(peak, factor, most),
        }
    )


def _hard(limit: HardLimit, factor: Factor, sizes: Sequence[int]) -> dict[str, Any]:
    """Tell of a limit that throughput meets at the knee, and never exceeds."""
    knee, words = limit.knee.mean, _WORDS[factor]
    # There is one: the limit begins at most 5 % beyond the largest size, see fit_limit.
    enough = next(size for size in sizes if size >= ENOUGH_OF_PEAK * knee)
    return {
        "rate_of_one": _figure(limit.rate),
        "limit": _figure(limit.ceiling),
        "knee": knee,
        "recommendation": (
            f"{enough} {words} reach a hard limit of {limit.ceiling.mean:,.0f} requests per "
            f"second, which begins at {spelling.number(knee)}"
        ),
    }


def _sound(
    factor: Factor, family: Iterable[ResultRow], rates: Mapping[str, Logs]
) -> Iterator[tuple[int, Logs]]:
    """Yield the logarithms of each level's throughput, of those where the service set it."""
    for row in family:
        size, logs = row.cell.number(factor), rates.get(row.cell.title())
        rate = row.requests_per_second
        if size is not None and logs and rate and rate.standing is Standing.SOUND:
            yield size, logs


def _figure(found: Parameter) -> Figure:
    return Figure(mean=found.mean, low=found.low, high=found.high)


def _too_little(usable: int, measured: int) -> str:
    if usable < FEWEST_LEVELS:
        return (
            f"{usable} of {measured} levels have a throughput that the service set; the law needs "
            f"{FEWEST_LEVELS}"
        )
    return f"fewer than {FEWEST_BLOCKS} replicates of each level: raise spec.replicates"


def _refusal(law: ScalabilityLaw, factor: Factor, most: int) -> str | None:
    """Say why the law is not told; None where the data carry it."""
    many = f"{most} {_WORDS[factor]}"
    if law.is_missed and not _is_known(law):
        return f"throughput up to {many} does not follow the law: it has a limit of another kind"
    lost = 1 - law.throughput(most) / (law.rate.mean * most)
    if not law.bends or abs(lost) < LEAST_BEND:
        return f"throughput grows in proportion up to {many}: where that ends takes larger levels"
    if not _is_known(law):
        return (
            "contention and coherence are known no better than by their own size: more replicates, "
            "or levels further apart, narrow that"
        )
    return None


def _is_known(law: ScalabilityLaw) -> bool:
    return law.contention.is_known or law.coherence.is_known


def _no_peak(peak: float | None, factor: Factor, most: int) -> str:
    if peak is None:
        return f"throughput is not seen to fall up to {most} {_WORDS[factor]}"
    where = "beyond the most" if peak > most else "below the least"
    told = f"the law has its peak at {spelling.number(peak)} {_WORDS[factor]}"
    return f"{told}, {where} that was measured"


def _recommendation(
    law: ScalabilityLaw, factor: Factor, sizes: Sequence[int], peak: float | None
) -> str:
    """Name the least measured level that carries nearly as much as any that was measured."""
    best = max(sizes, key=law.throughput)
    enough = next(s for s in sizes if law.throughput(s) >= ENOUGH_OF_PEAK * law.throughput(best))
    words = _WORDS[factor]
    if enough == sizes[-1]:
        return f"{enough} {words}: each step up to them still gains; more may gain more"
    share = law.throughput(enough) / law.throughput(best)
    end = f"; beyond {peak:.0f} throughput falls" if peak is not None else ""
    if enough == best:
        return f"{enough} {words} carry the most{end}"
    return f"{enough} {words} carry {share:.0%} of what {best} do{end}"
