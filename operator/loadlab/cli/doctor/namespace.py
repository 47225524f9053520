"""What a namespace does to the pods of an experiment: quotas, LimitRanges, Pod Security."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from loadlab.base.quantities import amount
from loadlab.cli.doctor.finding import Ask, Finding, Outcome, unknown

_CHANGES = {"default": "gives a limit of", "defaultRequest": "gives a request of"}
_REFUSES = {"min": "refuses less than", "max": "refuses more than"}
Document = Mapping[str, Any]


def namespace(ask: Ask, name: str) -> Iterator[Finding]:
    """Yield whether it is there, and what of it would change or refuse pods."""
    place = f"/api/v1/namespaces/{name}"
    found = ask(place)
    if found.status == 404:
        remedy = f"kubectl create namespace {name}"
        yield Finding("namespace", Outcome.PROBLEM, f"there is no {name}", remedy)
        return
    if not found.is_there:
        yield unknown("namespace", f"whether {name} is there", found)
    quotas, ranges = ask(f"{place}/resourcequotas"), ask(f"{place}/limitranges")
    for what, answer in (("quotas", quotas), ("LimitRanges", ranges)):
        if not answer.is_there:
            yield unknown("namespace", f"{what} of {name}", answer)
    yield from (finding for quota in quotas.items for finding in _quota(quota))
    yield from (finding for each in ranges.items for finding in _range(each))
    if quotas.is_there and ranges.is_there and not (quotas.items or ranges.items):
        message = f"{name} has no quota and no LimitRange"
        yield Finding("namespace", Outcome.OK, message)


def _quota(quota: Document) -> Iterator[Finding]:
    name, status = quota["metadata"]["name"], quota.get("status") or {}
    hard, used = status.get("hard") or quota["spec"].get("hard") or {}, status.get("used") or {}
    for resource, most in hard.items():
        left = _left(most, used.get(resource, "0"))
        message = f"quota {name}: {used.get(resource, '0')} of {most} {resource} used"
        if left is None:
            yield Finding("namespace", Outcome.UNKNOWN, message)
        elif left <= 0:
            remedy = f"raise it, or free some: kubectl describe quota {name}"
            yield Finding("namespace", Outcome.PROBLEM, message, remedy)
        else:
            remedy = "`loadlab plan` says what an experiment asks for"
            yield Finding("namespace", Outcome.WARNING, message, remedy)


def _left(most: str, used: str) -> Decimal | None:
    try:
        return amount(str(most)) - amount(str(used))
    except ValueError:
        return None


def _range(found: Document) -> Iterator[Finding]:
    name = found["metadata"]["name"]
    for limit in found["spec"].get("limits") or ():
        of = f"LimitRange {name}: each {limit.get('type', 'Container')}"
        for key, verb in (_CHANGES | _REFUSES).items():
            if not (amounts := limit.get(key)):
                continue
            told = ", ".join(f"{each} {resource}" for resource, each in amounts.items())
            remedy = (
                "say cpu, memory and their limits in spec.resources of the experiment"
                if key in _CHANGES
                else "keep spec.resources of the experiment within it"
            )
            message = f"{of}: it {verb} {told}"
            yield Finding("namespace", Outcome.WARNING, message, remedy)
