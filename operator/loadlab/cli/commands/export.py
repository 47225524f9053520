"""`loadlab export`: a table of an experiment for other programs."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from loadlab.base.text import plain
from loadlab.cli.errors import CliError
from loadlab.cli.experiment import ExitCode, Experiment
from loadlab.cli.files import write
from loadlab.cli.flat import Measured, Row, Table, csv_of, rows_of
from loadlab.cli.options import (
    Access,
    Context,
    From,
    Kubeconfig,
    NameOrNone,
    Namespace,
    Reader,
    reader_of,
)
from loadlab.spelling import counted


class TableFormat(StrEnum):
    """How a table is written."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def export(  # noqa: PLR0913 (options)
    name: NameOrNone = None,
    *,
    bundle: From = None,
    namespace: Namespace = None,
    table: Annotated[Table, typer.Option(help="What a row is.")] = Table.CELLS,
    output: Annotated[
        TableFormat,
        typer.Option("--output", "-o", help="Format; parquet is the extra loadlab[parquet]."),
    ] = TableFormat.CSV,
    file: Annotated[
        Path | None,
        typer.Option(
            help="File to write; default: standard output, of parquet NAME-TABLE.parquet."
        ),
    ] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Write a table of an experiment: its cells, its trials, or the seconds of its trials.

    Exits with 0 where it is written, whatever the verdict.
    """
    source, name = reader_of(name, bundle, Access(kubeconfig, context, namespace))
    measured = _measured(source, name, table)
    rows = rows_of(measured, table)
    if not rows and measured.experiment.finished:
        raise CliError(f"{name} has no {table}")
    if not rows:
        raise CliError(f"{name} has no {table} yet", ExitCode.NOT_FINISHED)
    if output is TableFormat.PARQUET and not file:
        file = Path(f"{name}-{table}.parquet")
    content = _written(rows, output)
    if file:
        write(file, content)
        typer.echo(f"{name}: {counted(len(rows), 'row')} written to {file}")
    else:
        typer.echo(content, nl=False)


def _measured(source: Reader, name: str, table: Table) -> Measured:
    experiment = Experiment.of(source.read(name))
    if not table.needs_trials:
        return Measured(experiment)
    from loadlab.cli.reporting import belonging  # noqa: PLC0415 (templates: a quarter of a second)
    from loadlab.report import read_trials  # noqa: PLC0415 (as above)

    trials, left_out = read_trials(belonging(source.read(name), source.trials(name)))
    for note in left_out:
        typer.echo(plain(note), err=True)
    return Measured(experiment, trials)


def _written(rows: list[Row], output: TableFormat) -> str | bytes:
    if output is TableFormat.PARQUET:
        from loadlab.cli.parquet import parquet_of  # noqa: PLC0415 (only here)

        return parquet_of(rows)
    return f"{csv_of(rows)}\n" if output is TableFormat.CSV else f"{json.dumps(rows, indent=2)}\n"
