"""What `up` leaves in the repository's .state folder, the same for every kind of cluster.

Wrappers for kubectl, Helm and `loadlab`, a kubeconfig (but for the user's own cluster), and
`activate`, which puts them into a shell.
"""

import contextlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadlab_cluster.activation import build_activation
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.settings import REPOSITORY, Settings
from loadlab_cluster.terminal import say

KUBECTL_CACHE = "kubectl-cache"
HEADER = "#!/bin/sh\n# Written by `make up`: {what}\n"
HELM = """\
helm=$(PYTHONPATH="{sources}" python3 -m loadlab_cluster path helm{major}) || exit 1
exec "$helm" "$@"
"""
LOADLAB = """\
if [ ! -x "{loadlab}" ]; then echo "{loadlab} is not there: make venv" >&2; exit 1; fi
exec "{loadlab}" "$@"
"""


def in_shell(words: Sequence[str]) -> str:
    """The words of a command line as a wrapper's shell reads them."""
    return " ".join(f'"{word}"' for word in words)


@dataclass(frozen=True)
class Access:
    """How one cluster is reached.

    `cluster` is its word for CLUSTER, `kubectl` the command line that starts it, in the shell's
    words. Without `own_kubeconfig` the user's own decides; `direct_address` is one to which no
    proxy leads.
    """

    cluster: str
    title: str
    kubectl: str
    own_kubeconfig: bool = True
    direct_address: str = ""


def build_handout(settings: Settings, access: Access) -> dict[Path, str]:
    """The text of every wrapper and of `activate`, by its path."""
    environment = _environment(settings, access)
    loadlab = LOADLAB.format(loadlab=REPOSITORY / ".venv" / "bin" / "loadlab")
    plugin = LOADLAB.format(loadlab=REPOSITORY / ".venv" / "bin" / "kubectl-loadlab")
    wrappers = {
        "kubectl": ("kubectl for the cluster", f'exec {access.kubectl} "$@"\n'),
        "loadlab": ("the command line tool of .venv, for the cluster", loadlab),
        "kubectl-loadlab": ("the same, as `kubectl loadlab`", plugin),
    }
    for name, major in (("helm", 4), ("helm3", 3), ("helm4", 4)):
        text = HELM.format(sources=REPOSITORY / "cluster", major=major)
        wrappers[name] = (f"Helm {major} for the cluster; built at the first call", text)
    files = {
        settings.program(name): HEADER.format(what=what) + environment + text
        for name, (what, text) in wrappers.items()
    }
    files[settings.activation] = build_activation(
        settings.activation,
        access.title,
        kubeconfig=settings.kubeconfig,
        users_kubeconfig=not access.own_kubeconfig,
    )
    files[settings.noted_cluster] = f"{access.cluster}\n"
    return files


def write_handout(settings: Settings, access: Access) -> None:
    """Write the wrappers and `activate`, and say how to use them."""
    for path, text in build_handout(settings, access).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if path.parent == settings.program("kubectl").parent else 0o644)
    if not access.own_kubeconfig:
        settings.kubeconfig.unlink(missing_ok=True)  # of another cluster: it would only mislead
    say(f"  source {settings.activation}    puts kubectl, helm and loadlab into this shell")
    say("  or: make kubectl ARGS='get nodes'")


def note_cluster(settings: Settings, cluster: str) -> None:
    """Note what is about to be made, so that `down` means it also where `up` was interrupted.

    The note of another one stays, as its cluster may be up.
    """
    if not read_note(settings):
        settings.handout.mkdir(parents=True, exist_ok=True)
        settings.noted_cluster.write_text(f"{cluster}\n")


def read_note(settings: Settings) -> str:
    """The kind of the cluster that the hand-out is for; empty where there is none."""
    return settings.noted_cluster.read_text().strip() if settings.noted_cluster.exists() else ""


def remove_handout(settings: Settings, cluster: str) -> None:
    """A kubeconfig of a cluster that is gone only misleads; that of one of another kind stays."""
    if read_note(settings) not in {"", cluster}:
        return
    for folder in ("bin", KUBECTL_CACHE):
        shutil.rmtree(settings.handout / folder, ignore_errors=True)
    settings.kubeconfig.unlink(missing_ok=True)
    settings.activation.unlink(missing_ok=True)
    settings.noted_cluster.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # it is not there, or holds something else
        settings.handout.rmdir()


def machine_program(
    name: str, settings: Settings, environment: Mapping[str, str] = os.environ
) -> str:
    """The path of the machine's own program: never the wrapper, which an activated shell has."""
    wrappers = str(settings.handout / "bin")
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join(folder for folder in folders if folder != wrappers)
    found = shutil.which(name, path=path)
    if not found:
        raise ClusterError(f"{name} is not installed: it must be on the PATH for this cluster")
    return found


def _environment(settings: Settings, access: Access) -> str:
    """The cluster is always the one that was brought up, whatever the shell's KUBECONFIG says."""
    lines = []
    if access.own_kubeconfig:
        lines.append(f'export KUBECONFIG="{settings.kubeconfig}"')
        # What kubectl remembers of an API server goes with the cluster; ~/.kube is the user's.
        lines.append(f'export KUBECACHEDIR="{settings.handout / KUBECTL_CACHE}"')
    if access.direct_address:
        # Go reads the first of the two names that is set, Python the second.
        both = "${NO_PROXY:+,$NO_PROXY}${no_proxy:+,$no_proxy}"
        lines.append(f'NO_PROXY="{access.direct_address}{both}"')
        lines += ['no_proxy="$NO_PROXY"', "export NO_PROXY no_proxy"]
    return "".join(f"{line}\n" for line in lines)
