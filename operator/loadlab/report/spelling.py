"""How numbers are spelled in a report: digits that count, thousands in groups, signs of bounds."""

from collections.abc import Callable

from loadlab.model.status import Figure, LatencyMs, Standing

ABSENT = "-"
_SIGNS = {Standing.SOUND: "", Standing.BOUND: "≥ "}


def number(value: float | None) -> str:
    """A figure of any unit: three digits that count, whole from 1000 on."""
    if value is None:
        return ABSENT
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def interval(mean: float | None, low: float | None, high: float | None) -> str:
    """Spell a figure with its interval, where there is one."""
    if mean is None or low is None or high is None:
        return number(mean)
    return f"{number(mean)} [{number(low)}, {number(high)}]"


def figure(found: Figure | None, spell: Callable[[float | None], str] = number) -> str:
    """Spell a figure by its standing; replicates without an interval as least … most."""
    if found is None:
        return ABSENT
    if found.standing is Standing.UNSOUND:
        return f"{ABSENT} ({found.why or 'Unsound'})"
    sign = _SIGNS[found.standing]
    if found.least is not None and found.most is not None:
        return f"{sign}{spell(found.least)} … {spell(found.most)}"
    if found.low is None or found.high is None:
        return sign + spell(found.mean)
    return f"{sign}{spell(found.mean)} [{spell(found.low)}, {spell(found.high)}]"


def bounded(value: float | None, *, is_bound: bool) -> str:
    """Spell a figure, such as > 20,000 where it is a lower bound."""
    return f"> {number(value)}" if is_bound and value is not None else number(value)


def latency(found: LatencyMs | None, name: str, from_send: LatencyMs | None = None) -> str:
    """Spell a percentile, such as > 20,000 where only a lower bound is known.

    Where the latency from the send is another one, both are told, such as 8.01 … 15.2.
    """
    if found is None:
        return ABSENT
    if found.is_lower_bound(name):
        return bounded(getattr(found, name), is_bound=True)
    ends = [number(getattr(end, name)) for end in (from_send, found) if end]
    return " … ".join(dict.fromkeys(ends))


def percent(share: float | None) -> str:
    """A share of 1 as percent; a small one is not rounded to nothing."""
    if share is None:
        return ABSENT
    return f"{share:.2%}" if 0 < share < 0.1 else f"{share:.0%}"


def mebibytes(value: float | None) -> str:
    """Bytes as MiB, whole."""
    return ABSENT if value is None else f"{value / 2**20:,.0f}"


def counted(count: int, thing: str) -> str:
    """Spell a number of things, such as 1 cell and 3 cells."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
