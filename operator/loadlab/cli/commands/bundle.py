"""`loadlab bundle`: one archive of an experiment."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from loadlab.cli.errors import CliError
from loadlab.cli.experiment import ExitCode, Experiment
from loadlab.cli.files import write
from loadlab.cli.options import Context, Kubeconfig, Name, Namespace, connect
from loadlab.cli.terminal import show
from loadlab.spelling import counted

if TYPE_CHECKING:
    from loadlab.cli.source import Cluster


def bundle(
    name: Name,
    *,
    namespace: Namespace = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File; default: NAME.tar.gz.")
    ] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Write one archive with all of a finished experiment: to keep, to send, to run again.

    It holds the experiment as a manifest with the ConfigMaps that it names, each trial with its
    histogram and its seconds, the report, the tables and the environment. It holds no Secret; what
    looks like a password is left out and named. `results`, `report`, `compare`, `gate` and `export`
    read it by --from, without a cluster.
    """
    from loadlab.cli.bundle import contents  # noqa: PLC0415 (templates: a quarter of a second)

    cluster = connect(kubeconfig, context, namespace)
    resource = cluster.read(name)
    if not Experiment.of(resource).finished:
        raise CliError(
            f"{name} is not finished, and a bundle holds all of it: loadlab wait {name} -n "
            f"{cluster.namespace}",
            ExitCode.NOT_FINISHED,
        )
    maps = list(_config_maps(cluster, resource.get("spec")))
    found = contents.bundle(resource, cluster.trials(name), maps)
    file = output or Path(f"{name}.tar.gz")
    write(file, found.packed)
    size = len(found.packed) / 2**20
    typer.echo(f"{name}: written to {file}, {counted(found.files, 'file')}, {size:.1f} MiB")
    for place in found.left_out:
        show(f"left out, as it looks like a password or a token: {place}")
    for note in found.notes:
        show(note)


def _config_maps(cluster: "Cluster", spec: object) -> Iterator[dict[str, Any]]:
    """Yield the ConfigMaps that an experiment names; of one that may not be read it says so."""
    from loadlab.cli.bundle.cleaned import config_maps  # noqa: PLC0415 (see above)

    for name in config_maps(spec):
        answer = cluster.ask(f"/api/v1/namespaces/{cluster.namespace}/configmaps/{name}")
        if answer.is_there:
            yield json.loads(answer.text)
        else:
            show(f"not in it, as it cannot be read ({answer.status}): ConfigMap {name}")
