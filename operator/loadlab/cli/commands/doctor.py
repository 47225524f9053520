"""`loadlab doctor`: what stands in the way of an experiment, and what to do about it."""

from typing import Annotated

import typer

from loadlab import __version__
from loadlab.cli.commands.compare import Form
from loadlab.cli.errors import CliError
from loadlab.cli.options import Context, Kubeconfig, Namespace, connect
from loadlab.cli.sheet import Prose
from loadlab.cli.terminal import show


def doctor(
    *,
    namespace: Namespace = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="Format.")] = Form.TABLE,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Look at the cluster, your rights, nodes and namespace; say what to do about each.

    Exits with 1 where an experiment would not run. What may not be read is not known, and fails
    nothing.
    """
    from loadlab.cli.doctor import report  # noqa: PLC0415 (only here)
    from loadlab.cli.doctor.finding import Finding, Outcome  # noqa: PLC0415 (only here)

    try:
        cluster = connect(kubeconfig, context, namespace)
        found = report.diagnose(cluster.ask, cluster.server, cluster.namespace, __version__)
    except CliError as error:
        found = (Finding("cluster", Outcome.PROBLEM, str(error)),)
    if output is Form.JSON:
        typer.echo(report.document(found))
    else:
        for line in report.lines(found):
            show(Prose(line))
    raise typer.Exit(1 if report.has_problem(found) else 0)
