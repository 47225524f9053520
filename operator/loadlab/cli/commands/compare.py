"""`loadlab compare`: the cells of two experiments that are there."""

from enum import StrEnum
from typing import Annotated

import typer

from loadlab.cli.errors import CliError
from loadlab.cli.experiment import ExitCode
from loadlab.cli.gate import FailOn
from loadlab.cli.options import FAIL_ON, Context, Kubeconfig, Namespace, connect
from loadlab.cli.terminal import show


class Form(StrEnum):
    """How a comparison is printed."""

    TABLE = "table"
    JSON = "json"


Which = Annotated[str, typer.Argument(help="Name of a finished LoadExperiment, or namespace/name.")]


def compare(  # noqa: PLR0913 (options)
    a: Which,
    b: Which,
    *,
    namespace: Namespace = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="Format.")] = Form.TABLE,
    fail_on: Annotated[FailOn, typer.Option(help=FAIL_ON)] = FailOn.REGRESSED,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Divide the figures of A by those of B, the earlier one, cell by cell, with intervals.

    Cells are paired by equal variant and levels. Whatever else differs between the two is told.
    """
    from loadlab.cli import against  # noqa: PLC0415 (a fifth of a second)

    cluster = connect(kubeconfig, context, namespace)
    sides = []
    for named in (a, b):
        place, _, name = named.rpartition("/")
        sides.append(against.read((cluster.within(place) if place else cluster).read(name)))
    if sides[0].metadata == sides[1].metadata:
        raise CliError(f"{a} and {b} are one experiment: name two", ExitCode.NOT_FINISHED)
    found = against.compare(*sides)
    if output is Form.JSON:
        typer.echo(against.document(found))
    else:
        show(against.render(found))
    raise typer.Exit(against.exit_code(found, fail_on))
