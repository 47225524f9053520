"""The command line: `python3 -m loadlab_cluster COMMAND`, from the folder cluster/."""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence

from loadlab_cluster.clusters import Cluster, choose_cluster
from loadlab_cluster.debian import ensure_prerequisites
from loadlab_cluster.demo import bring_up, run_demo
from loadlab_cluster.dev_environment import ensure_environment
from loadlab_cluster.errors import ClusterError, describe_os_error
from loadlab_cluster.experiments import run_experiments
from loadlab_cluster.go_builds import ensure_go_program, pin_versions
from loadlab_cluster.machine_docker import forget_images
from loadlab_cluster.network import EMBEDDED
from loadlab_cluster.own_image import read_own_image
from loadlab_cluster.release.steps import run_steps
from loadlab_cluster.requirements import write_requirements
from loadlab_cluster.settings import Settings, load_settings
from loadlab_cluster.terminal import say

DESCRIPTION = """\
Brings up the Kubernetes that LoadLab is developed, tested and demonstrated on.

CLUSTER says which kind:
  embedded  one node built from Kubernetes' Go modules, in a network namespace of its own
            (Linux, root; the default where kind or its Docker is missing)
  kind      a node in Docker (the default where kind is installed and Docker answers;
            as root on Debian without Docker: one of its own, without a registry)
  current   the cluster of your kubeconfig's context; only when named
"""
EPILOG = """\
usual session:   up → images → kubectl … → down
what it writes:  ${XDG_CACHE_HOME:-~/.cache}/loadlab  binaries, image layers, logs (kept by down)
                 this machine's Docker, for kind      images localhost/loadlab/* (see forget)
                 ${LOADLAB_STATE:-/var/lib/loadlab}   the running cluster (removed by down)
                 .state in the repository             kubeconfig; source .state/activate
LOADLAB_KIND_NODE names another node image for kind, of another Kubernetes say;
LOADLAB_KIND_WORKERS=2 adds two nodes, which then run all pods.
Without CLUSTER it is the cluster that is up, your own context never.
"""

TAKES_ARGUMENTS = {
    "load",
    "image",
    "kubectl",
    "shell",
    "path",
    "run",
    "requirements",
    "release",
    "prerequisites",
}


def main(arguments: Sequence[str]) -> int:
    """Run one command; an error is one message, without a traceback."""
    parser = _parser()
    command = parser.parse_args(arguments[:1]).command
    rest = list(arguments[1:])
    if rest and command not in TAKES_ARGUMENTS:
        parser.error(f"{command} takes no arguments")
    try:
        return _run(command, rest, load_settings())
    except ClusterError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {describe_os_error(error)}", file=sys.stderr)
        return 1


def _run(command: str, rest: list[str], settings: Settings) -> int:
    match command:
        case "kubectl":
            _become(settings.program("kubectl"), *rest)
        case "shell":
            _become(*_shell(rest))
        case "venv" | "prerequisites" | "path" | "pin" | "requirements" | "forget":
            _provide(command, rest, settings)
        case "demo":
            run_demo(settings, choose_cluster(settings))
        case "install":
            bring_up(settings, choose_cluster(settings))
        case "run":
            run_experiments(settings, rest)
        case "release":
            run_steps(settings, rest)
        case _:
            return _act(choose_cluster(settings), command, rest)
    return 0


def _provide(command: str, rest: list[str], settings: Settings) -> None:
    match command:
        case "venv":
            ensure_environment(settings)
        case "prerequisites":
            layers = rest[0] if rest else "all"
            ensure_prerequisites(settings, choose_cluster(settings).programs(), layers)
        case "path":
            _print_path(rest, settings)
        case "pin":
            pin_versions(settings)
        case "forget":
            forget_images()
        case "requirements":
            ensure_environment(settings)
            write_requirements(settings, rest)


def _act(cluster: Cluster, command: str, rest: list[str]) -> int:
    match command:
        case "up":
            cluster.up()
        case "down":
            cluster.down()
        case "images":
            cluster.images()
        case "image":
            cluster.image(read_own_image(rest))
        case "load":
            for archive in rest:
                cluster.load(archive)
        case _:
            return _report(cluster)
    return 0


def _report(cluster: Cluster) -> int:
    """Print the state; end with 0 only if the cluster can be used."""
    for line in cluster.describe():
        say(line)
    return 0 if cluster.is_ready() else 3


def _print_path(rest: list[str], settings: Settings) -> None:
    """Only the path goes to standard output; what a build says goes beside it."""
    with contextlib.redirect_stdout(sys.stderr):
        path = ensure_go_program(rest[0] if rest else "hyperkube", settings)
    print(path)


def _shell(rest: list[str]) -> list[str]:
    if not EMBEDDED.namespace.exists():
        raise ClusterError("the embedded cluster is not up, so there is no namespace: `make up`")
    command = rest or [os.environ.get("SHELL", "/bin/bash")]
    return [str(word) for word in EMBEDDED.inside(*command)]


def _become(program: object, *arguments: str) -> None:
    try:
        os.execvp(str(program), [str(program), *arguments])  # noqa: S606  no shell is wanted
    except FileNotFoundError as error:
        raise ClusterError(f"{program} is not there: `make up` first") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="loadlab_cluster",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, meaning in (
        ("up", "bring the cluster up, or bring back what of it is missing"),
        ("down", "take the cluster down; nothing of it stays but the cache"),
        ("images", "build what changed and load it into the node"),
        ("status", "what runs; exit code 0 when the cluster can be used, 3 when not"),
        ("forget", "remove the images of LoadLab from this machine's Docker"),
        ("image", "build a folder of yours with a Dockerfile, for the node: image FOLDER NAME"),
        ("load", "load image archives (docker save, OCI) into the node: load FILE…"),
        ("kubectl", "kubectl of the cluster's version, for the cluster: kubectl get nodes"),
        ("shell", "a shell, or a command, in the node's network: shell curl 10.96.0.1"),
        ("demo", "from nothing to the result of a first experiment"),
        ("install", "bring the cluster up, build what changed, and install LoadLab"),
        ("run", "run experiments where LoadLab is installed, and print their tables: run FILE…"),
        ("venv", "the virtual environment for development"),
        ("prerequisites", "install from Debian what tests need and the machine lacks: all|cluster"),
        ("path", "the path of a program built from Go modules: path helm4|k6|staticcheck|…"),
        ("requirements", "pin requirements/*.txt from pyproject.toml: requirements [--upgrade]"),
        ("release", "steps of a release, by TAG and REGISTRY: release check python images …"),
        ("pin", "write go.mod and go.sum anew after a change of versions.env"),
    ):
        commands.add_parser(name, help=meaning)
    return parser
