"""What the commands have in common: their options, their exit codes, and the way to a cluster."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from loadlab.base.quantities import seconds
from loadlab.cli.errors import CliError

if TYPE_CHECKING:
    from loadlab.cli.source import Cluster

EXIT_CODES = """\b
Exit codes:
  0  passed: finished, and every criterion holds
  1  error: the experiment or this command could not do its work
  2  not finished yet, out of time, or wrong usage
  3  a criterion failed, or a comparison where --fail-on says so
  4  inconclusive: a criterion, a cell or a comparison could not be judged
  130  interrupted by Ctrl-C; an experiment that was followed goes on
"""
FAIL_ON = (
    "What fails the pipeline: criteria alone; also a comparison that regressed; also one that is "
    "inconclusive."
)

_NUMBER = re.compile(r"\d+(\.\d+)?")

Name = Annotated[str, typer.Argument(help="Name of the LoadExperiment.")]
NameOrNone = Annotated[
    str | None, typer.Argument(help="Name of the LoadExperiment; with --from that of the bundle.")
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from", metavar="BUNDLE", help="A file of `loadlab bundle`, read instead of the cluster."
    ),
]
Namespace = Annotated[
    str | None, typer.Option("--namespace", "-n", help="Namespace; default: the context's.")
]
Kubeconfig = Annotated[
    Path | None, typer.Option(help="Path of the kubeconfig; default: KUBECONFIG or ~/.kube/config.")
]
Context = Annotated[str | None, typer.Option(help="Context of the kubeconfig.")]


def _seconds(given: str | float) -> float:
    """Read a number of seconds, or a duration such as 30m; typer hands the default over, too."""
    text = str(given)
    try:
        found = float(text) if _NUMBER.fullmatch(text) else seconds(text)
    except ValueError:
        found = 0.0
    if found < 1:
        raise typer.BadParameter(f"{text!r} is no duration of a second or more, such as 90 or 30m")
    return found


Timeout = Annotated[
    float,
    typer.Option(
        parser=_seconds, metavar="DURATION", help="How long at most: seconds, or such as 30m."
    ),
]


def connect(kubeconfig: Path | None, context: str | None, namespace: str | None) -> "Cluster":
    """Read the kubeconfig; nothing is sent yet."""
    from loadlab.cli.source import Cluster  # noqa: PLC0415 (see there: two seconds)

    return Cluster.connect(kubeconfig, context, namespace)


class Reader(Protocol):
    """Where an experiment is read from: a cluster's namespace, or a bundle."""

    @property
    def namespace(self) -> str: ...

    def read(self, name: str) -> dict[str, Any]:
        """Read one experiment."""
        ...

    def trials(self, name: str) -> list[dict[str, Any]]:
        """Read all trials of an experiment."""
        ...

    def failed_trials(self, name: str, most: int) -> list[dict[str, Any]]:
        """Read the first trials without a usable result."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """How a cluster is reached, as the options say."""

    kubeconfig: Path | None
    context: str | None
    namespace: str | None


def reader_of(name: str | None, bundle: Path | None, access: Access) -> tuple[Reader, str]:
    """Return where to read, and the name of what."""
    if bundle:
        from loadlab.cli.bundle.source import BundleSource  # noqa: PLC0415 (only here)

        found = BundleSource.open(bundle)
        return found, name or found.name
    if not name:
        raise CliError("name an experiment, or a bundle by --from", 2)
    return connect(access.kubeconfig, access.context, access.namespace), name
