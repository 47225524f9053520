"""`loadlab report`: one HTML file of an experiment."""

from pathlib import Path
from typing import Annotated

import typer

from loadlab.cli.errors import CliError
from loadlab.cli.options import Context, Kubeconfig, Name, Namespace, connect


def report(
    name: Name,
    *,
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

    text = report_of(connect(kubeconfig, context, namespace), name)
    file = output or Path(f"{name}.html")
    if str(file) == "-":
        typer.echo(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as err:
        raise CliError(f"cannot write {file}: {err.strerror}") from err
    typer.echo(f"{name}: written to {file}")
