"""What an experiment names beside itself and the cluster lacks: `run` applies no such thing."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from loadlab.cli.bundle.cleaned import needs

KINDS = {"ConfigMap": "configmaps", "Secret": "secrets", "ServiceAccount": "serviceaccounts"}


class Holds(Protocol):
    """Say whether a namespace has a thing of the core API, such as `configmaps`, by its name."""

    def __call__(self, plural: str, name: str) -> bool | None: ...


def lacking(
    spec: Mapping[str, Any], others: tuple[str, ...], file: str, namespace: str, holds: Holds
) -> Iterator[str]:
    """Yield a line for what stands in the experiment's file, and one for what stands nowhere.

    `others` are the other documents of the file, such as `ConfigMap shop`. What may not be looked
    at is taken to be there, as far as it is not in the file.
    """
    named = tuple(dict.fromkeys(needs(spec)))
    there = {each: _is_there(each, holds) for each in (*others, *named)}
    if left := [each for each in others if not there[each]]:
        do = "does" if len(left) == 1 else "do"
        yield (
            f"{', '.join(left)} in {file} {do} not come with this command, which applies the "
            f"experiment only: kubectl apply -n {namespace} -f {file}"
        )
    if missing := [each for each in named if there[each] is False and each not in others]:
        yield (
            f"{', '.join(missing)}: the experiment names it, and namespace {namespace} does not "
            "have it; until it does nothing is measured"
        )


def _is_there(thing: str, holds: Holds) -> bool | None:
    kind, _, name = thing.partition(" ")
    return holds(KINDS[kind], name) if kind in KINDS else None
