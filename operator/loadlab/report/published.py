"""Published against measured: each claim on one axis, as measured divided by published."""

from collections.abc import Iterator

from loadlab import spelling
from loadlab.model.status import ExpectationResult
from loadlab.report.charts import Ladder, Picture, Rung, Section, Table
from loadlab.report.scale import Scale
from loadlab.report.subject import Subject


def published(subject: Subject) -> Iterator[Section]:
    """Yield the section; nothing without expectations."""
    found = subject.status.expectations
    if not found:
        return
    table = _table(found)
    drawn = [each for each in found if each.published and _measured(each)]
    picture = Picture(chart=_ladder(drawn), table=table) if drawn else None
    yield Section(
        anchor="published",
        title="Published against measured" if drawn else "Expected and measured",
        pictures=(picture,) if picture else (),
        tables=() if picture else (table,),
    )


def _measured(each: ExpectationResult) -> float | None:
    return each.value if each.ratio is None else each.ratio


def _ladder(drawn: list[ExpectationResult]) -> Ladder:
    shares = [_shares(each) for each in drawn]
    scale = Scale.logarithmic([1.0, *(end for ends in shares for end in ends if end)])
    return Ladder(
        title="Measured divided by published",
        axis="measured over published, logarithmic; 1 is as published",
        ticks=scale.ticks_across(),
        rungs=tuple(_rung(each, ends, scale) for each, ends in zip(drawn, shares, strict=True)),
        one=scale.across(1.0),
    )


def _shares(each: ExpectationResult) -> tuple[float | None, float | None, float | None]:
    told = each.published or 1.0
    low, mean, high = each.low, _measured(each), each.high
    ends = (low, mean, high)
    parts = [None if end is None else end / told for end in ends]
    return parts[0], parts[1], parts[2]


def _rung(
    each: ExpectationResult, ends: tuple[float | None, float | None, float | None], scale: Scale
) -> Rung:
    low, mean, high = ends
    is_known = low is not None and high is not None
    return Rung(
        label=f"{each.name} ({each.figure})",
        text=f"{_told(each)}, published {_spell(each)(each.published)}",
        outcome=str(each.outcome),
        at=scale.across(mean or 1.0),
        span=(scale.across(low or 0.0), scale.across(high or 0.0)) if is_known else None,
    )


def _told(each: ExpectationResult) -> str:
    return spelling.interval(_measured(each), each.low, each.high, _spell(each))


def _spell(each: ExpectationResult) -> spelling.Spell:
    return spelling.number if each.ratio is None else spelling.ratio


def _table(found: tuple[ExpectationResult, ...]) -> Table:
    rows = tuple(
        (
            *(each.name, each.figure, _spell(each)(each.published)),
            _told(each),
            *(each.expected, str(each.outcome), each.note),
        )
        for each in found
    )
    head = ("expectation", "figure", "published", "measured", "expected", "outcome", "note")
    return Table(caption="The expectations", head=head, rows=rows, is_open=True).without_empty()
