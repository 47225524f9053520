"""What a pod waits for that is not there: a Secret or a ConfigMap that it is given, or a key."""

import re

from loadlab.base.names import is_credentials_secret
from loadlab.plan.noted_secrets import VOLUME
from loadlab.progress.observed import PodView

CREATE_IT = "; create it in the experiment's namespace, or name another"
GONE = "; somebody deleted the experiment's own Secret, so create the experiment anew"
NOT_OURS = "; somebody made a Secret of that name before the experiment could: delete both"
IS_IT_THERE = "is each there, with the keys that are asked for?"
# The field that names what a volume shows, by the volume's name without its number.
_FIELDS = {
    "ca": "https.ca",
    "tls": "https.secretName",
    "own-script": "load.script.configMap",
    "variable": "load.request.variables",
    "sql": "preparation.sql",
    "file": "files",
}
# The kubelet's words, of volumes only where something is missing: it may also be late to know it.
_NOT_MOUNTED = re.compile(
    r'volume "(?P<volume>[^"]{1,63})" : (?:'
    r'(?:secret|configmap) "[^"]{1,253}" not found|'
    r"(?:configmap )?references non-existent (?:secret|config) key: (?P<key>[-._a-zA-Z0-9]{1,253}))"
)


def what_is_missing(pod: PodView) -> str:
    """Return what of a pod's inputs is not there, with the remedy; empty where nothing is known."""
    if pod.waiting_reason == "CreateContainerConfigError":
        remedy = _remedy(pod.waiting_message)
        return f"{pod.waiting_message}{remedy}" if remedy else ""
    found = next(filter(None, map(_NOT_MOUNTED.search, pod.unmounted)), None)
    named = pod.mounts.get(found["volume"]) if found else None
    if found is None or named is None:
        return ""
    told = f"the {named}{_field(found['volume'])}"
    key = found["key"]
    return f"{told} has no key {key}{CREATE_IT}" if key else f"{told} is not there{CREATE_IT}"


def mounts_in_words(pod: PodView) -> str:
    """Name all that a pod mounts, with the fields; empty for nothing."""
    shown = (each for each in sorted(pod.mounts.items()) if not each[0].startswith(f"{VOLUME}-"))
    named = (f"{what}{_field(volume)}" for volume, what in shown)
    return ", ".join(dict.fromkeys(named))


def _field(volume: str) -> str:
    field = _FIELDS.get(re.sub(r"-[0-9]+$", "", volume))
    return f" ({field})" if field else ""


def _remedy(said: str) -> str:
    """Say what to do where a Secret, or a key of one, is not there."""
    if "couldn't find key" in said and is_credentials_secret(said):
        return NOT_OURS
    if "not found" in said and is_credentials_secret(said):
        return GONE
    return CREATE_IT if "not found" in said or "couldn't find key" in said else ""
