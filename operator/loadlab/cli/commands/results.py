"""`loadlab results`: what an experiment has found so far."""

from typing import Annotated

import typer

from loadlab.cli.experiment import Experiment
from loadlab.cli.export import Format, export
from loadlab.cli.last_words import SHOWN_TRIALS, last_words
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
from loadlab.cli.tables import render
from loadlab.cli.terminal import show


def results(
    name: NameOrNone = None,
    *,
    bundle: From = None,
    namespace: Namespace = None,
    output: Annotated[Format, typer.Option("--output", "-o", help="Format.")] = Format.TABLE,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Print the results of an experiment, as far as there are any."""
    source, name = reader_of(name, bundle, Access(kubeconfig, context, namespace))
    experiment = Experiment.of(source.read(name))
    if output is Format.TABLE:
        show(render(experiment))
        print_last_words(source, experiment)
    else:
        typer.echo(export(experiment, output))
    raise typer.Exit(experiment.exit_code)


def print_last_words(source: Reader, experiment: Experiment) -> None:
    """Say why trials did not count, once the experiment is over."""
    counts = experiment.status.trials
    if experiment.finished and counts.failed + counts.lost + counts.invalid:
        trials = source.failed_trials(experiment.name, SHOWN_TRIALS)
        for line in last_words(trials):
            show(line)
