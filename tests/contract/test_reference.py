"""The samples of `reference` promise what its truth says; its service is told what was planned."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml

from loadlab.analysis.threshold import parse_threshold
from loadlab.base.names import Component
from loadlab.catalogue import WORKLOADS, Cell, Factor
from loadlab.model.resources import Experiment
from loadlab.model.spec.expectations import FigureName, groups_of
from loadlab.plan import Plan, make_plan
from loadlab.plan.context import Run
from loadlab.plan.generator import trial_configuration
from loadlab_services.workloads.reference.behaviour import Behaviour
from loadlab_services.workloads.reference.contract import Asked
from loadlab_services.workloads.reference.truth import Truth, truth_of
from tests.contract.sides import IMAGES

SAMPLES = ("reference.yaml", "catalogue/reference.yaml")
OWN = [factor for factor in Factor if factor.facts.workloads == ("reference",)]
each_sample = pytest.mark.parametrize("sample", SAMPLES)


def plan_of(spec: dict[str, Any]) -> Plan:
    metadata = {"name": "reference", "namespace": "lab", "uid": "u"}
    return make_plan(Experiment.model_validate({"metadata": metadata, "spec": spec}), IMAGES)


def sample_plan(repository: Path, sample: str) -> Plan:
    text = (repository / "manifests" / "samples" / sample).read_text()
    return plan_of(yaml.safe_load(text)["spec"])


def told_to(plan: Plan, cell: Cell) -> dict[str, str]:
    """The parameters of a cell's only request."""
    (request,) = trial_configuration(plan.context, Run("t", 1, cell, plan.context.spec.load))[
        "requests"
    ]
    query = urlsplit(request["path"]).query.replace("${request_id}", "1")
    return dict(parse_qsl(query))


def truth_for(plan: Plan, cell: Cell) -> Truth:
    return truth_of(Behaviour.model_validate(told_to(plan, cell)))


def figure(truth: Truth, name: str) -> float | None:
    """A figure of which the truth says all: what HTTP adds is below the samples' bounds."""
    known = {FigureName.FAILED_RATE.value: truth.error_share}
    percentiles = {"latencyMs.med": 50.0, "latencyMs.p95": 95.0, "latencyMs.p99": 99.0}
    if name in percentiles:
        return truth.percentile_ms(percentiles[name])
    return known.get(name)


@each_sample
def test_the_criteria_of_a_sample_hold_by_the_truth(repository, sample):
    plan = sample_plan(repository, sample)
    for cell in plan.cells:
        truth = truth_for(plan, cell)
        for criterion in plan.context.spec.success_criteria:
            threshold = parse_threshold(criterion.metric.value, criterion.threshold)
            if threshold.metric == "http_req_failed":
                assert threshold.holds(truth.error_share), criterion.name
            elif threshold.percent is not None:
                assert threshold.holds(truth.percentile_ms(threshold.percent)), criterion.name
            else:
                assert threshold.metric == "dropped_iterations"


@each_sample
def test_the_expectations_of_a_sample_hold_by_the_truth(repository, sample):
    plan = sample_plan(repository, sample)
    for expectation in plan.context.spec.expectations:
        assert expectation.ratio is None
        for (cell,) in groups_of(expectation, plan.cells):
            truth = truth_for(plan, cell)
            if expectation.figure is FigureName.SERVICE_CPU:  # at least what it burns
                assert expectation.at_least == truth.service_micros
                continue
            value = figure(truth, expectation.figure.value)
            assert value is not None
            assert (expectation.at_least or 0) <= value <= (expectation.at_most or value)


def test_every_factor_of_its_own_is_a_part_of_its_behaviour():
    parameters = {factor.facts.parameter for factor in OWN}

    assert parameters == set(Behaviour.model_fields)


@pytest.mark.parametrize("factor", OWN)
def test_a_level_reaches_the_behaviour_and_both_ends_are_valid(factor):
    for level in (factor.facts.low, factor.facts.high):
        spec = {
            "workload": "reference",
            "variants": [{"name": "queued"}],
            "factors": {factor.value: [level]},
        }
        plan = plan_of(spec)
        asked = Asked.model_validate(told_to(plan, plan.cells[0]))
        assert getattr(asked, factor.attribute) == level


@pytest.mark.parametrize("factor", OWN)
def test_a_description_tells_the_services_default(factor):
    default = Behaviour.model_fields[factor.attribute].default or "none"

    assert re.search(rf"[(; ]{default} (unless set|where only)", factor.facts.description)


@pytest.mark.parametrize(
    ("variants", "stores"),
    [
        (["async", "sync"], ()),
        (["async", "queued"], (Component.POSTGRES, Component.REDIS)),
    ],
)
def test_stores_and_a_data_set_are_there_for_the_queued_variant_only(variants, stores):
    plan = plan_of({"workload": "reference", "variants": [{"name": name} for name in variants]})
    jobs = [m for m in plan.preparation_manifests() if m["kind"] == "Job"]

    assert plan.stores == stores
    assert len(jobs) == plan.has_dataset == bool(stores)


def test_the_queued_variant_alone_accounts_for_writes():
    reference = WORKLOADS["reference"]

    assert [v for v in reference.variants if reference.accounts_for(v)] == ["queued"]
