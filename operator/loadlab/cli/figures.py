"""How numbers are spelled for people."""

from collections.abc import Callable

from loadlab.model.status import Figure, LatencyMs, Standing

_MEBIBYTE = 2**20
ABSENT = "-"
_SIGNS = {Standing.SOUND: "", Standing.BOUND: "≥ "}


def rate(value: float) -> str:
    """Requests per second: whole from 100 on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def rate_figure(found: Figure | None, *, interval: bool = True) -> str:
    """Spell a rate by its standing, such as ≥ 1,518, with its interval where there is one.

    What is Unsound is left out. Replicates that carry no interval are spelled as the least and the
    most of them.
    """
    if found is None or found.standing is Standing.UNSOUND:
        return ABSENT
    return f"{_SIGNS[found.standing]}{_spelled(found, rate, interval=interval)}"


def micros_figure(found: Figure | None) -> str:
    """Spell a figure of microseconds with its interval, where there is one."""
    if found is None or found.standing is Standing.UNSOUND:
        return ABSENT
    return _SIGNS[found.standing] + _spelled(found, micros, interval=True)


def _spelled(found: Figure, spell: Callable[[float], str], *, interval: bool) -> str:
    mean = spell(found.mean)
    if not interval:
        return mean
    if found.least is not None and found.most is not None:
        return f"{spell(found.least)} … {spell(found.most)}"
    if found.low is None or found.high is None:
        return mean
    return f"{mean} [{spell(found.low)}, {spell(found.high)}]"


def number(value: float | None) -> str:
    """A figure of any unit: four digits that count, whole from 1000 on."""
    if value is None:
        return ABSENT
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def interval(mean: float | None, low: float | None, high: float | None) -> str:
    """Spell a figure of any unit with its interval, where there is one."""
    if mean is None or low is None or high is None:
        return number(mean)
    return f"{number(mean)} [{number(low)}, {number(high)}]"


def figure(found: Figure | None) -> str:
    """Spell a figure of any unit with its interval."""
    return ABSENT if found is None else interval(found.mean, found.low, found.high)


def milliseconds(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return ABSENT
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def latency(found: LatencyMs | None, name: str, from_send: LatencyMs | None = None) -> str:
    """Spell a figure of a latency, such as > 20,000 where only a lower bound is known.

    Where the latency from the send is another one, both are told, such as 8.01 … 15.2.
    """
    if found is None:
        return ABSENT
    if found.is_lower_bound(name):
        return f"> {milliseconds(getattr(found, name))}"
    ends = [milliseconds(getattr(end, name)) for end in (from_send, found) if end]
    return " … ".join(dict.fromkeys(ends))


def percent(share: float | None) -> str:
    """A share of 1 as percent; a small one is not rounded to nothing."""
    if share is None:
        return ABSENT
    return f"{share:.2%}" if 0 < share < 0.1 else f"{share:.0%}"


def share(mean: float | None, low: float | None, high: float | None) -> str:
    """A share as percent, with its interval where any was seen."""
    if not mean or low is None or high is None:
        return percent(mean)
    return f"{percent(mean)} [{percent(low)}, {percent(high)}]"


def micros(value: float | None, *, is_lower_bound: bool = False) -> str:
    """Microseconds, whole, such as ≥ 1,053 where more is not known."""
    if value is None:
        return ABSENT
    return f"{'≥ ' if is_lower_bound else ''}{value:,.0f}"


def mebibytes(value: float | None) -> str:
    """Bytes as MiB, whole."""
    return ABSENT if value is None else f"{value / _MEBIBYTE:,.0f}"
