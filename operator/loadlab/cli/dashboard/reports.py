"""What takes a while to make: reports, ratios, and how long a plan takes. Made once, one at a time.

All of it is computed in a thread, so that curves go on meanwhile.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from loadlab.base.names import EXPERIMENT_LABEL
from loadlab.base.text import fit
from loadlab.cli import against, baseline
from loadlab.cli.cells_table import short_title
from loadlab.cli.dashboard.board import Board
from loadlab.cli.dashboard.entries import LONGEST, Entry, Key, Resource, end_of, remaining
from loadlab.cli.dashboard.reading import Reads
from loadlab.cli.errors import CliError
from loadlab.cli.experiment import ExitCode
from loadlab.cli.reporting import build
from loadlab.kube.api import Kind
from loadlab.kube.errors import ClusterError

MOST_KEPT = 4  # reports, of up to 3 MB each
MOST_ESTIMATES = 200


@dataclass(frozen=True, slots=True)
class Ratios:
    """The figures of one experiment over those of another."""

    heading: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _End:
    """When an experiment will be over, by what was known of it."""

    reckoned_from: tuple[str, int, float]  # its phase, trials that ended, seconds of its plan
    at: float | None


class Reports:
    """Makes reports of what is in the cluster at the moment."""

    def __init__(self, cluster: Reads) -> None:
        self._cluster = cluster
        self._kept: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._turn = asyncio.Lock()

    async def report(self, key: Key) -> str | None:
        """Return the report of an experiment; None where there is none of its name.

        Raises:
            ClusterError: the experiment cannot be read; of its trials the report says so.
            CliError: it is of another release.
        """
        async with self._turn:
            resource = await self._cluster.get(Kind.EXPERIMENT, *key)
            if resource is None:
                return None
            metadata = resource["metadata"]
            version = str(metadata.get("uid")), str(metadata.get("resourceVersion"))
            if version not in self._kept:
                trials, note = await self._trials(key)
                text = await asyncio.to_thread(build, resource, trials, note)
                self._kept[version] = text
            self._kept.move_to_end(version)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return self._kept[version]

    async def ratios(self, here: Key, there: Key) -> Ratios | None:
        """Return the ratios of two experiments; None unless both are there and over."""
        async with self._turn:
            try:
                found = [await self._cluster.get(Kind.EXPERIMENT, *key) for key in (here, there)]
                sides = [resource for resource in found if resource]
                return await asyncio.to_thread(_ratios, *sides) if len(sides) > 1 else None
            except (ClusterError, CliError) as error:
                if isinstance(error, CliError) and error.exit_code == ExitCode.NOT_FINISHED:
                    return None
                return Ratios("No ratios", lines=(fit(str(error), LONGEST),))

    async def _trials(self, key: Key) -> tuple[list[Resource], str]:
        namespace, name = key
        pages = self._cluster.pages(Kind.TRIAL, namespace, {EXPERIMENT_LABEL: name})
        try:
            return [trial async for page in pages for trial in page], ""
        except ClusterError as error:
            return [], f"Without its trials: {fit(str(error), LONGEST)}"


class Estimates:
    """How long experiments take as planned: read and computed once, when somebody looks at one."""

    def __init__(self, cluster: Reads, board: Board, clock: Callable[[], float]) -> None:
        self._cluster, self._board, self._clock = cluster, board, clock
        self._found: OrderedDict[str, float] = OrderedDict()  # by uid
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ends: OrderedDict[str, _End] = OrderedDict()

    def remaining(self, key: Key) -> str:
        """Spell how long an experiment will still take; what is not known yet comes later."""
        entry = self._board.entries.get(key)
        if entry is None or entry.is_over:
            return ""
        if entry.uid not in self._found and entry.uid not in self._tasks:
            self._tasks[entry.uid] = asyncio.create_task(self._estimate(entry))
        estimated, now = self._found.get(entry.uid, 0.0), self._clock()
        return remaining(entry, estimated, self._end(entry, estimated, now), now)

    def _end(self, entry: Entry, estimated: float, now: float) -> float | None:
        """Return when it'll be over: reckoned when a trial has ended, and kept until the next."""
        known = self._ends.get(entry.uid)
        if known is None or known.reckoned_from != (entry.phase, entry.done, estimated):
            is_midway = known is None or known.reckoned_from[1] == entry.done
            end = end_of(entry, estimated, now, is_midway=is_midway)
            known = self._ends[entry.uid] = _End((entry.phase, entry.done, estimated), end)
            while len(self._ends) > MOST_ESTIMATES:
                self._ends.popitem(last=False)
        return known.at

    async def _estimate(self, entry: Entry) -> None:
        try:
            resource = await self._cluster.get(Kind.EXPERIMENT, *entry.key)
            self._found[entry.uid] = await asyncio.to_thread(_estimated, resource or {})
            while len(self._found) > MOST_ESTIMATES:
                self._found.popitem(last=False)
            self._board.pulse()
        except ClusterError:
            await asyncio.sleep(10)  # asked again after that, if somebody still looks
        finally:
            self._tasks.pop(entry.uid, None)


def _estimated(resource: Resource) -> float:
    from loadlab.cli.preview import preview  # noqa: PLC0415 (half a second, and in a thread)

    try:
        return preview({**resource, "kind": "LoadExperiment"}).estimated_seconds
    except CliError:  # of another release: only its own status tells then
        return 0.0


def _ratios(here: Resource, there: Resource) -> Ratios | None:
    read = [against.read(resource) for resource in (here, there)]
    sides = against.compare(*read)
    short = short_title(sides.here.status.results)
    titles = {row.cell.title(): short(row) for row in sides.here.status.results}
    lines = (*baseline.lines(sides.found), *against.not_compared(sides))
    for sheet in baseline.table(sides.found, titles):
        columns: Any = [each.column.name for each in sheet.columns]
        cells = [[cell.plain for cell in each.cells] for each in sheet.columns]
        return Ratios(sides.heading, tuple(columns), tuple(zip(*cells, strict=True)), lines)
    return Ratios(sides.heading, lines=lines)
