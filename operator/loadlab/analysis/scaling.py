"""How throughput scales with workers or virtual users, for each variant.

The universal scalability law (loadlab.analysis.usl) is fitted where a factor has four levels or
more at the same other levels, in the closed model: at an offered rate throughput is what was
offered. The law is refused where it would say more than the data: where throughput is in
proportion to N nobody knows where that ends, and where throughput misses the law its parameters
mean nothing. A peak is told where the levels themselves show a fall there, and which level is
enough by what they carried and which criteria they met (loadlab.analysis.measured_levels). Where
throughput misses the law, but meets a limit as sharply as threads that only wait do, that limit is
told in its place (loadlab.analysis.hard_limit). A level whose throughput is a lower bound enters
none of them, and nothing is said that it exceeds.

The knee is where the two asymptotes meet, N times the rate of one and the peak (asymptotic bounds;
Denning & Buzen, Computing Surveys 10, 1978).
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from loadlab import spelling
from loadlab.analysis.blocks import Logs
from loadlab.analysis.bounds import ENOUGH_OF_PEAK, FEWEST_BLOCKS, LEAST_BEND
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.hard_limit import HardLimit, fit_limit
from loadlab.analysis.intervals import FIGURES, logs_by_cell, usable_by_cell
from loadlab.analysis.measured_levels import MeasuredLevels
from loadlab.analysis.open_ends import is_of_survivors
from loadlab.analysis.usl import Parameter, ScalabilityLaw, fit_law
from loadlab.catalogue import Cell, Factor
from loadlab.model.status import Figure, ResultRow, Scaling, Standing

FEWEST_LEVELS = 4
MAX_LAWS = 20
_Family = Mapping[int, ResultRow]  # by the level of the factor that they differ in
_WORDS = {Factor.WORKERS: "workers", Factor.VIRTUAL_USERS: "virtual users"}


def scaling_of(
    rows: Sequence[ResultRow],
    replicates: Sequence[Replicate],
    passing: Collection[str] | None = None,
    *,
    why: str = "",
) -> tuple[Scaling, ...]:
    """Fit the law wherever enough levels of a factor were measured, as many as may be told.

    `passing` are the titles of the cells that meet all criteria, None for all: of these is the
    level that is enough, where there are any. `why` says why no law is told, whatever the levels
    carried: one after the other they carry what a drift of the machine has made of them, too.
    """
    closed = [replicate for replicate in replicates if not replicate.trial.open_model]
    rates = logs_by_cell(usable_by_cell(closed), FIGURES["requests_per_second"])
    found = (
        _scaling(factor, of, family, rates, passing)
        for factor in _WORDS
        for of, family in _families(rows, factor).items()
        if len(family) >= FEWEST_LEVELS
        and any(rates.get(row.cell.title()) for row in family.values())
    )
    told = tuple(found)[:MAX_LAWS]
    return tuple(_untold(law, why) for law in told) if why else told


def _untold(law: Scaling, why: str) -> Scaling:
    return Scaling(factor=law.factor, of=law.of, levels=law.levels, why=why)


def _families(rows: Iterable[ResultRow], factor: Factor) -> Mapping[str, _Family]:
    """Group the rows that differ in nothing but a factor, by what they have in common."""
    families: dict[str, dict[int, ResultRow]] = {}
    for row in rows:
        if (size := row.cell.number(factor)) is not None:
            families.setdefault(_without(row.cell, factor).title(), {})[size] = row
    return families


def _without(cell: Cell, factor: Factor) -> Cell:
    return cell.model_copy(update={factor.attribute: None})


def _scaling(
    factor: Factor,
    of: str,
    family: _Family,
    rates: Mapping[str, Logs],
    passing: Collection[str] | None,
) -> Scaling:
    logs = dict(_sound(family, rates))
    told = Scaling(factor=factor, of=of, levels=len(logs))
    law = fit_law(logs) if len(logs) >= FEWEST_LEVELS else None
    if law is None:
        return told.model_copy(update={"why": _too_little(len(logs), len(family))})
    measured = MeasuredLevels.of(logs, _fit(family, passing), _bounds(family))
    if law.is_missed:
        limit = fit_limit(logs)
        if limit and not measured.is_exceeded(limit.ceiling.high):
            return told.model_copy(update=_hard(limit, factor, measured))
        words = measured.recommendation(_WORDS[factor])
        return told.model_copy(update={"why": _missed(factor, max(logs)), "recommendation": words})
    if law.is_unknown:
        words = measured.recommendation(_WORDS[factor])
        return told.model_copy(update={"why": _unknown(factor), "recommendation": words})
    if why := _refusal(law, factor, max(logs)):
        return told.model_copy(update={"why": why})
    return told.model_copy(update=_lawful(law, measured, _WORDS[factor]))


def _lawful(law: ScalabilityLaw, measured: MeasuredLevels, words: str) -> dict[str, Any]:
    """Tell of the law; of its peak where throughput is seen to fall there."""
    peak = law.peak
    is_seen = peak is not None and measured.has_peak(peak)
    top = law.throughput(peak) if peak is not None and is_seen else None
    return {
        "rate_of_one": _figure(law.rate),
        "contention": _figure(law.contention),
        "coherence": _figure(law.coherence),
        "peak_at": peak if is_seen else None,
        "peak": top,
        "knee": top / law.rate.mean if top else None,
        "recommendation": measured.recommendation(words),
        "why": None if is_seen else _no_peak(peak, measured, words),
    }


def _hard(limit: HardLimit, factor: Factor, measured: MeasuredLevels) -> dict[str, Any]:
    """Tell of a limit that throughput meets at the knee, and never exceeds."""
    knee, words = limit.knee.mean, _WORDS[factor]
    # There is one: the limit begins at most 5 % beyond the largest size, see fit_limit.
    reach = [size for size in measured.rates if size >= ENOUGH_OF_PEAK * knee]
    enough = next((size for size in reach if size in measured.fit), None)
    limit_in_words = (
        f"a hard limit of {limit.ceiling.mean:,.0f} requests per second, which begins at "
        f"{spelling.number(knee)}"
    )
    return {
        "rate_of_one": _figure(limit.rate),
        "limit": _figure(limit.ceiling),
        "knee": knee,
        "recommendation": f"{enough} {words} reach {limit_in_words}" if enough else "",
    }


def _fit(family: _Family, passing: Collection[str] | None) -> frozenset[int]:
    """Return the levels that meet all criteria; where none does, there are none to choose from."""
    titles = {size: row.cell.title() for size, row in family.items()}
    fit = [size for size, title in titles.items() if passing is None or title in passing]
    return frozenset(fit or family)


def _bounds(family: _Family) -> Mapping[int, float]:
    """Return by level what was carried at least, in requests/s, where something else set it."""
    return {
        size: rate.mean
        for size, row in family.items()
        if (rate := row.requests_per_second) and rate.standing is Standing.BOUND
    }


def _sound(family: _Family, rates: Mapping[str, Logs]) -> Iterator[tuple[int, Logs]]:
    """Yield the logarithms of each level's throughput, of those where the service set it."""
    for size, row in family.items():
        logs, rate = rates.get(row.cell.title()), row.requests_per_second
        is_known = rate is not None and rate.standing is Standing.SOUND
        if logs and is_known and not is_of_survivors(row):
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
    lost = -math.expm1(-law.loss.mean)
    if abs(lost) < LEAST_BEND:
        within = -math.expm1(-max(law.loss.high, -law.loss.low))
        known = f", within {within:.0%}" if within > LEAST_BEND else ""
        return (
            f"throughput grows in proportion up to {many}{known}: where that ends takes larger "
            "levels"
        )
    if not law.bends:
        beside = "below" if lost > 0 else "above"
        return (
            f"throughput up to {many} is not told from growth in proportion ({abs(lost):.0%} "
            f"{beside} it): more replicates narrow that"
        )
    if not law.contention.is_known and not law.coherence.is_known:
        return (
            "contention and coherence are known no better than by their own size: more replicates, "
            "or levels further apart, narrow that"
        )
    return None


def _unknown(factor: Factor) -> str:
    words = _WORDS[factor]
    return (
        f"the rate of one is not known from these levels: measure fewer {words}, too, or more "
        "replicates"
    )


def _missed(factor: Factor, most: int) -> str:
    many = f"{most} {_WORDS[factor]}"
    return f"throughput up to {many} does not follow the law: it has a limit of another kind"


def _no_peak(peak: float | None, measured: MeasuredLevels, words: str) -> str:
    if not measured.falls:
        return f"throughput is not seen to fall up to {measured.most} {words}"
    its = "no peak that is known" if peak is None else f"its peak at {spelling.number(peak)}"
    return f"throughput falls from {measured.best} to {measured.most} {words}; the law has {its}"
