"""What the commands have in common: their options, their exit codes, and the way to a cluster."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from loadlab.cli.source import Cluster

EXIT_CODES = """\b
Exit codes:
  0  passed: finished, and every criterion holds
  1  error: the experiment or this command could not do its work
  2  not finished yet, out of time, or wrong usage
  3  a criterion failed, or a comparison where --fail-on says so
  4  inconclusive: a criterion, a cell or a comparison could not be judged
"""
FAIL_ON = (
    "What fails the pipeline: criteria alone; also a comparison that regressed; also one that is "
    "inconclusive."
)

Name = Annotated[str, typer.Argument(help="Name of the LoadExperiment.")]
Namespace = Annotated[
    str | None, typer.Option("--namespace", "-n", help="Namespace; default: the context's.")
]
Kubeconfig = Annotated[
    Path | None, typer.Option(help="Path of the kubeconfig; default: KUBECONFIG or ~/.kube/config.")
]
Context = Annotated[str | None, typer.Option(help="Context of the kubeconfig.")]


def connect(kubeconfig: Path | None, context: str | None, namespace: str | None) -> "Cluster":
    """Read the kubeconfig; nothing is sent yet."""
    from loadlab.cli.source import Cluster  # noqa: PLC0415 (see there: two seconds)

    return Cluster.connect(kubeconfig, context, namespace)
