"""`loadlab wait`: one wait with an exit code that says how it ended."""

from enum import StrEnum
from typing import Annotated

import typer

from loadlab.base.text import plain
from loadlab.cli.errors import CliError
from loadlab.cli.experiment import ExitCode, Experiment
from loadlab.cli.leaving import goes_on
from loadlab.cli.options import Context, Kubeconfig, Name, Namespace, Timeout, connect
from loadlab.cli.terminal import show
from loadlab.model.status import Phase

_BEFORE_TRIALS = {Phase.PENDING, Phase.PREPARING}


class Event(StrEnum):
    """What is waited for."""

    FINISHED = "finished"
    STARTED = "started"


def wait(
    name: Name,
    *,
    event: Annotated[
        Event, typer.Option("--for", help="Its end, or that its first trial began.")
    ] = Event.FINISHED,
    namespace: Namespace = None,
    timeout: Timeout = 7200,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Wait until an experiment finished, or until it started; exit by how it stands then.

    With --for=started 0 means that trials began, whatever came of them.
    """
    cluster = connect(kubeconfig, context, namespace)
    with goes_on(name, cluster.namespace):
        for resource in cluster.follow(name, timeout, _say):
            experiment = Experiment.of(resource)
            if has_come(event, experiment):
                show(experiment.line)
                raise typer.Exit(exit_code(event, experiment))
    raise CliError(
        f"LoadExperiment {cluster.namespace}/{name} has not {event} within {timeout:g} s; it goes "
        "on: wait again, or raise --timeout",
        ExitCode.NOT_FINISHED,
    )


def _say(line: str) -> None:
    typer.echo(plain(line), err=True)


def has_come(event: Event, experiment: Experiment) -> bool:
    """Whether there is nothing left to wait for: what ended will not start any more."""
    started = experiment.status.phase not in _BEFORE_TRIALS
    return experiment.finished or (started and event is Event.STARTED)


def exit_code(event: Event, experiment: Experiment) -> ExitCode:
    """Return the verdict's code, or whether it started."""
    if event is Event.FINISHED:
        return experiment.exit_code
    is_error = experiment.finished and experiment.exit_code is ExitCode.ERROR
    return ExitCode.ERROR if is_error else ExitCode.PASSED
