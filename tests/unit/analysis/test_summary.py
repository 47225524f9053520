"""Expectations in the status: claim by claim, with what was published; the verdict stays apart."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.expectation import judge_expectation
from loadlab.analysis.summary import summarize
from loadlab.catalogue import Factor
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.values import GeneratorLoad, TrialMeasurement
from loadlab.model.resources import Experiment, Trial
from loadlab.model.status import LoadExperimentStatus, Validity
from loadlab.model.status.conditions import Condition, Truth
from loadlab.plan import Images, Plan, make_plan
from loadlab.plan.expected import LoadFacts
from loadlab.validity.judged_trial import JudgedTrial, dump_trial
from loadlab.validity.judgement import Judgement, Reason, ReasonKind
from tests.unit.analysis.analysed import analysed_cells, analyze

IMAGES = Images(
    services="services:1", k6="k6:1", postgres="postgres:15", redis="redis:7", rabbitmq="rabbitmq:3"
)
WINS = {
    "name": "async-wins",
    "ratio": "requestsPerSecond",
    "of": {"variant": "async"},
    "over": {"variant": "sync"},
    "atLeast": 1.5,
    "published": 1.79,
}
FAILS = {"name": "none-fails", "metric": "failedRate", "of": {"workers": 1}, "atMost": 0.01}
RATES = {"async": 2000.0, "sync": 1000.0}
VALID = Judgement()


def plan_of(*expectations: dict[str, Any], criteria: Sequence[dict[str, str]] = ()) -> Plan:
    spec = {
        "workload": "select",
        "variants": [{"name": "sync"}, {"name": "async"}],
        "replicates": 3,
        "expectations": list(expectations),
        "successCriteria": list(criteria),
    }
    metadata = {"name": "demo", "namespace": "lab", "uid": "uid-demo"}
    return make_plan(Experiment.model_validate({"metadata": metadata, "spec": spec}), IMAGES)


def measured(rate: float) -> TrialMeasurement:
    return TrialMeasurement(
        load=LoadFacts(open_model=False, virtual_users=10, duration_seconds=30.0),
        pods=1,
        first_request_epoch_seconds=0.0,
        last_answer_epoch_seconds=10.0,
        requests=int(rate * 10),
        failed=0,
        iterations=int(rate * 10),
        dropped_iterations=0,
        mean_iteration_ms=10.0,
        latency=Histogram.of([10_000] * 100),
        status={"2xx": int(rate * 10)},
        start_skew_ms=0.0,
        first_sample_skew_ms=0.0,
        components={},
        generator=GeneratorLoad(cpu_share=0.3, throttled_share=0.0, sched_wait_p99_ms=0.5),
    )


def trials_of(
    plan: Plan, rates: Mapping[str, float] = RATES, judgement: Judgement = VALID
) -> dict[str, Trial]:
    """Every trial of the plan, finished; the second block runs on a machine half as fast."""
    found = {}
    for planned in plan.trials:
        rate = rates[planned.cell.variant] / planned.replicate
        stored = dump_trial(JudgedTrial(measured(rate), judgement))
        body = plan.trial_manifest(planned) | {
            "status": {"phase": "Succeeded", "measurement": stored}
        }
        found[planned.name] = Trial.model_validate(body)
    return found


def analyzed(plan: Plan) -> LoadExperimentStatus:
    return analyze(plan, tuple(trials_of(plan).values()))


def at_several_workers(kept_by: set[int]) -> LoadExperimentStatus:
    """Sum up a sweep of workers of which some keep a p95 of 50 ms."""
    spec = {
        "workload": "select",
        "variants": [{"name": "async"}],
        "replicates": 3,
        "factors": {"workers": [1, 2, 4, 8]},
        "successCriteria": [
            {"name": "quick", "metric": "http_req_duration", "threshold": "p(95)<50"}
        ],
    }
    metadata = {"name": "demo", "namespace": "lab", "uid": "uid-demo"}
    plan = make_plan(Experiment.model_validate({"metadata": metadata, "spec": spec}), IMAGES)
    trials = []
    for planned in plan.trials:
        workers = planned.cell.number(Factor.WORKERS) or 0
        rate = {1: 1000.0, 2: 1800.0, 4: 2400.0, 8: 2420.0}[workers] + planned.replicate
        micros = 10_000 if workers in kept_by else 90_000
        trial = replace(measured(rate), latency=Histogram.of([micros] * 1000))
        stored = {"phase": "Succeeded", "measurement": dump_trial(JudgedTrial(trial, VALID))}
        trials.append(Trial.model_validate(plan.trial_manifest(planned) | {"status": stored}))
    return analyze(plan, trials)


def test_no_level_is_recommended_that_fails_a_criterion() -> None:
    """It took 8 workers, as no other met the criteria, and then said that 4 are enough."""
    found = at_several_workers({8})

    assert found.best is not None
    assert found.best.cell.startswith("async/workers=8")
    assert any("8 workers carry the most" in each for each in found.recommendation)
    assert not any("4 workers" in each for each in found.recommendation)
    enough = at_several_workers({1, 2, 4, 8}).recommendation
    assert any("4 workers carry 99% of what 8 do" in each for each in enough)


def test_a_ratio_stands_in_the_status_beside_the_published_one():
    plan = plan_of(WINS)

    (result,) = analyzed(plan).expectations

    assert result.dump() == {
        "name": "async-wins",
        "figure": "ratio of requestsPerSecond",
        "expected": "1.5 or more",
        "published": 1.79,
        "ratio": 2.0,
        "low": 2.0,
        "high": 2.0,
        "replicates": 3,
        "outcome": "Reproduced",
        "note": "",
    }


@pytest.mark.parametrize("bound", [{"atLeast": 1.5}, {"atMost": 1.25}])
def test_rates_that_the_generator_limited_decide_no_claim(bound):
    """k6 sent 3,000 and 2,950 a second, and the comparison of the two cells was Inconclusive."""
    claim = {name: each for name, each in WINS.items() if name != "atLeast"} | bound
    plan = plan_of(claim)
    slow = Judgement((Reason(ReasonKind.GENERATOR_SATURATED, Validity.SUSPECT, "busy"),))
    rates = {"async": 3000.0, "sync": 2950.0}

    status = analyze(plan, tuple(trials_of(plan, rates, slow).values()))

    (found,) = status.expectations
    assert {c.figure: c.outcome for c in status.comparisons}["requestsPerSecond"] == "Inconclusive"
    assert found.outcome == "Inconclusive"
    assert found.note.startswith("only a lower bound of requestsPerSecond is known of async/")


def test_a_metric_has_a_value_and_no_ratio():
    plan = plan_of(FAILS)

    (result,) = analyzed(plan).expectations

    assert (result.value, result.ratio, result.published) == (0.0, None, None)
    assert result.outcome == "Reproduced"


def test_trials_that_never_measured_leave_it_inconclusive_with_the_reason():
    plan = plan_of(WINS)

    (claim,) = plan.context.spec.expectations
    result = judge_expectation(claim, plan.cells, [])

    assert (result.outcome, result.replicates) == ("Inconclusive", 0)
    assert "no result" in result.note


@pytest.mark.parametrize(
    ("bound", "outcome"), [(1.5, "Reproduced"), (3.0, "Contradicted")], ids=["kept", "missed"]
)
def test_the_verdict_is_about_the_criteria_only(bound, outcome):
    plan = plan_of(WINS | {"atLeast": bound})
    status = analyzed(plan)

    assert [result.outcome for result in status.expectations] == [outcome]
    assert status.verdict == "Passed"


@pytest.mark.parametrize(
    ("stored", "why"),
    [({"version": 9}, "stored in version 9"), ({"junk": 1}, "measurement: Field required")],
    ids=["another version", "broken"],
)
@pytest.mark.parametrize(("lost", "validity"), [(1, "Suspect"), (3, "Invalid")])
def test_a_trial_that_cannot_be_read_is_named_and_left_out(stored, why, lost, validity):
    plan = plan_of(WINS)
    trials = list(trials_of(plan).values())
    own = [trial for trial in trials if trial.spec.cell == plan.cells[0]]
    for trial in own[:lost]:
        trials.remove(trial)
        spoiled = trial.status.model_copy(update={"measurement": stored})
        trials.append(trial.model_copy(update={"status": spoiled}))

    row = analyze(plan, trials).results[0]

    assert (row.replicates.valid, row.validity) == (3 - lost, validity)
    (unreadable, *_) = (told for told in row.reasons if told.startswith("MeasurementUnreadable"))
    assert unreadable.startswith("MeasurementUnreadable: the measurement of trial demo-")
    assert why in unreadable


def test_criteria_keep_a_cell_from_being_best():
    """async is twice as fast, and the criterion wants no cell to be that fast."""
    slow = {"name": "slow", "metric": "http_reqs", "threshold": "count<9000"}

    free, bound = analyzed(plan_of(WINS)), analyzed(plan_of(WINS, criteria=[slow]))

    assert free.best is not None
    assert free.best.cell.startswith("async/")
    assert bound.best is not None
    assert bound.best.cell.startswith("sync/")


def test_where_no_cell_meets_the_criteria_none_is_best():
    fast = {"name": "fast", "metric": "http_reqs", "threshold": "rate>9000"}

    assert analyzed(plan_of(WINS, criteria=[fast])).best is None


def test_a_threshold_that_is_spelled_longer_than_it_was_given_fits_the_status():
    threshold = "rate<" + "9" * 35
    plan = plan_of(WINS, criteria=[{"name": "most", "metric": "http_reqs", "threshold": threshold}])

    (found,) = analyzed(plan).criteria

    assert (found.threshold, len(threshold)) == (f"rate<{int(1e35)}", 40)


def test_of_an_experiment_that_did_not_come_to_its_end_nothing_is_recommended():
    """A ConfigMap changed after three trials, and it said: take v1, no other cell is known."""
    plan = plan_of()
    failed = Condition(
        type="Failed", status=Truth.TRUE, reason="InputsChanged", last_transition_time="…"
    )
    former = LoadExperimentStatus(conditions=(failed,))
    trials = tuple(trials_of(plan).values())
    cells = tuple(analysed_cells(plan, trials))

    status = summarize(plan, former, trials, cells)

    assert status.recommendation == (
        "Nothing is recommended: the experiment did not come to its end, InputsChanged.",
    )
