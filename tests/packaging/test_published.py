"""manifests/samples/published: every published claim is expected once, at a size that ends soon."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadlab.analysis.threshold import parse_threshold
from loadlab.base.quantities import seconds
from loadlab.model.resources import Experiment
from loadlab.plan import Images, Plan, make_plan

FOLDER = Path(__file__).resolve().parents[2] / "manifests" / "samples" / "published"
TABLES = ("ingest", "items", "select", "simulation", "sleep", "wells")
PUBLISHED = json.loads((FOLDER / "published.json").read_text())
CLAIMS = {claim["id"]: claim for claim in PUBLISHED["claims"]}
IMAGES = Images(
    services="services", k6="k6", postgres="postgres", redis="redis", rabbitmq="rabbitmq"
)
OVERHEAD_SECONDS = 4  # the median of a trial beside its load
FULL_SIZE = "# ---\n"  # where the commented document begins

# That one carries several times another's is what the pilots tell, without an interval.
ASKED_AT_ONE_RATE: dict[str, list[str]] = {
    "ingest": [],
    "items": [],
    "select": ["select-async-cpu", "select-async-p95"],
    "simulation": ["simulation-light-cpu", "simulation-heavy-cpu", "simulation-thread"],
    "sleep": ["sleep-p95", "wrapping-async-in-sync", "blocking-in-async"],
    "wells": ["wells-blocking", "wells-blocking-over-async", "wells-loop"],
}

Body = dict[str, Any]
each_table = pytest.mark.parametrize("table", TABLES)


def text_of(table: str) -> str:
    return (FOLDER / f"{table}.yaml").read_text()


def small(table: str) -> Body:
    return dict(yaml.safe_load(text_of(table)))


def at_one_rate(table: str) -> Body:
    return dict(yaml.safe_load((FOLDER / "compare" / f"{table}.yaml").read_text()))


def full(table: str) -> Body:
    """Uncomment the document at the end, as a reader would."""
    _, commented = text_of(table).split(FULL_SIZE)
    lines = commented.splitlines()
    assert all(line.startswith("# ") for line in lines)
    return dict(yaml.safe_load("\n".join(line[2:] for line in lines)))


def plan_of(body: Body) -> Plan:
    metadata = {**body["metadata"], "namespace": "default"}
    return make_plan(Experiment.model_validate(body | {"metadata": metadata}), IMAGES)


def expectations(body: Body) -> list[Body]:
    return list(body["spec"].get("expectations", []))


def test_there_is_one_file_per_table():
    files = {f"{table}.yaml" for table in TABLES}
    assert {file.name for file in FOLDER.iterdir()} == {"published.json", "compare", *files}
    assert {file.name for file in (FOLDER / "compare").iterdir()} == files
    assert {m["workload"] for m in PUBLISHED["measurements"]} <= set(TABLES)


@each_table
def test_names_tell_the_sizes_apart(table):
    assert small(table)["metadata"] == {"name": f"published-{table}"}
    assert full(table)["metadata"] == {"name": f"published-{table}-full"}
    assert small(table)["spec"]["workload"] == full(table)["spec"]["workload"] == table


@pytest.mark.parametrize("size", [small, full, at_one_rate])
@each_table
def test_each_form_makes_a_plan(table, size):
    plan = plan_of(size(table))

    assert plan.trials
    for criterion in plan.context.spec.success_criteria:
        parse_threshold(criterion.metric.value, criterion.threshold)


@pytest.mark.parametrize("size", [small, full], ids=["small", "full"])
def test_every_claim_is_expected_once(size):
    names = [e["name"] for table in TABLES for e in expectations(size(table))]

    assert sorted(name for name in names if name in CLAIMS) == sorted(CLAIMS)


@each_table
def test_the_same_is_asked_at_one_rate(table):
    closed, compared = small(table)["spec"], at_one_rate(table)
    spec = compared["spec"]

    assert compared["metadata"] == {"name": f"compare-{table}"}
    assert (spec["workload"], spec["load"]["purpose"]) == (table, "Compare")
    assert variants(closed) <= variants(spec)
    assert [e["name"] for e in expectations(compared)] == ASKED_AT_ONE_RATE[table]


def variants(spec: Body) -> set[str]:
    return {variant["name"] for variant in spec["variants"]}


@each_table
def test_an_expectation_says_what_was_published(table):
    for expectation in expectations(full(table)):
        claim = CLAIMS.get(expectation["name"])
        if claim is None:
            continue
        assert expectation["claim"] == claim["claim"]
        assert expectation.get("published") == claim.get("published")
        assert figure(expectation) == figure(claim)
        assert side(expectation, "of") == side(claim, "of")
        assert side(expectation, "over") == side(claim, "over")
        assert expectation.get("at") == claim.get("at")


def figure(claim: Body) -> str:
    """The figure's name; the published ones may go on in words."""
    return str(claim.get("ratio") or claim["metric"]).split()[0]


def side(claim: Body, name: str) -> Body | None:
    found = claim.get(name)
    return {"variant": found} if isinstance(found, str) else found


@each_table
def test_the_small_size_expects_the_same_of_the_same_variants(table):
    """At other levels where 2 cores cannot carry the published ones."""
    assert [of_variants(e) for e in expectations(small(table))] == [
        of_variants(e) for e in expectations(full(table))
    ]


def of_variants(expectation: Body) -> Body:
    sides = {name: expectation.get(name, {}).get("variant") for name in ("of", "over")}
    return expectation | sides


@each_table
def test_the_small_size_has_intervals_and_ends_soon(table):
    plan = plan_of(small(table))
    load = plan.context.spec.load
    ramp = seconds(load.ramp_up) if load.executor.ramps else 0
    one = seconds(load.warmup) + ramp + seconds(load.duration) + OVERHEAD_SECONDS

    assert plan.context.spec.replicates >= 3
    assert one * len(plan.trials) <= 300
