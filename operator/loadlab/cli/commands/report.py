"""`loadlab report`: one HTML file of an experiment."""

from pathlib import Path
from typing import Annotated

import typer

from loadlab.cli.files import write
from loadlab.cli.options import (
    Access,
    Context,
    From,
    Kubeconfig,
    NameOrNone,
    Namespace,
    reader_of,
)


def report(
    name: NameOrNone = None,
    *,
    bundle: From = None,
    namespace: Namespace = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File; default: NAME.html; - for output.")
    ] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Write one HTML file with charts and tables, which needs neither network nor script.

    Exits with 0 where it is written, whatever the verdict; `loadlab gate` is for pipelines.
    """
    from loadlab.cli.reporting import report_of  # noqa: PLC0415 (templates: a quarter of a second)

    source, name = reader_of(name, bundle, Access(kubeconfig, context, namespace))
    text = report_of(source, name)
    file = output or Path(f"{name}.html")
    if str(file) == "-":
        typer.echo(text)
        return
    write(file, text)
    typer.echo(f"{name}: written to {file}")
