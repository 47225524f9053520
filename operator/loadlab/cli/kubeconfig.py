"""The caller's kubeconfig, of which the API's clients read all but the context's namespace."""

from pathlib import Path
from typing import Any

import yaml
from kubernetes import client, config
from kubernetes.config.kube_config import KUBE_CONFIG_DEFAULT_LOCATION, KubeConfigMerger

from loadlab.base.text import fit
from loadlab.cli.errors import CliError

# What the clients raise of a file that is none, of YAML and base64 that are none, and of parts that
# are missing or of another kind.
BROKEN = (OSError, TypeError, ValueError, AttributeError, KeyError, IndexError, yaml.YAMLError)
_LONGEST = 200


def load(path: Path | None, context: str | None) -> tuple[client.ApiClient, str | None]:
    """Return a client, and the namespace of its context; nothing is sent yet.

    Raises:
        CliError: there is no usable kubeconfig.
    """
    given = str(path) if path else None
    try:
        api = config.new_client_from_config(given, context)  # type: ignore[no-untyped-call] # untyped
        return api, _namespace(given, context)
    except (config.ConfigException, *BROKEN) as error:
        raise unusable(error) from error


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
