"""Generated invalid resources of the fields about a service of ones own: refused in words."""

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from loadlab.model.resources import Experiment
from loadlab.plan import PlanError, make_plan
from tests.manifests import Json
from tests.unit.plan.conftest import IMAGES
from tests.unit.plan.own_fields import FIELDS, FLOW, FLOW_FIELDS, VALID

Place = tuple[str | int, ...]


def set_at(spec: Json, place: Place, value: object) -> Json:
    changed = deepcopy(spec)
    target: Any = changed
    for part in place[:-1]:
        target = target[part]
    target[place[-1]] = value
    return changed


def refusal_of(spec: Json) -> str:
    """Return the words of the door or of the plan; empty where the spec is accepted."""
    metadata = {"name": "demo", "namespace": "lab", "uid": "u"}
    try:
        make_plan(Experiment.model_validate({"metadata": metadata, "spec": spec}), IMAGES)
    except (ValidationError, PlanError) as refused:
        return str(refused)
    return ""


@st.composite
def invalid_specs(draw: st.DrawFn) -> tuple[str, Json]:
    """One field of a valid spec gets what it may not have; the field's own name comes with it."""
    base, fields = draw(st.sampled_from([(VALID, FIELDS), (FLOW, FLOW_FIELDS)]))
    place, wrong = draw(st.sampled_from(fields))
    field = next(part for part in reversed(place) if isinstance(part, str))
    return field, set_at(base, place, draw(wrong))


def test_what_all_is_changed_in_is_valid():
    assert refusal_of(VALID) == ""
    assert refusal_of(FLOW) == ""


@settings(max_examples=300, deadline=None)
@given(invalid_specs())
def test_an_invalid_resource_is_refused_and_the_field_named(drawn):
    field, spec = drawn

    assert field in refusal_of(spec)
