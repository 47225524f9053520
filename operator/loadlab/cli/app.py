"""The commands. Each exits with a code that a script can act on."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loadlab import __version__
from loadlab.base.text import plain
from loadlab.cli.commands.bundle import bundle
from loadlab.cli.commands.compare import compare
from loadlab.cli.commands.completion import completion, enable
from loadlab.cli.commands.dashboard import dashboard
from loadlab.cli.commands.doctor import doctor
from loadlab.cli.commands.export import export
from loadlab.cli.commands.gate import gate
from loadlab.cli.commands.init import init
from loadlab.cli.commands.report import report
from loadlab.cli.commands.results import print_last_words, results
from loadlab.cli.commands.wait import wait
from loadlab.cli.errors import CliError
from loadlab.cli.experiment import Experiment
from loadlab.cli.files import read, standard_output
from loadlab.cli.leaving import goes_on
from loadlab.cli.options import (
    EXIT_CODES,
    Access,
    Context,
    Kubeconfig,
    Name,
    Namespace,
    Timeout,
    connect,
)
from loadlab.cli.tables import render
from loadlab.cli.terminal import show
from loadlab.spelling import seconds as spell_seconds

if TYPE_CHECKING:
    from loadlab.cli.preview import Preview
    from loadlab.cli.source import Cluster

app = typer.Typer(
    name="loadlab",
    help=f"Plan, read and follow LoadExperiments.\n\n{EXIT_CODES}",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Files = Annotated[
    list[Path], typer.Argument(help="YAML files, - for standard input.", allow_dash=True)
]


def status(
    name: Name,
    *,
    namespace: Namespace = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow until it finished.")] = False,
    timeout: Timeout = 7200,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Say where an experiment stands; with --watch, follow it until it finished."""
    cluster = connect(kubeconfig, context, namespace)
    if watch:
        from loadlab.cli.follow import follow  # noqa: PLC0415 (it brings asyncio)

        with goes_on(name, cluster.namespace):
            experiment = follow(cluster, name, timeout, Access(kubeconfig, context, namespace))
    else:
        experiment = Experiment.of(cluster.read(name))
        show(experiment.line)
    print_last_words(cluster, experiment)
    raise typer.Exit(experiment.exit_code)


def show_plan(files: Files) -> None:
    """Say what an experiment would do, without a cluster: cells, order, time, what it asks for.

    Exits with 1 where the operator would refuse one, and says why as it would.
    """
    from loadlab.cli.preview_text import lines_of  # noqa: PLC0415 (see _previews)

    for found in _previews(_texts_of(files)):
        for line in lines_of(found):
            typer.echo(plain(line))


def run(
    file: Annotated[Path, typer.Argument(help="YAML file of one experiment, - for input.")],
    *,
    namespace: Namespace = None,
    timeout: Timeout = 7200,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Apply an experiment, follow it, print its results; repeat it to come back after Ctrl-C."""
    from loadlab.cli.follow import follow  # noqa: PLC0415 (it brings asyncio)

    text = read(file)
    (found,) = _one(list(_previews({file: text})))
    access = Access(kubeconfig, context, namespace or found.namespace)
    cluster = connect(access.kubeconfig, access.context, access.namespace)
    applied = Experiment.of(cluster.apply(found.document))
    if applied.finished:
        again = f"kubectl delete loadexperiment {found.name} -n {cluster.namespace}"
        typer.echo(f"{found.name}: it ended before and is not measured again; for that: {again}")
    else:
        expected = spell_seconds(found.estimated_seconds)
        typer.echo(f"{found.name}: applied; it takes about {expected}")
        _say_what_is_lacking(cluster, found, text, file)
    with goes_on(found.name, cluster.namespace):
        experiment = follow(cluster, found.name, timeout, access)
    show(render(experiment))
    print_last_words(cluster, experiment)
    raise typer.Exit(experiment.exit_code)


def _say_what_is_lacking(cluster: "Cluster", found: "Preview", text: str, file: Path) -> None:
    from loadlab.cli.beside import lacking  # noqa: PLC0415 (see _previews)
    from loadlab.cli.preview import others_in  # noqa: PLC0415 (see _previews)

    place = (str(file), cluster.namespace, cluster.holds)
    for line in lacking(found.document["spec"], others_in(text), *place):
        show(f"{found.name}: {line}")


def validate(files: Files) -> None:
    """Say whether the operator would accept each LoadExperiment of the files.

    What it knows beside its rules is not looked at: quotas, rights, images and other objects.
    """
    for found in _previews(_texts_of(files)):
        listed = (
            f", if the chart's allowedHosts has {', '.join(found.hosts)}" if found.hosts else ""
        )
        typer.echo(f"{found.name}: accepted{listed}")


def version() -> None:
    """Print the version of this command."""
    typer.echo(__version__)


# In the order in which one needs them, which is that of --help.
app.command(short_help="Write a commented experiment to begin with.")(init)
app.command(short_help="Say what stands in an experiment's way here.")(doctor)
app.command("plan", short_help="Say what an experiment would do; needs no cluster.")(show_plan)
app.command(short_help="Say whether the operator would accept it.")(validate)
app.command(epilog=EXIT_CODES, short_help="Apply, follow, and print the results.")(run)
app.command(epilog=EXIT_CODES, short_help="Say where an experiment stands, or follow it.")(status)
app.command(epilog=EXIT_CODES, short_help="Wait until it finished or started.")(wait)
app.command(epilog=EXIT_CODES, short_help="Print the results, as far as there are any.")(results)
app.command(short_help="Write an HTML file with charts and tables.")(report)
app.command(short_help="Show experiments in a browser, as they run.")(dashboard)
app.command(epilog=EXIT_CODES, short_help="Divide the figures of A by those of B, an earlier one.")(
    compare
)
app.command(epilog=EXIT_CODES, short_help="Pass or fail a pipeline by an experiment.")(gate)
app.command(short_help="Write a table for other programs: CSV, JSON, Parquet.")(export)
app.command(short_help="Write one archive that holds everything and runs again.")(bundle)
app.command(short_help="Print the script that completes this command.")(completion)
app.command(short_help="Print the version of this command.")(version)


def _previews(texts: dict[Path, str]) -> Iterator["Preview"]:
    """Yield the experiments of all files; at the end complain of those that would be refused."""
    from loadlab.cli.preview import named_twice, preview, read_documents  # noqa: PLC0415 (half a second)

    documents = [one for file, text in texts.items() for one in read_documents(text, str(file))]
    refused = [f"{name}: there are several of this name" for name in named_twice(documents)]
    for document in documents:
        try:
            yield preview(document)
        except CliError as error:
            refused.append(str(error))
    if not documents:
        raise CliError("no LoadExperiment in " + ", ".join(map(str, texts)))
    if refused:
        raise CliError("refused: " + "; ".join(refused))


def _one(found: list["Preview"]) -> list["Preview"]:
    if len(found) == 1:
        return found
    raise CliError(f"{len(found)} LoadExperiments in one file: give each its own", 2)


def _texts_of(files: list[Path]) -> dict[Path, str]:
    return {file: read(file) for file in files}


def main() -> None:
    """Run the command; an error is one line on stderr, not a traceback."""
    is_plugin = Path(sys.argv[0]).stem == "kubectl-loadlab"
    enable()
    try:
        with standard_output():
            app(prog_name="kubectl loadlab" if is_plugin else "loadlab")
    except CliError as err:
        typer.echo(f"loadlab: {plain(str(err))}", err=True)
        raise SystemExit(err.exit_code) from None
