"""`loadlab compare`: the cells of two experiments that are there."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from loadlab.cli.errors import CliError
from loadlab.cli.experiment import ExitCode
from loadlab.cli.gate import FailOn
from loadlab.cli.options import (
    FAIL_ON,
    Access,
    Context,
    From,
    Kubeconfig,
    Namespace,
    reader_of,
)
from loadlab.cli.terminal import show

_OF_A_FILE = "."  # which neither an experiment's name nor a namespace's has


class Form(StrEnum):
    """How a comparison is printed."""

    TABLE = "table"
    JSON = "json"


WHICH = "Name of a finished LoadExperiment, namespace/name, or a bundle's file (.tar.gz)."
Which = Annotated[str, typer.Argument(help=WHICH)]
WhichOrNone = Annotated[str | None, typer.Argument(help=f"{WHICH} With --from, that bundle's.")]


def compare(  # noqa: PLR0913 (options)
    a: Which,
    b: WhichOrNone = None,
    *,
    bundle: From = None,
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

    if not (b or bundle):
        raise CliError("name two: the earlier one as B, or its bundle by --from", 2)
    access = Access(kubeconfig, context, namespace)
    sides = [against.read(_found(a, None, access)), against.read(_found(b, bundle, access))]
    if sides[0].metadata == sides[1].metadata:
        raise CliError(f"{a} and {b or bundle} are one experiment: name two", ExitCode.NOT_FINISHED)
    found = against.compare(*sides)
    if output is Form.JSON:
        typer.echo(against.document(found))
    else:
        show(against.render(found))
    raise typer.Exit(against.exit_code(found, fail_on))


def _found(named: str | None, bundle: Path | None, access: Access) -> dict[str, Any]:
    """Read one side: from a bundle by --from or by its file's name, else from the cluster."""
    if named and not bundle and _OF_A_FILE in named:
        bundle, named = Path(named), None
    if named and not bundle:
        place, _, named = named.rpartition("/")
        access = replace(access, namespace=place or access.namespace)
    source, name = reader_of(named, bundle, access)
    return source.read(name)
