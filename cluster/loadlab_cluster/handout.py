"""What `up` leaves in the repository's .state folder: a kubeconfig, kubectl and helm."""

import shutil
from pathlib import Path

from loadlab_cluster.settings import NODE_ADDRESS, REPOSITORY, Settings
from loadlab_cluster.terminal import say

KUBECTL = """\
#!/bin/sh
# Written by `make up`: kubectl of the cluster's own version, for the cluster.
export NO_PROXY="${{NO_PROXY:+$NO_PROXY,}}{node}"
exec "{hyperkube}" kubectl --kubeconfig "${{KUBECONFIG:-{kubeconfig}}}" "$@"
"""
HELM = """\
#!/bin/sh
# Written by `make up`: Helm {major} for the cluster; built at the first call.
export NO_PROXY="${{NO_PROXY:+$NO_PROXY,}}{node}" KUBECONFIG="${{KUBECONFIG:-{kubeconfig}}}"
helm=$(PYTHONPATH="{sources}" python3 -m loadlab_cluster path helm{major}) || exit 1
exec "$helm" "$@"
"""


def write_handout(settings: Settings, hyperkube: Path) -> None:
    """Write the kubeconfig and the wrappers, and say how to use them."""
    binaries = settings.handout / "bin"
    binaries.mkdir(parents=True, exist_ok=True)
    shutil.copy(settings.state / "pki" / "admin.conf", settings.kubeconfig)
    settings.kubeconfig.chmod(0o600)
    names = {"node": NODE_ADDRESS, "kubeconfig": settings.kubeconfig}
    kubectl = KUBECTL.format(**names, hyperkube=hyperkube)
    _write_program(binaries / "kubectl", kubectl)
    for name, major in (("helm", 4), ("helm3", 3), ("helm4", 4)):
        text = HELM.format(**names, major=major, sources=REPOSITORY / "cluster")
        _write_program(binaries / name, text)
    say(f"  export KUBECONFIG={settings.kubeconfig} PATH={binaries}:$PATH")
    say("  or: make kubectl ARGS='get nodes'")


def remove_handout(settings: Settings) -> None:
    """A kubeconfig of a cluster that is gone only misleads."""
    shutil.rmtree(settings.handout / "bin", ignore_errors=True)
    settings.kubeconfig.unlink(missing_ok=True)


def _write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
