"""How figures are spelled for people, in a terminal, in a report and in sentences: one rule.

Three digits that count, whole numbers from 100 on, thousands in groups; a ratio to the thousandth,
as what matters of it is how far it lies from 1; a share as percent. A bound has its sign, `≥` of
what is as much at least and `>` of what took longer; of replicates without an interval the least
and the most are told; what is Unsound is left out.
"""

from collections.abc import Callable

from loadlab.model.status import Baseline, Figure, LatencyMs, ResultRow, Standing

ABSENT = "-"
GENERATOR = "generator"  # as a component
_FAILURES = "FailuresInLatency"  # of wrk and hey, which time all answers alike
_SIGNS = {Standing.SOUND: "", Standing.BOUND: "≥ "}
_MEBIBYTE = 2**20
_FINER = range(4, 10)  # digits after the point, where three of them are those of 1
_WHOLE_FROM = 99.95  # what has three digits before its point, once it is rounded
Spell = Callable[[float | None], str]


def number(value: float | None) -> str:
    """Spell a figure of any unit: 0.625, 44, 44.1, 441, 44,100."""
    if value is None:
        return ABSENT
    return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:.3g}"


def ratio(value: float | None) -> str:
    """Spell a ratio, such as 0.691 and 1.004: to the thousandth between a tenth and ten."""
    if value is None or not 0.1 <= value < 10:
        return number(value)
    return f"{value:.3f}".rstrip("0").rstrip(".")


def beside_one(value: float | None) -> str:
    """Spell a ratio with as many digits as tell it from 1, such as 0.9996."""
    spelled = ratio(value)
    if value is None or spelled != "1":
        return spelled
    digits = next((n for n in _FINER if float(f"{value:.{n}f}") != 1), None)
    return spelled if digits is None else f"{value:.{digits}f}"


def interval(
    mean: float | None, low: float | None, high: float | None, spell: Spell = number
) -> str:
    """Spell a figure with its interval, where there is one.

    No end of a ratio's is rounded onto 1, on whose side it lies; nor is its mean beside such ends.
    """
    if mean is None or low is None or high is None:
        return spell(mean)
    of_end = beside_one if spell is ratio else spell
    of_mean = of_end if low > 1 or high < 1 else spell
    return f"{of_mean(mean)} [{of_end(low)}, {of_end(high)}]"


def figure(found: Figure | None) -> str:
    """Spell a figure by its standing, such as ≥ 1,518 [1,402, 1,644]; what is Unsound is left out.

    Replicates that carry no interval are spelled as the least and the most of them.
    """
    if found is None or found.standing is Standing.UNSOUND:
        return ABSENT
    sign = _SIGNS[found.standing]
    if found.least is not None and found.most is not None:
        return f"{sign}{number(found.least)} … {number(found.most)}"
    return sign + interval(found.mean, found.low, found.high)


def figure_or_why(found: Figure | None) -> str:
    """Spell a figure as `figure` does, or why it is left out."""
    if found is not None and found.standing is Standing.UNSOUND:
        return f"{ABSENT} ({found.why or 'Unsound'})"
    return figure(found)


def mean(found: Figure) -> str:
    """Spell a figure by its standing alone, without its interval."""
    if found.standing is Standing.UNSOUND:
        return ABSENT
    return _SIGNS[found.standing] + number(found.mean)


def chance(p: float | None) -> str:
    """Spell a p value, such as 0.0004: two digits that count."""
    return ABSENT if p is None else f"{p:.2g}"


def at_least(value: float | None, *, is_bound: bool = True) -> str:
    """Spell a figure, such as ≥ 1,053 where more is not known."""
    return f"≥ {number(value)}" if is_bound and value is not None else number(value)


def bounded(value: float | None, *, is_bound: bool) -> str:
    """Spell a figure, such as > 20,000 where it is a lower bound that was surely passed."""
    return f"> {number(value)}" if is_bound and value is not None else number(value)


def latency(found: LatencyMs | None, name: str, from_send: LatencyMs | None = None) -> str:
    """Spell a figure of a latency, such as > 20,000 where only a lower bound is known.

    Where the latency from the send is another one, both are told, such as 8.01 … 15.2.
    """
    if found is None:
        return ABSENT
    if found.is_lower_bound(name):
        return bounded(getattr(found, name), is_bound=True)
    ends = [number(getattr(end, name)) for end in (from_send, found) if end]
    return " … ".join(dict.fromkeys(ends))


def latency_of(row: ResultRow, name: str) -> str:
    """Spell a latency of a row; nothing where failed answers are among them, as of its p95."""
    if mixes_failures(row):
        return ABSENT
    return latency(row.latency_ms, name, row.latency_from_send_ms)


def mixes_failures(row: ResultRow) -> bool:
    """Whether a row's latencies are those of failed answers, too, and so nobody's."""
    return row.p95_ms is not None and row.p95_ms.why == _FAILURES


def cost_of(row: ResultRow, component: str) -> str:
    """Spell what a request costs a component, by the standing of what it costs all together.

    What k6 spends on a request stands for itself.
    """
    known = row.cpu_micros_per_request
    value = getattr(known, component) if known else None
    if component == GENERATOR:
        return number(value)
    standing = row.cpu_micros.standing if row.cpu_micros else Standing.SOUND
    if standing is Standing.UNSOUND:
        return ABSENT
    return at_least(value, is_bound=row.leaves_out_costs or standing is Standing.BOUND)


def tail(row: ResultRow | None, p95_ms: float) -> str:
    """Spell the p95 of the best cell as its row does; one that tells of something else says so."""
    if row is None or row.latency_ms is None:
        return number(p95_ms)
    told = latency(row.latency_ms, "p95", row.latency_from_send_ms)
    is_plain = told == number(row.latency_ms.p95)
    if is_plain and row.p95_ms is not None and row.p95_ms.standing is Standing.UNSOUND:
        return f"{told} ({row.p95_ms.why})"
    return told


def percent(share: float | None) -> str:
    """Spell a share of 1 as percent; a small one is not rounded to nothing."""
    if share is None:
        return ABSENT
    return f"{share:.2%}" if 0 < share < 0.1 else f"{share:.0%}"


def share(mean: float | None, low: float | None, high: float | None) -> str:
    """Spell a share as percent, with its interval where any was seen."""
    return interval(mean, low, high, percent) if mean else percent(mean)


def mebibytes(value: float | None) -> str:
    """Spell bytes as MiB, whole."""
    return ABSENT if value is None else f"{value / _MEBIBYTE:,.0f}"


def seconds(duration: float) -> str:
    """Spell a duration in its two largest units."""
    minutes, rest = divmod(round(duration), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def counted(count: int, thing: str) -> str:
    """Spell a number of things, such as 1 cell and 3 cells."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def baseline_note(found: Baseline) -> str:
    """Say why nothing is compared with a baseline, or what is not."""
    what = "Not compared" if found.comparisons else "No comparison"
    return f"{what} with the baseline {found.name}: {found.note}"
