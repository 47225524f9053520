"""`loadlab gate`: an experiment as a step of a pipeline."""

from pathlib import Path
from typing import Annotated

import typer

from loadlab.cli.experiment import Experiment
from loadlab.cli.files import write
from loadlab.cli.gate import FailOn, checks_of, exit_code
from loadlab.cli.junit import build_junit
from loadlab.cli.options import (
    FAIL_ON,
    Access,
    Context,
    From,
    Kubeconfig,
    NameOrNone,
    Namespace,
    reader_of,
)
from loadlab.cli.terminal import show


def gate(  # noqa: PLR0913 (options)
    name: NameOrNone = None,
    *,
    bundle: From = None,
    namespace: Namespace = None,
    fail_on: Annotated[FailOn, typer.Option(help=FAIL_ON)] = FailOn.REGRESSED,
    junit: Annotated[Path | None, typer.Option(help="Write the checks there as JUnit XML.")] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Pass or fail a pipeline by an experiment: a line for each check, and the exit code."""
    source, name = reader_of(name, bundle, Access(kubeconfig, context, namespace))
    experiment = Experiment.of(source.read(name))
    checks = checks_of(experiment, fail_on)
    if junit:
        write(junit, build_junit(experiment, checks))
    for check in checks:
        show(check.line)
    raise typer.Exit(exit_code(experiment, checks))
