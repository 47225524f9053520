"""The ratios to the control cell, and to a baseline, as forest plots; and the noise floor."""

from collections.abc import Iterable, Iterator, Sequence

from loadlab import spelling
from loadlab.model.status import Comparison, NoiseFloor
from loadlab.report.charts import Ladder, Picture, Rung, Section, Table
from loadlab.report.scale import Scale
from loadlab.report.subject import Subject

_WORDS = {
    "requestsPerSecond": "Requests per second",
    "cpuMicros": "CPU per request",
    "p95Ms": "p95 latency",
}
_HEAD = (
    "cell",
    "over",
    "ratio",
    "outcome",
    "p",
    "could show from",
    "replicates",
    "replicates needed",
)
_NOTE = (
    "1 is no difference; left of it the cell has less of the figure. A bar is the 95 % interval of "
    "its ratio alone, and one that crosses 1 carries no claim of a difference. The outcome beside "
    "it counts all comparisons made together (p by Holm's method), so that one whose bar leaves 1 "
    "out may be Inconclusive."
)
_WITHIN = (
    "Within the experiment a ratio is taken within each block, and the bar is over the blocks."
)
_BETWEEN = (
    "Against {} it is of the means of both experiments, which share no block: the bar is Welch's, "
    "over the replicates of each, and what changed between the two runs is part of the ratio."
)


def ratios(subject: Subject) -> Iterator[Section]:
    """Yield the section; nothing while there is no comparison."""
    status = subject.status
    baseline = status.baseline
    found = [*status.comparisons, *(baseline.comparisons if baseline else ())]
    if not found:
        return
    sentences = [*_bars(subject), *_without_claim(found)]
    if baseline and baseline.note:
        sentences.append(spelling.baseline_note(baseline))
    if baseline and baseline.differences:
        differing = "; ".join(baseline.differences)
        sentences.append(f"Beside what is compared, {baseline.name} differs in: {differing}")
    pictures = list(_pictures(status.comparisons, status.noise_floor, "", subject))
    if baseline:
        pictures += _pictures(baseline.comparisons, (), f" against {baseline.name}", subject)
    yield Section(
        anchor="ratios",
        title="Ratios to the control cell",
        sentences=tuple(sentences),
        pictures=tuple(pictures),
        tables=(_table("Comparisons without a claim", without, subject),)
        if (without := [each for each in found if each.why])
        else (),
    )


def _bars(subject: Subject) -> Iterator[str]:
    """Say what the bars are, of the forests that are drawn."""
    baseline = subject.status.baseline
    within = any(_is_drawn(each) for each in subject.status.comparisons)
    between = baseline and any(_is_drawn(each) for each in baseline.comparisons)
    if within or between:
        yield _NOTE
    if within:
        yield _WITHIN
    if baseline and between:
        yield _BETWEEN.format(baseline.name)


def _is_drawn(each: Comparison) -> bool:
    """Whether it is in a forest; what carries no claim would be read as one."""
    return each.ratio is not None and not each.why


def _pictures(
    found: Iterable[Comparison], floors: Iterable[NoiseFloor], beside: str, subject: Subject
) -> Iterator[Picture]:
    """Yield a forest for each figure."""
    by_figure: dict[str, list[Comparison]] = {}
    for each in found:
        if _is_drawn(each):
            by_figure.setdefault(each.figure, []).append(each)
    floor_of = {floor.figure: floor for floor in floors}
    for figure, told in by_figure.items():
        title = f"{_WORDS.get(figure, figure)}{beside}"
        yield Picture(
            chart=_forest(title, told, floor_of.get(figure), subject),
            table=_table(title, told, subject),
        )


def _forest(
    title: str, told: Sequence[Comparison], floor: NoiseFloor | None, subject: Subject
) -> Ladder:
    controls = {each.over for each in told}
    one_control = subject.title_of(next(iter(controls))) if len(controls) == 1 else ""
    ends = [end for each in (*told, floor) if each for end in (each.low, each.ratio, each.high)]
    scale = Scale.logarithmic([1.0, *(end for end in ends if end is not None)])
    rungs = [_rung(each, _label(each, one_control, subject), scale) for each in told]
    if floor and floor.ratio is not None:
        rungs.insert(0, _rung(floor, "the control cell, once more", scale))
    against = f" over {one_control}" if one_control else ""
    return Ladder(
        title=title,
        axis=f"ratio{against}, logarithmic",
        ticks=scale.ticks_across(),
        rungs=tuple(rungs),
        one=scale.across(1.0),
    )


def _label(each: Comparison, one_control: str, subject: Subject) -> str:
    cell = subject.title_of(each.of)
    if one_control:
        return cell
    # Levels that both have are said once, as in: async over sync, workers=2.
    (of, *levels), (over, *others) = cell.split(" "), subject.title_of(each.over).split(" ")
    if levels and levels == others:
        return f"{of} over {over}, {' '.join(levels)}"
    return f"{cell} over {subject.title_of(each.over)}"


def _rung(each: Comparison | NoiseFloor, label: str, scale: Scale) -> Rung:
    ends = None
    if each.low is not None and each.high is not None:
        start, end = scale.place(each.low), scale.place(each.high)
        ends = (f"{start:.1f}%", f"{end:.1f}%")
    return Rung(
        label=label,
        text=spelling.interval(each.ratio, each.low, each.high, spelling.ratio),
        outcome=str(each.outcome) if isinstance(each, Comparison) else "",
        at=scale.across(each.ratio or 1.0),
        span=ends,
    )


def _table(title: str, found: Iterable[Comparison], subject: Subject) -> Table:
    rows = tuple(
        (
            *(subject.title_of(each.of), subject.title_of(each.over)),
            spelling.interval(each.ratio, each.low, each.high, spelling.ratio),
            str(each.outcome) if not each.why else f"{each.figure}: {each.why}",
            spelling.chance(each.p),
            spelling.percent(each.detectable),
            str(each.blocks),
            spelling.ABSENT if each.blocks_needed is None else str(each.blocks_needed),
        )
        for each in found
    )
    return Table(caption=title, head=_HEAD, rows=rows)


def _without_claim(found: Sequence[Comparison]) -> Iterator[str]:
    for why in dict.fromkeys(each.why for each in found if each.why):
        count = sum(each.why == why for each in found)
        yield f"No claim in {count} of {spelling.counted(len(found), 'comparison')}: {why}."
