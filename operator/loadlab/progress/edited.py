"""What was made and is not any more what was planned, as somebody edited it.

A hand, a tool that writes what stands in its repository, a policy that changes what is there: the
load then goes to other pods, or trials differ in what serves them. Compared is what was planned;
what admission made of it when it was created stays, and so does what it added. What was taken back
before anybody looked is told by what it left: of a Service who wrote its fields last, of a
Deployment or a StatefulSet other pods, or none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loadlab.plan import Plan
from loadlab.progress.decision import Action, Ensure, Manifest, Remove
from loadlab.progress.observed import MadeView, Observed, Reference
from loadlab.progress.programs import other_program, other_value, program_of

_POLICY = "NetworkPolicy"


@dataclass(frozen=True, slots=True)
class Edited:
    """An object, and the first of its fields that is not as planned."""

    reference: Reference
    field: str

    @property
    def is_policy(self) -> bool:
        """Whether it may not be deleted: the operator may not delete a NetworkPolicy."""
        return self.reference.kind == _POLICY

    @property
    def message(self) -> str:
        """Which one, in words."""
        return f"somebody changed {self.reference.kind} {self.reference.name} ({self.field})"

    @property
    def remedy(self) -> str:
        """What becomes of it, in words."""
        return "delete it, and it is made as it was" if self.is_policy else "it is made anew"


def find_edited(planned: Iterable[Manifest], observed: Observed) -> tuple[Edited, ...]:
    """Return what of these manifests stands otherwise than planned, those that go left out."""
    asked = {(each["kind"], each["metadata"]["name"]): each["spec"] for each in planned}
    return tuple(_edited(asked, observed.made))


def lasting_edited(plan: Plan, observed: Observed) -> tuple[Edited, ...]:
    """Return what somebody edited of the stores, the steward and the policies."""
    return find_edited(plan.lasting_manifests(), observed) if observed.made else ()


def why_edited(plan: Plan, observed: Observed) -> str:
    """Return what somebody edited of what is there for all trials, with what becomes of it."""
    found = lasting_edited(plan, observed)
    return f"{found[0].message}: {found[0].remedy}" if found else ""


def put_right(edited: Iterable[Edited]) -> tuple[Action, ...]:
    """Return what takes away what somebody edited, so that it is made anew."""
    references = tuple(each.reference for each in edited if not each.is_policy)
    return (Remove(references),) if references else ()


def restore_policies(plan: Plan, observed: Observed) -> tuple[Action, ...]:
    """Return what makes the policies anew that somebody deleted: no figure suffers by that."""
    if not observed.made:  # nobody looked
        return ()
    there = {each.name for each in observed.made if each.reference.kind == _POLICY}
    gone = [each for each in plan.policy_manifests() if each["metadata"]["name"] not in there]
    return (Ensure(tuple(gone)),) if gone else ()


def _edited(
    asked: Mapping[tuple[str, str], Manifest], made: Iterable[MadeView]
) -> Iterator[Edited]:
    for one in made:
        spec = asked.get((one.reference.kind, one.name))
        if spec is None or one.is_as_made or one.deleting or not one.spec:
            continue
        if field := _other_field(one.reference.kind, one.spec, spec) or _taken_back(one, spec):
            yield Edited(one.reference, field)


def _other_field(kind: str, found: Mapping[str, Any], asked: Manifest) -> str:
    if kind == "Service":
        return _other_service(found, asked)
    return _other_policy(found, asked) if kind == _POLICY else _other_template(found, asked)


def _other_service(found: Mapping[str, Any], asked: Manifest) -> str:
    """Where it leads to: another label makes the selection smaller, so none may be added."""
    if (found.get("selector") or {}) != asked["selector"]:
        return "spec.selector"
    if not _ports(asked).items() <= _ports(found).items():
        return "spec.ports"
    if found.get("externalName"):
        return "spec.externalName"
    rest = {key: asked[key] for key in asked if key not in {"selector", "ports"}}
    return other_value(found, rest, "spec")


def _taken_back(service: MadeView, asked: Manifest) -> str:
    """Where a Service led to for a while: new connections went there, and those may be kept."""
    leads = {"selector", "type", "externalName", *asked} - {"ports"}
    leads |= {f"ports[{port}]" for port in _ports(asked)} if "ports" in asked else set()
    found = min(service.others_wrote & leads, default="")
    return f"spec.{found}, and took it back" if found else ""


def _ports(spec: Mapping[str, Any]) -> dict[int, tuple[Any, str]]:
    """Return where each port leads to; to its own number unless it says otherwise."""
    return {
        each["port"]: (each.get("targetPort") or each["port"], each.get("protocol") or "TCP")
        for each in spec.get("ports") or ()
    }


def _other_policy(found: Mapping[str, Any], asked: Manifest) -> str:
    """Whom it lets in and out: a rule that was added opens a door."""
    now, before = _without_empty(found), _without_empty(asked)
    different = (key for key in sorted({*now, *before}) if now.get(key) != before.get(key))
    return next((f"spec.{key}" for key in different), "")


def _without_empty(value: Any) -> Any:
    """As the API server writes it: fields without a value are left out, items of a list stay."""
    if isinstance(value, Mapping):
        fields = {key: _without_empty(part) for key, part in value.items()}
        return {key: part for key, part in fields.items() if part not in ([], None, "")}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value


def _other_template(found: Mapping[str, Any], asked: Manifest) -> str:
    """What its pods run, and with which amounts; for their number see `scaled`, for their nodes
    `store_elsewhere`.
    """
    at, planned = "spec.template.spec", asked["template"]["spec"]
    if other := other_program(program_of({"spec": found}), program_of({"spec": asked})):
        return f"{at}.{other}"
    amounts = [
        {"name": each["name"], "resources": each["resources"]} for each in planned["containers"]
    ]
    return other_value(found["template"]["spec"], {"containers": amounts}, at)
