"""What the template draws: places in percent, so that a chart fits any width without a script.

Text stays as large as it is: only lines are stretched. Every picture has its table.
"""

import re
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from loadlab.report.scale import Tick

SERIES = 8  # colours and shapes; a ninth series looks like the first


_NUMBER = re.compile(r"[≥>]? ?[-\d][\d.,%]*( or more| \[.*\]| … .*|/\d+)?$")


def series_of(place: int) -> int:
    """Return the number of a colour and shape, from 1."""
    return place % SERIES + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of texts; the first column names the row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_open: bool = False  # shown without being asked for

    def without_empty(self) -> Self:
        """Return the columns in which anything stands."""
        kept = [place for place in range(len(self.head)) if any(row[place] for row in self.rows)]
        return replace(
            self,
            head=tuple(self.head[place] for place in kept),
            rows=tuple(tuple(row[place] for place in kept) for row in self.rows),
        )

    @property
    def numbers(self) -> tuple[bool, ...]:
        """Which columns hold numbers alone, with their bounds and intervals."""
        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.head)
        return tuple(all(map(_NUMBER.match, column)) for column in columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A mark with its intervals; all places in percent from left and top."""

    x: str
    y: str
    across: tuple[str, str] | None = None
    along: tuple[str, str] | None = None
    series: int = 1
    title: str = ""
    hollow: bool = False  # a bound, not the figure itself
    void: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of points (see scale.polyline)."""

    points: str
    series: int = 1
    dotted: bool = False
    dashed: bool = False  # a bound, not the figure itself
    thin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A straight line through the plot, with what it is."""

    at: str
    text: str
    is_upright: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Two axes and what lies between them."""

    kind: ClassVar[str] = "plot"
    title: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    points: tuple[Point, ...] = ()
    lines: tuple[Line, ...] = ()
    rules: tuple[Rule, ...] = ()
    legend: tuple[tuple[int, str], ...] = ()
    height: int = 260


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One line of a ladder: an interval with its words."""

    label: str
    text: str
    outcome: str = ""  # a word of the status, which also chooses the colour
    at: str = ""
    span: tuple[str, str] | None = None
    beside: str = ""  # the place of a second, hollow mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Intervals below each other on one axis."""

    kind: ClassVar[str] = "ladder"
    title: str
    axis: str
    ticks: tuple[Tick, ...]
    rungs: tuple[Rung, ...]
    one: str = ""  # where 1 is: no difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a bar."""

    start: str
    width: str
    series: int
    title: str
    text: str = ""  # inside it, where there is room


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar of pieces, with its name and its total."""

    label: str
    text: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Bars below each other, each of the same length."""

    kind: ClassVar[str] = "bars"
    title: str
    bars: tuple[Bar, ...]
    legend: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One line of pieces in time, and what they are in words."""

    title: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneGroup:
    """Lanes of one kind below each other."""

    label: str
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A time that is shaded behind all lanes."""

    start: str
    width: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """Groups of lanes on one axis of time."""

    kind: ClassVar[str] = "lanes"
    title: str
    groups: tuple[LaneGroup, ...]
    bands: tuple[Band, ...]
    legend: tuple[tuple[int, str], ...]
    duration: str
    pitch: int = 12  # pixels from one lane to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart, and its table."""

    chart: Plot | Ladder | Bars | Lanes
    table: Table | None = None  # None where one table of the section is that of several charts


@dataclass(frozen=True, slots=True, kw_only=True)
class Pane:
    """One curve or several over the time of a trial, with the least and the most of the axis."""

    label: str
    low: str
    high: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One trial second by second, and what is known of it as a whole."""

    title: str
    state: str  # Valid, Suspect, Invalid, Failed, …
    is_void: bool
    reasons: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    window: tuple[str, str] | None = None  # start and width of what was measured
    duration: str = ""
    panes: tuple[Pane, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The timelines of one cell."""

    title: str
    is_open: bool
    timelines: tuple[Timeline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A chapter of the report."""

    anchor: str
    title: str
    sentences: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    groups: tuple[Group, ...] = ()
