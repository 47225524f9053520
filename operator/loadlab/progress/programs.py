"""What pods are to run, and in what that which stands differs from what was asked for.

The API server adds to what it takes: defaults, and what admission makes of it. It spells amounts in
its own way, and leaves out what is empty. All of that is no difference.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from loadlab.base.quantities import amount

# What decides about what a pod runs and whom it speaks to; all else may be added by admission.
_OF_A_CONTAINER = (
    *("name", "image", "command", "args", "env", "envFrom", "volumeMounts", "volumeDevices"),
    *("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"),
    *("workingDir", "stdin", "tty", "restartPolicy"),
)
_AROUND = (
    *("shareProcessNamespace", "hostPID", "hostIPC", "hostNetwork"),
    *("hostAliases", "dnsConfig", "dnsPolicy"),
)
_USUAL = {"dnsPolicy": "ClusterFirst"}  # what the API server writes where nothing is asked
_CONTAINERS = ("containers", "initContainers")
_OF_AMOUNTS = {"requests", "limits", "sizeLimit"}
Program = dict[str, Any]


def program_of(maker: Mapping[str, Any]) -> Program:
    """Return what the pods of a Job, Deployment or StatefulSet are to run: all containers, volumes,
    and what is around them.

    Sidecars are added to pods; in what makes them there is none but what its author put there.
    """
    template = (maker.get("spec") or {}).get("template") or {}
    spec = template.get("spec") or {}
    containers = {
        kind: [_program(container) for container in _listed(spec, kind)] for kind in _CONTAINERS
    }
    return surroundings_of(spec) | containers | {"volumes": list(_listed(spec, "volumes"))}


def surroundings_of(spec: Mapping[str, Any]) -> Program:
    """Return what a pod's specification says of what its containers share and whom they find."""
    return {key: spec[key] for key in _AROUND if spec.get(key) and spec[key] != _USUAL.get(key)}


def other_program(found: Mapping[str, Any], asked: Program) -> str:
    """Return the field in which a program is not the one that was asked for; empty for none.

    What decides about what runs may not be added either.
    """
    if added := set(found) ^ set(asked):
        return min(added)
    for kind in _CONTAINERS:
        for one, other in zip(found[kind], asked[kind], strict=False):
            if added := set(one) ^ set(other):
                return f"{_at(kind, other, 0)}.{min(added)}"
    return other_value(found, asked)


def other_value(found: Any, asked: Any, field: str = "", *, is_amount: bool = False) -> str:
    """Return the first field that is not as asked; empty where all are.

    What nobody asked for is not looked at, but in lists, which have as many parts.
    """
    if isinstance(asked, Mapping):
        return _other_part(found or {}, asked, field, is_amount=is_amount)
    if isinstance(asked, list | tuple):
        return _other_item(found or (), asked, field)
    same = found == asked or not (found or asked) or (is_amount and _is_as_much(found, asked))
    return "" if same else field


def _other_part(found: Any, asked: Mapping[str, Any], field: str, *, is_amount: bool) -> str:
    if not isinstance(found, Mapping):
        return field
    for key, value in asked.items():
        path = f"{field}.{key}" if field else key
        of_amounts = is_amount or key in _OF_AMOUNTS
        if other := other_value(found.get(key), value, path, is_amount=of_amounts):
            return other
    return ""


def _other_item(found: Any, asked: list[Any] | tuple[Any, ...], field: str) -> str:
    if not isinstance(found, list | tuple) or len(found) != len(asked):
        return field
    pairs = enumerate(zip(found, asked, strict=True))
    others = (other_value(one, other, _at(field, other, number)) for number, (one, other) in pairs)
    return next(filter(None, others), "")


def _at(field: str, item: Any, number: int) -> str:
    name = item.get("name") if isinstance(item, Mapping) else None
    return f"{field}[{name or number}]"


def _is_as_much(found: Any, asked: Any) -> bool:
    try:
        return amount(str(found)) == amount(str(asked))
    except ValueError:
        return False


def _listed(spec: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    return spec.get(name) or ()


def _program(container: Mapping[str, Any]) -> Program:
    return {key: container[key] for key in _OF_A_CONTAINER if container.get(key)}
