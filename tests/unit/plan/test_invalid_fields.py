"""Generated invalid resources of the fields about a service of ones own: refused in words."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from loadlab.model.resources import Experiment
from loadlab.plan import PlanError, make_plan
from tests.manifests import Json
from tests.unit.plan.conftest import IMAGES
from tests.unit.plan.own_fields import (
    FIELDS,
    FLOW,
    FLOW_FIELDS,
    RUNNING,
    RUNNING_FIELDS,
    VALID,
    Wrong,
)

Place = tuple[str | int, ...]
ALLOWING = replace(IMAGES, allowed_hosts=("shop.example.com:443",))
BASES = [(VALID, FIELDS), (FLOW, FLOW_FIELDS), (RUNNING, RUNNING_FIELDS)]


def set_at(spec: Json, place: Place, value: object) -> Json:
    changed = deepcopy(spec)
    target: Any = changed
    for part in place[:-1]:
        target = target[part] if isinstance(part, int) else target.setdefault(part, {})
    target[place[-1]] = value
    return changed


def refusal_of(spec: Json) -> str:
    """Return the words of the door or of the plan; empty where the spec is accepted."""
    metadata = {"name": "demo", "namespace": "lab", "uid": "u"}
    try:
        make_plan(Experiment.model_validate({"metadata": metadata, "spec": spec}), ALLOWING)
    except (ValidationError, PlanError) as refused:
        return str(refused)
    return ""


@st.composite
def invalid_specs(
    draw: st.DrawFn, bases: list[tuple[Json, list[Wrong]]] = BASES
) -> tuple[str, Json]:
    """One field of a valid spec gets what it may not have; the field's own name comes with it."""
    base, fields = draw(st.sampled_from(bases))
    place, wrong = draw(st.sampled_from(fields))
    field = next(part for part in reversed(place) if isinstance(part, str))
    return field, set_at(base, place, draw(wrong))


def test_what_all_is_changed_in_is_valid():
    assert refusal_of(VALID) == ""
    assert refusal_of(FLOW) == ""
    assert refusal_of(RUNNING) == ""


@settings(max_examples=300, deadline=None)
@given(invalid_specs())
def test_an_invalid_resource_is_refused_and_the_field_named(drawn):
    field, spec = drawn

    assert field in refusal_of(spec)


@settings(max_examples=300, deadline=None)
@given(invalid_specs([(RUNNING, RUNNING_FIELDS)]))
def test_what_a_service_that_runs_may_not_be_is_refused_and_the_field_named(drawn):
    field, spec = drawn

    assert field in refusal_of(spec)


def test_no_host_may_be_loaded_unless_somebody_allows_it():
    spec = set_at(RUNNING, ("variants",), [{"name": "a", "url": "http://a.example:8080"}])
    metadata = {"name": "demo", "namespace": "lab", "uid": "u"}
    experiment = Experiment.model_validate({"metadata": metadata, "spec": spec})

    with pytest.raises(PlanError, match=r"url names a.example:8080, which is not on .* allowedH"):
        make_plan(experiment, IMAGES)
    for entry in (
        "*",
        "*.example:8080",
        "example:8080",
        "a.example",
        "a.example:80",
        ".example:8080",
    ):
        with pytest.raises(PlanError):
            make_plan(experiment, replace(IMAGES, allowed_hosts=(entry,)))
    make_plan(experiment, replace(IMAGES, allowed_hosts=("a.example:8080",)))
