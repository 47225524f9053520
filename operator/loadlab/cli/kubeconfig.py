"""The caller's kubeconfig, of which the API's clients read all but the context's namespace.

A pod that has none is its service account, as for kubectl: a pipeline often runs in the cluster.
"""

import os
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client, config
from kubernetes.config.incluster_config import InClusterConfigLoader
from kubernetes.config.kube_config import KUBE_CONFIG_DEFAULT_LOCATION, KubeConfigMerger

from loadlab.base.text import fit
from loadlab.cli.errors import CliError

# What the clients raise of a file that is none, of YAML and base64 that are none, and of parts that
# are missing or of another kind.
BROKEN = (OSError, TypeError, ValueError, AttributeError, KeyError, IndexError, yaml.YAMLError)
_LONGEST = 200
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def load(path: Path | None, context: str | None) -> tuple[client.ApiClient, str | None]:
    """Return a client, and the namespace of its context; nothing is sent yet.

    Raises:
        CliError: there is no usable kubeconfig.
    """
    given = str(path) if path else None
    if path and not path.expanduser().exists():
        raise unusable(FileNotFoundError(f"there is no {path}"))
    try:
        if not (path or context) and _is_pod_without_kubeconfig():
            return _service_account()
        api = config.new_client_from_config(given, context)  # type: ignore[no-untyped-call] # untyped
        return api, _namespace(given, context)
    except (config.ConfigException, *BROKEN) as error:
        raise unusable(error) from error


def _is_pod_without_kubeconfig() -> bool:
    files = KUBE_CONFIG_DEFAULT_LOCATION.split(os.pathsep)
    if any(Path(file).expanduser().exists() for file in files if file):
        return False
    return "KUBERNETES_SERVICE_HOST" in os.environ and (_ACCOUNT / "token").exists()


def _service_account() -> tuple[client.ApiClient, str | None]:
    """Return a client for the account that the kubelet mounts into the pod, and its namespace."""
    settings = client.Configuration()
    InClusterConfigLoader(  # type: ignore[no-untyped-call] # untyped
        token_filename=str(_ACCOUNT / "token"), cert_filename=str(_ACCOUNT / "ca.crt")
    ).load_and_set(settings)
    namespace = (_ACCOUNT / "namespace").read_text().strip()
    return client.ApiClient(settings), namespace or None


def unusable(error: Exception) -> CliError:
    """Say that a kubeconfig is of no use, and why, in one line."""
    why = fit(" ".join(str(error).split()) or type(error).__name__, _LONGEST)
    return CliError(
        f"no usable kubeconfig ({why}): set KUBECONFIG, pass --kubeconfig or --context, or run "
        "make up"
    )


def _namespace(path: str | None, context: str | None) -> str | None:
    """Return the namespace of a context, of the current one where none is named."""
    merged = KubeConfigMerger(path or KUBE_CONFIG_DEFAULT_LOCATION).config  # type: ignore[no-untyped-call]
    found: Any = merged.value
    name = context or found.get("current-context")
    chosen = next(each for each in found["contexts"] if each["name"] == name).value
    namespace = chosen["context"].get("namespace")
    return str(namespace) if namespace else None
