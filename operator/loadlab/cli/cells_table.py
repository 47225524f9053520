"""The table of the cells: one row each, what they have in common in its title."""

from collections.abc import Callable, Iterator, Sequence

from pydantic.alias_generators import to_camel
from rich.text import Text

from loadlab import spelling
from loadlab.catalogue import Cell
from loadlab.cli import rates
from loadlab.cli.sheet import Column, Sheet, key, word
from loadlab.model.status import ByComponent, CostUnit, LoadOutcome, ResultRow

_COMPONENTS = tuple(ByComponent.model_fields)
COLOURS = {
    "Valid": "green",
    "Passed": "green",
    "Reproduced": "green",
    "Suspect": "yellow",
    "Inconclusive": "yellow",
    "Invalid": "red",
    "Contradicted": "red",
    "Failed": "red",
    "Error": "red",
    "Overloaded": "red",
}


def used_factors(rows: Sequence[ResultRow]) -> list[str]:
    """List the factors that at least one row has a level of, by their field names."""
    factors = [name for name in Cell.model_fields if name != "variant"]
    return [name for name in factors if any(getattr(r.cell, name) is not None for r in rows)]


def swept_factors(rows: Sequence[ResultRow]) -> list[str]:
    """List the factors that tell rows apart; the others are said once, in the title."""
    return [n for n in used_factors(rows) if len({getattr(row.cell, n) for row in rows}) > 1]


def short_title(rows: Sequence[ResultRow]) -> Callable[[ResultRow], str]:
    """Name a row by its variant and the levels that tell it apart."""
    factors = swept_factors(rows)

    def title(row: ResultRow) -> str:
        levels = {to_camel(n): getattr(row.cell, n) for n in factors}
        known = (f"{name}={level}" for name, level in levels.items() if level is not None)
        return " ".join([row.cell.variant, *known])

    return title


def _title(name: str, rows: Sequence[ResultRow]) -> str:
    fixed = [n for n in used_factors(rows) if n not in swept_factors(rows)]
    return "  ".join([name, *(f"{to_camel(n)}={getattr(rows[0].cell, n)}" for n in fixed)])


def used_components(rows: Sequence[ResultRow]) -> list[str]:
    """List the components whose CPU is known in at least one row."""
    costs = [row.cpu_micros_per_request for row in rows if row.cpu_micros_per_request]
    return [name for name in _COMPONENTS if any(getattr(c, name) is not None for c in costs)]


def cost_unit(rows: Sequence[ResultRow]) -> str:
    """Name what CPU time is divided by: a request, where none failed; else a good answer."""
    known = [row for row in rows if row.cpu_micros_per_request]
    request = "good" if any(row.failed_rate for row in known) else "req"
    per_row = [row.cpu_per is CostUnit.ROW for row in known]
    if not any(per_row):
        return request
    return "row" if all(per_row) else f"{request}\nor row written"


def table(title: str, rows: Sequence[ResultRow], columns: Sequence[rates.Column]) -> Sheet:
    """Return the table, with the figures of speed that the columns are of."""
    factors, components = swept_factors(rows), used_components(rows)
    in_all = any(row.cpu_micros for row in rows)
    per = cost_unit(rows)
    costs = [f"in all\nCPU µs/{per}"] if in_all else []
    costs += [f"{n}\nCPU µs/{'req' if n == spelling.GENERATOR else per}" for n in components]
    offered = [word("load", moves=True)] if any(row.load for row in rows) else []
    headings = [
        key("variant"),
        *(Column(name.replace("_", "\n"), is_key=True) for name in factors),
        *(Column(column.heading) for column in columns),
        Column("failed", moves=True),
        *map(Column, [*costs, "memory\nMiB", "generator\nCPU"]),
        Column("runs\nused", moves=True),
        *offered,
        word("validity", moves=True),
    ]
    shown: list[list[str | Text]] = [
        [
            row.cell.variant,
            *(_level(getattr(row.cell, name)) for name in factors),
            *(column.spell(row) for column in columns),
            *_costs(row, components, in_all=in_all),
            *([_load(row)] if offered else []),
            Text(row.validity, style=COLOURS[row.validity]),
        ]
        for row in rows
    ]
    return Sheet(_title(title, rows), headings, shown)


def _load(row: ResultRow) -> Text:
    """Whether the load was carried, and in how many of the used replicates it was not."""
    if row.load is not LoadOutcome.OVERLOADED:
        return Text(row.load or spelling.ABSENT)
    counts = row.replicates
    return Text(f"{row.load} {counts.overloaded}/{counts.valid}", style=COLOURS[row.load])


def _level(level: object) -> str:
    return spelling.ABSENT if level is None else str(level)


def _costs(row: ResultRow, components: list[str], *, in_all: bool) -> Iterator[str]:
    yield spelling.share(row.failed_rate, row.failed_low, row.failed_high)
    if in_all:
        yield spelling.figure(row.cpu_micros)
    for name in components:
        yield spelling.cost_of(row, name)
    yield spelling.mebibytes(row.memory_bytes.service if row.memory_bytes else None)
    yield spelling.percent(row.generator_cpu)
    yield f"{row.replicates.valid}/{row.replicates.planned}"
