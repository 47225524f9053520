"""manifests/samples: each is valid, makes a plan that fits, and is short enough to try."""

import re
from pathlib import Path

import pytest
import yaml

from loadlab.analysis.threshold import parse_threshold
from loadlab.base.quantities import seconds
from loadlab.catalogue import WORKLOADS
from loadlab.model.resources import Experiment
from loadlab.model.spec.load import Purpose
from loadlab.plan import Images, Plan, make_plan
from tests.manifests import Json

FOLDER = Path(__file__).resolve().parents[2] / "manifests" / "samples"
SAMPLES = sorted(file.stem for file in FOLDER.glob("*.yaml"))
SLOW = {"full-scale", "capacity-search"}  # how long a search takes is not known before its end
QUICK = [name for name in SAMPLES if name not in SLOW]
TRIALS = re.compile(r"\b(\d+) trials")  # as the comment at its head says
IMAGES = Images(
    services="services", k6="k6", postgres="postgres", redis="redis", rabbitmq="rabbitmq"
)
DEMONSTRATION = "select"  # five replicates, for a figure that one can decide by
OVERHEAD_SECONDS = 6  # the budget of a trial beside its load


def read(name: str) -> Json:
    body: Json = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return body


def plan_of(name: str) -> Plan:
    body = read(name)
    body["metadata"]["namespace"] = "default"
    return make_plan(Experiment.model_validate(body), IMAGES)


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_is_named_like_its_file_and_belongs_to_no_namespace(name):
    assert read(name)["metadata"] == {"name": name}


@pytest.mark.parametrize("name", [*QUICK, "capacity-search"])
def test_sample_has_as_many_trials_as_its_comment_says(name):
    head, _, _ = (FOLDER / f"{name}.yaml").read_text().partition("apiVersion:")

    assert TRIALS.findall(head) == [str(plan_of(name).most_trials)]


@pytest.mark.parametrize("name", QUICK)
def test_sample_takes_three_minutes_at_most_and_the_demonstration_four(name):
    loads = [trial.load for trial in plan_of(name).in_order]

    ramps = sum(seconds(load.ramp_up) for load in loads if load.executor.ramps)
    full = sum(seconds(load.warmup) + seconds(load.duration) for load in loads)

    most = 240 if name == DEMONSTRATION else 180
    assert ramps + full + OVERHEAD_SECONDS * len(loads) <= most


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_compares_variants_that_its_workload_has(name):
    """samples/catalogue has all of them; these are the ones to begin with."""
    spec = plan_of(name).context.spec
    built_in = {variant.name for variant in spec.variants if not variant.image}

    with_itself = spec.comparison is not None and spec.comparison.control_twice
    assert len(spec.variants) > 1 or with_itself
    assert built_in <= set(WORKLOADS[spec.workload].variants)


@pytest.mark.parametrize("name", SAMPLES)
def test_criteria_of_a_sample_can_be_judged(name):
    criteria = plan_of(name).context.spec.success_criteria

    assert criteria
    for criterion in criteria:
        parse_threshold(criterion.metric.value, criterion.threshold)


def test_naive_ingest_cannot_run_out_of_connections():
    """A request in flight is a connection; Postgres has 100, 3 of them for superusers."""
    load = plan_of("ingest").context.spec.load

    assert 0 < load.max_virtual_users < 97


def test_the_demonstration_compares_at_one_rate_with_replicates_enough_for_a_decision():
    spec = plan_of(DEMONSTRATION).context.spec

    assert [v.name for v in spec.variants] == ["sync", "async", "asyncpg"]
    assert spec.load.purpose is Purpose.COMPARE
    assert spec.replicates >= 5
