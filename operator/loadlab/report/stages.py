"""Where the time of a mean request went, and what held each cell back."""

from collections.abc import Iterator

from loadlab import spelling
from loadlab.model.status import Bottleneck, Resource
from loadlab.report.charts import SERIES, Bar, Bars, Picture, Piece, Section, Table
from loadlab.report.scale import percent
from loadlab.report.subject import Subject

_FEW = 12  # rows of long texts that are shown without being asked for
_LETTER, _BAR = 7, 340  # pixels of a letter, and of a bar on a telephone
_GREY = SERIES


def stages(subject: Subject) -> Iterator[Section]:
    """Yield the section; nothing where no bottleneck is known."""
    known = [(subject.name_of(r.cell), r.bottleneck) for r in subject.rows if r.bottleneck]
    if not known:
        return
    shared = [(name, found) for name, found in known if found.stages]
    sentence = (
        "Each bar is the mean response time of a cell, shared out by what the request did or "
        "waited for."
        if shared
        else "What a request did and waited for was not measured: only instrumented services tell."
    )
    yield Section(
        anchor="stages",
        title="Where the time went",
        sentences=(sentence,),
        pictures=(_picture(shared),) if shared else (),
        tables=(_bottlenecks(known),),
    )


def _picture(shared: list[tuple[str, Bottleneck]]) -> Picture:
    names = [r for r in Resource if any(s.name is r for _, found in shared for s in found.stages)]
    title = "Share of the mean response time by stage"
    rows = tuple(
        (name, str(stage.name), spelling.number(stage.ms), spelling.percent(stage.share))
        for name, found in shared
        for stage in found.stages
    )
    return Picture(
        chart=Bars(
            title=title,
            bars=tuple(_bar(name, found, names) for name, found in shared),
            legend=tuple((_colour(name, names), str(name)) for name in names),
        ),
        table=Table(caption=title, head=("cell", "stage", "ms", "share"), rows=rows),
    )


def _bar(name: str, found: Bottleneck, names: list[Resource]) -> Bar:
    pieces, start = list[Piece](), 0.0
    for stage in sorted(found.stages, key=lambda each: names.index(each.name)):
        share = min(max(stage.share, 0.0), 1.0 - start)
        told = f"{spelling.number(stage.ms)} ms, {spelling.percent(stage.share)}"
        pieces.append(
            Piece(
                start=percent(100 * start),
                width=percent(100 * share),
                series=_colour(stage.name, names),
                title=f"{stage.name}: {told}",
                text=stage.name if share * _BAR > _LETTER * (len(stage.name) + 1) else "",
            )
        )
        start += share
    total = sum(stage.ms for stage in found.stages)
    return Bar(label=name, text=f"{spelling.number(total)} ms", pieces=tuple(pieces))


def _colour(name: Resource, names: list[Resource]) -> int:
    """Grey is what nothing explains; the others take turns."""
    return _GREY if name is Resource.UNATTRIBUTED else names.index(name) % (_GREY - 1) + 1


def _bottlenecks(known: list[tuple[str, Bottleneck]]) -> Table:
    rows = tuple(
        (
            *(name, str(found.name), str(found.confidence)),
            *(found.evidence, found.remedy or spelling.ABSENT),
        )
        for name, found in known
    )
    head = ("cell", "bottleneck", "confidence", "evidence", "what would help")
    return Table(
        caption="What held each cell back", head=head, rows=rows, is_open=len(rows) <= _FEW
    )
