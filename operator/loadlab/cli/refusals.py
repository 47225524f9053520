"""What an API server's refusals and silence mean to who reads a LoadExperiment, and what to do."""

import json
import re

from kubernetes.client import ApiException

from loadlab.base.text import fit
from loadlab.cli.errors import CliError

PLURAL = "loadexperiments"
_TOO_MANY, _SERVER_ERROR = 429, 500
_LONGEST = 200
_CONNECTION = re.compile(
    r"^\W*[\w.]*HTTPS?Connection[^:]*: (Failed to establish a new connection: )?"
)


class AwayError(CliError):
    """The API server does not answer for now; asked again it may."""


def is_away(error: ApiException) -> bool:
    """Whether the server is in trouble itself, which says nothing of what it was asked."""
    return error.status == _TOO_MANY or (error.status or 0) >= _SERVER_ERROR


def not_read(name: str, namespace: str, server: str, error: ApiException) -> CliError:
    """Say why an experiment could not be read."""
    thing = f"LoadExperiment {namespace}/{name}"
    match error.status:
        case 404 if "page not found" in str(error.body):
            return CliError(f"{server} knows no LoadExperiments: install LoadLab's chart or CRDs")
        case 404:
            return CliError(f"{thing} does not exist; list them: kubectl get {PLURAL} -A")
        case 401:
            return CliError(not_logged_in(server))
        case 403:
            return CliError(f"{thing} {not_allowed(PLURAL, namespace, error)}")
    text = f"{thing} could not be read: {server} answered {error.status}"
    return AwayError(text) if is_away(error) else CliError(text)


def not_allowed(plural: str, namespace: str, error: ApiException) -> str:
    """Say that something may not be read, and who says what may be."""
    return (
        f"may not be read ({error.status} {error.reason}); see: kubectl auth can-i get {plural} "
        f"-n {namespace}"
    )


def not_logged_in(server: str) -> str:
    """Say that credentials are refused, whatever they ask for."""
    return (
        f"{server} refuses the credentials of your kubeconfig's context (401): log in anew, or "
        "name another one by --context"
    )


def not_applied(name: str, namespace: str, server: str, error: ApiException) -> CliError:
    """Say why an experiment was refused, in the API server's own words, and what to do."""
    if error.status == 401 or "page not found" in str(error.body):
        return not_read(name, namespace, server, error)
    said, remedy = _message(error), ""
    if error.status == 409 or "immutable" in said:
        remedy = (
            "; one of this name is there and says otherwise: give this one another metadata.name, "
            f"or: kubectl delete loadexperiment {name} -n {namespace}"
        )
    return CliError(
        f"LoadExperiment {namespace}/{name} is refused ({error.status}): {said}{remedy}"
    )


def unreachable(server: str, error: Exception) -> AwayError:
    """Say that nobody answers, and what stands in the way as far as it is known."""
    return AwayError(
        f"the API server {server} does not answer ({cause(error)}): is the cluster up, and the "
        "kubeconfig's context the right one? (make up starts the one of this repository)"
    )


def cause(error: BaseException) -> str:
    """Return the innermost reason of a failed connection, such as an unknown authority."""
    while (inner := getattr(error, "reason", None)) and isinstance(inner, BaseException):
        error = inner
    text = _CONNECTION.sub("", " ".join(str(error).split())) or type(error).__name__
    return fit(text, _LONGEST)


def _message(error: ApiException) -> str:
    try:
        return str(json.loads(str(error.body))["message"])
    except (ValueError, KeyError, TypeError):
        return str(error.reason)
