"""An experiment followed in a terminal or a pipe, until it finished."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.status import Status

from loadlab.cli.errors import CliError
from loadlab.cli.experiment import ExitCode, Experiment
from loadlab.cli.live import LiveRates, Reading
from loadlab.cli.options import Access
from loadlab.cli.pace import Pace
from loadlab.cli.sheet import Prose
from loadlab.cli.terminal import console

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from loadlab.cli.dashboard.reading import Reads
    from loadlab.cli.source import Cluster

LINE_EVERY = 10.0  # seconds between two lines of rates where none can be rewritten


def follow(cluster: "Cluster", name: str, seconds: float, access: Access) -> Experiment:
    """Print a line for every change, and below it the rates of the trial under way.

    Raises:
        CliError: it has not finished within so many seconds, or cannot be read.
    """
    terminal, shown, pace = console(), "", Pace()
    with (
        terminal.status("") as live,  # draws nothing without a terminal
        LiveRates(lambda: _connect(access), Rates(name, terminal, live)) as rates,
    ):
        live.update(f"following {name}")

        def said(line: str) -> None:
            terminal.print(Prose(line), crop=False)

        for resource in cluster.follow(name, seconds, said):
            experiment = Experiment.of(resource)
            left = (
                "" if experiment.searches else pace.told(experiment.status.trials, time.monotonic())
            )
            if experiment.line != shown:
                shown = experiment.line
                is_told = left and not experiment.finished
                terminal.print(Prose(f"{shown}, {left}" if is_told else shown), crop=False)
            if experiment.finished:
                return experiment
            rates.take(resource)
    raise CliError(
        f"LoadExperiment {cluster.namespace}/{name} did not finish within {seconds:g} s; it goes "
        "on: follow it again, or raise --timeout",
        ExitCode.NOT_FINISHED,
    )


class Rates:
    """Shows rates: in a terminal by one line that is rewritten, else by one line in ten seconds."""

    def __init__(
        self,
        name: str,
        terminal: Console,
        live: Status,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._terminal, self._live, self._clock = name, terminal, live, clock
        self._is_rewritten = terminal.is_terminal and not terminal.is_dumb_terminal
        self._next = float("-inf")
        self._shown: Reading | None = None
        self._explained = set[str]()

    def show(self, reading: Reading | None) -> None:
        """Show the latest second; the same once more is not said again."""
        if reading == self._shown:
            return
        self._shown = reading
        if self._is_rewritten:
            self._live.update(reading.line if reading else f"following {self._name}")
        elif reading and self._clock() >= self._next:
            self._next = self._clock() + LINE_EVERY
            self._terminal.print(Prose(f"{self._name}: {reading.line}"), crop=False)

    def explain(self, why: str) -> None:
        """Say once why there are no rates: of each kind, as the next pod's has another name."""
        kind = why.partition(":")[0]
        if kind not in self._explained:
            self._explained.add(kind)
            self._terminal.print(Prose(f"{why} ({self._name} goes on without rates)"), crop=False)


def _connect(access: Access) -> "AbstractAsyncContextManager[Reads]":
    from loadlab.cli.dashboard.reading import connect  # noqa: PLC0415 (two seconds, in the thread)

    return connect(access.kubeconfig, access.context)
