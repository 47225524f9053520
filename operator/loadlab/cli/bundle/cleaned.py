"""What of an experiment's object goes into a bundle. Pure.

A bundle is made to be sent. Secrets are never read, but a spec may hold a password as a plain text:
in the value of a variable or a header, in an address, in an argument. Such texts are left out by
their looks, and each is named, so that whoever runs it again knows what to put there.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loadlab.base.names import API_VERSION
from loadlab.base.text import ELLIPSIS, masked

_CREDENTIAL = re.compile(
    r"(?i)passw|passphrase|passwd|pwd|secret|token|credential|(api|access|private)[_-]?key|"
    r"authorization|cookie"
)
_DRAWN = re.compile(r"(\w+ )?(\$\{[\w.]+\}|\$\([\w.]+\))")  # a variable's name is no secret
_OPTION = re.compile(r"--?[\w-]+")
_KEPT = ("name", "namespace", "uid", "generation", "creationTimestamp")
_NOT_AGAIN = {"suspend", "terminate"}  # what somebody did to the first one


@dataclass(frozen=True, slots=True)
class Cleaned:
    """An experiment's object, and where in its spec a text was left out."""

    resource: dict[str, Any]
    left_out: tuple[str, ...]

    @property
    def again(self) -> dict[str, Any]:
        """What `kubectl apply` takes to run it once more, in any namespace."""
        spec = {name: it for name, it in self.resource["spec"].items() if name not in _NOT_AGAIN}
        return {
            "apiVersion": API_VERSION,
            "kind": "LoadExperiment",
            "metadata": {"name": self.resource["metadata"]["name"]},
            "spec": spec,
        }


def clean(resource: Mapping[str, Any]) -> Cleaned:
    """Leave out what the API server and other programs keep with an object, and credentials."""
    left_out = list[str]()
    spec = _without_credentials(resource.get("spec") or {}, "spec", left_out)
    found = {
        "apiVersion": API_VERSION,
        "kind": "LoadExperiment",
        "metadata": _metadata(resource),
        "spec": spec,
        "status": resource.get("status") or {},
    }
    return Cleaned(found, tuple(left_out))


def clean_trial(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a LoadTrial in the same way."""
    return {
        "apiVersion": API_VERSION,
        "kind": "LoadTrial",
        "metadata": _metadata(resource),
        "spec": resource.get("spec") or {},
        "status": resource.get("status") or {},
    }


def needs(spec: object) -> Iterator[str]:
    """Yield what an experiment names beside itself, such as `Secret shop`."""
    if isinstance(spec, list):
        for one in spec:
            yield from needs(one)
    if not isinstance(spec, dict):
        return
    for name, value in spec.items():
        yield from _named(name, value)
        yield from needs(value)


def config_maps(spec: object) -> tuple[str, ...]:
    """Return the names of the ConfigMaps that an experiment names."""
    kind = "ConfigMap "
    named = {one.removeprefix(kind) for one in needs(spec) if one.startswith(kind)}
    return tuple(sorted(named))


def clean_config_map(resource: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a ConfigMap in the same way, and where in it a text was left out."""
    name, left_out = (resource.get("metadata") or {}).get("name", ""), list[str]()
    data = _without_credentials(resource.get("data") or {}, f"ConfigMap {name}.data", left_out)
    found = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
    if binary := resource.get("binaryData"):
        found["binaryData"] = binary
    return found, tuple(left_out)


def _named(name: str, value: object) -> Iterator[str]:
    if isinstance(value, dict) and "name" in value:
        # Whatever has a name and a key is a key of an object, most often of a ConfigMap.
        if name == "baselineRef":
            yield f"LoadExperiment {value['name']}"
        elif name.startswith("secret"):
            yield f"Secret {value['name']}"
        elif name.startswith("configMap") or value.keys() == {"name", "key"}:
            yield f"ConfigMap {value['name']}"
    elif name in {"secretName", "serviceAccountName"} and isinstance(value, str):
        yield f"{'Secret' if name == 'secretName' else 'ServiceAccount'} {value}"
    elif name == "imagePullSecrets" and isinstance(value, list):
        yield from (f"Secret {one['name']}" for one in value if isinstance(one, dict))
    elif name == "image" and isinstance(value, str) and value:
        yield f"image {value}"


def _metadata(resource: Mapping[str, Any]) -> dict[str, Any]:
    metadata = resource.get("metadata") or {}
    return {name: metadata[name] for name in _KEPT if name in metadata}


def _without_credentials(value: Any, path: str, left_out: list[str], *, hide: bool = False) -> Any:
    """Return a JSON value with an ellipsis for each text that looks like a credential."""
    if isinstance(value, dict):
        named = _is_credential(value.get("name")) and "value" in value
        return {
            name: _without_credentials(
                one,
                f"{path}.{name}",
                left_out,
                hide=hide or (named and name == "value") or _holds_credential(path, name, one),
            )
            for name, one in value.items()
        }
    if isinstance(value, list):
        before = ["", *value]
        return [
            _without_credentials(
                one, f"{path}.{place}", left_out, hide=hide or _asks_for_it(before[place])
            )
            for place, one in enumerate(value)
        ]
    return _text(value, path, left_out, hide=hide) if isinstance(value, str) else value


def _text(value: str, path: str, left_out: list[str], *, hide: bool) -> str:
    shown = ELLIPSIS if hide else masked(value)
    if shown == value or not value or _DRAWN.fullmatch(value):
        return value
    left_out.append(path)
    return shown


def _is_credential(name: object) -> bool:
    return isinstance(name, str) and bool(_CREDENTIAL.search(name))


def _holds_credential(path: str, name: str, value: object) -> bool:
    """Whether a field is one by its name: a header, a query's part, a variable's values."""
    if path.rpartition(".")[2] == "variables":
        return _is_credential(name)
    says_where = name == "secretName" or ".extract." in path  # and not what
    return isinstance(value, str) and not says_where and _is_credential(name)


def _asks_for_it(before: object) -> bool:
    """Whether an argument is an option whose value is one, such as --api-key."""
    return isinstance(before, str) and bool(_OPTION.fullmatch(before)) and _is_credential(before)
