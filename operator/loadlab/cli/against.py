"""Two experiments that are there, compared as one with `comparison.baselineRef` is. Pure.

The statistics are the operator's own (loadlab.analysis.baseline): figures of A over those of B,
cells paired by equal variant and levels, all comparisons one family.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from rich.console import Group, RenderableType
from rich.text import Text

from loadlab.analysis.baseline import BaselineView, figures_left_out, same_cells, with_baseline
from loadlab.base.models import first_fault
from loadlab.base.text import first_of
from loadlab.cli import baseline, gate
from loadlab.cli.cells_table import short_title
from loadlab.cli.errors import CliError
from loadlab.cli.experiment import ExitCode
from loadlab.cli.sheet import Prose
from loadlab.model.resources import Experiment
from loadlab.model.status import Baseline, ResultRow

_NAMED = 3  # cells of a kind; the tables of either experiment have them all


@dataclass(frozen=True, slots=True)
class Sides:
    """Two finished experiments and what their comparison shows."""

    here: Experiment
    there: Experiment
    found: Baseline
    omitted: tuple[str, ...] = ()  # of the comparisons, as gates name it

    @property
    def heading(self) -> str:
        """Which is which, with their namespaces."""
        return f"{_place(self.here)} (here) over {_place(self.there)} (there)"


def read(resource: dict[str, Any]) -> Experiment:
    """Read an experiment that is to be compared.

    Raises:
        CliError: it is of another release, or not finished.
    """
    metadata = resource.get("metadata", {})
    place = f"LoadExperiment {metadata.get('namespace')}/{metadata.get('name')}"
    try:
        found = Experiment.model_validate(resource)
    except ValidationError as error:
        raise CliError(f"this release cannot read {place}: {first_fault(error)}") from error
    if not found.status.phase.is_terminal:
        wait = f"loadlab wait {found.metadata.name} -n {found.metadata.namespace}"
        message = f"{place} is {found.status.phase} and has no results to compare yet: {wait}"
        raise CliError(message, ExitCode.NOT_FINISHED)
    return found


def compare(here: Experiment, there: Experiment) -> Sides:
    """Compare two experiments as if the second were the baseline of the first."""
    name = there.metadata.name
    workloads = here.spec.workload, there.spec.workload
    if workloads[0] != workloads[1]:
        note = f"its workload is {workloads[1]}, the other one's {workloads[0]}; both must be one"
        return Sides(here, there, Baseline(name=name, note=note))
    alone = here.status.model_copy(update={"baseline": None, "omitted": ()})
    compared = with_baseline(alone, here.spec, BaselineView(name, there))
    return Sides(here, there, compared.baseline or Baseline(name=name), compared.omitted)


def exit_code(sides: Sides, fail_on: gate.FailOn) -> ExitCode:
    """Return what a pipeline goes by: as `loadlab gate` does, by the comparisons alone."""
    if fail_on is gate.FailOn.CRITERIA:
        return ExitCode.PASSED
    status = sides.here.status.model_copy(
        update={"comparisons": (), "baseline": sides.found, "omitted": sides.omitted}
    )
    is_decisive = fail_on is gate.FailOn.INCONCLUSIVE
    return gate.code_of(tuple(gate.comparison_checks(status, is_decisive=is_decisive)))


def render(sides: Sides) -> RenderableType:
    """Render the ratios, and what is not compared or differs otherwise."""
    short = short_title(sides.here.status.results)
    titles = {row.cell.title(): short(row) for row in sides.here.status.results}
    lines = [*baseline.lines(sides.found), *not_compared(sides)]
    return Group(
        Prose(Text(sides.heading, style="bold")),
        Text(),
        *baseline.table(sides.found, titles),
        *map(Prose, lines),
    )


def document(sides: Sides) -> str:
    """Write the comparison as JSON."""
    places = {"of": _place(sides.here), "over": _place(sides.there)}
    found = {**places, **sides.found.dump(), "notCompared": list(not_compared(sides))}
    return json.dumps(found, indent=2)


def not_compared(sides: Sides) -> Iterator[str]:
    """Yield what no ratio is there for, beside what the comparison itself says."""
    rows, others = sides.here.status.results, sides.there.status.results
    known = [row for row, _ in same_cells(rows, others)]
    if not sides.found.comparisons:
        return
    compared = {each.of for each in sides.found.comparisons}
    without = [row for row in known if row.cell.title() not in compared]
    yield from _named("no figure is known on both sides", without)
    if missing := figures_left_out(sides.here.spec.load, len(known)):
        yield f"Of {len(known)} cells {' and '.join(missing)} is not compared: they are too many"


def _named(why: str, rows: list[ResultRow]) -> Iterator[str]:
    if rows:
        names = first_of([row.cell.title() for row in rows], _NAMED)
        yield f"Not compared, {why}: {names}"


def _place(experiment: Experiment) -> str:
    return f"{experiment.metadata.namespace}/{experiment.metadata.name}"
