"""What the status sums up over all trials, and what of the plan it goes by."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.summary import cell_analysis, summarize
from loadlab.catalogue import Factor
from loadlab.measurement.durability import WriteAccount
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.sending import Sending
from loadlab.measurement.usage import ComponentUsage
from loadlab.model.resources import Experiment, Trial
from loadlab.model.status import CriterionOutcome, Durability, LoadExperimentStatus, Overhead
from loadlab.model.status.conditions import Condition, Truth
from loadlab.plan import Plan, make_plan
from loadlab.validity.judged_trial import JudgedTrial, dump_trial
from loadlab.validity.judgement import Judgement
from tests.manifests import Json
from tests.unit.analysis import test_found_capacity as searches
from tests.unit.analysis.analysed import analysed_cells, analyze
from tests.unit.analysis.test_found_capacity import FAILED, HELD
from tests.unit.analysis.test_summary import IMAGES, measured, plan_of

ACCOUNT = WriteAccount(
    accepted=100,
    persisted=97,
    distinct=95,
    pending=2,
    dead_lettered=1,
    drained=True,
    drain_seconds=0.1,
    ids_match=True,
)


def stored(plan: Plan, each: Sequence[dict[str, Any]], **status: Any) -> list[Trial]:
    """The plan's trials, each with its changes of a measurement of 1,000 requests a second."""
    return [
        Trial.model_validate(
            plan.trial_manifest(planned)
            | {
                "status": {
                    "phase": "Succeeded",
                    "measurement": dump_trial(
                        JudgedTrial(replace(measured(1000.0), **changes), Judgement())
                    ),
                }
                | status
            }
        )
        for planned, changes in zip(plan.trials, each, strict=False)
    ]


def test_without_a_calibration_all_of_a_latency_is_held_against_its_criterion() -> None:
    """10 ms; with 1 ms of the generator's own it might have been 9."""
    tail = {"name": "tail", "metric": "http_req_duration", "threshold": "p(95)<9.5"}
    plan = plan_of(criteria=[tail])

    (found,) = analyze(plan, stored(plan, [{}] * 6)).criteria

    assert found.outcome is CriterionOutcome.FAILED


def test_of_a_search_as_many_trials_of_a_rate_are_planned_as_tried_it() -> None:
    plan = searches.plan_of([400, 440, 400], "Found")

    arms = dict.fromkeys(trial.arm for trial in plan.trials)
    rows = [cell_analysis(plan, arm).analysed_cell().row for arm in arms]

    assert [row.replicates.planned for row in rows] == [2, 1]


@pytest.mark.parametrize(
    ("ids", "is_match"), [((True, True), True), ((True, False), False), ((False, True), False)]
)
def test_what_became_of_writes_is_summed_up(ids: tuple[bool, bool], *, is_match: bool) -> None:
    plan = plan_of()
    accounts = [replace(ACCOUNT, ids_match=each) for each in ids]

    found = analyze(plan, stored(plan, [{"durability": each} for each in accounts])).durability

    assert found == Durability(
        accepted=200,
        persisted=194,
        duplicates=4,
        lost=4,
        pending=4,
        dead_lettered=2,
        unacknowledged=0,
        ids_match=is_match,
    )


def test_without_an_account_nothing_is_told_of_writes() -> None:
    plan = plan_of()

    assert analyze(plan, stored(plan, [{}] * 6)).durability is None


@pytest.mark.parametrize(
    ("seconds", "overhead"),
    [
        ([], None),
        ([None], None),
        ([7.0], Overhead(median=7.0, p95=7.0)),
        ([5.0, None, 3.0], Overhead(median=5.0, p95=5.0)),
        ([4.0, 1.0, 3.0, 2.0, 5.0], Overhead(median=3.0, p95=5.0)),
        ([float(n) for n in range(40, 0, -1)], Overhead(median=21.0, p95=39.0)),
    ],
    ids=["none", "untold", "one", "two", "five", "forty"],
)
def test_a_trial_costs_the_median_of_what_all_cost_beside_their_load(
    seconds: Sequence[float | None], overhead: Overhead | None
) -> None:
    plan = plan_of()
    (trial,) = stored(plan, [{}])
    trials = [
        Trial.model_validate(
            trial.dump() | {"status": {"timings": {"started": 1.0, "overhead": each}}}
        )
        for each in seconds
    ] or [trial]

    assert (
        summarize(plan, LoadExperimentStatus(), trials, analysed_cells(plan, [])).overhead_seconds
        == overhead
    )


TAIL = {"name": "tail", "metric": "http_req_duration", "threshold": "p(95)<50"}
LOST = Condition(type="Failed", status=Truth.TRUE, reason="InputsChanged", last_transition_time="…")


def searched() -> tuple[Plan, list[Trial]]:
    """A search that found 400 requests a second of one cell, and 600 of the other."""
    rates = {"sync": [400, 440, 400, 440], "async": [600, 660, 600, 660]}
    loads = [
        {"cell": f"{variant}/workers=1/poolSize=10", "rates": tried, "ended": "Found"}
        for variant, tried in rates.items()
    ]
    body = {
        "metadata": {"name": "demo", "namespace": "lab", "uid": "uid-demo"},
        "spec": {
            "workload": "select",
            "variants": [{"name": variant} for variant in rates],
            "load": {"purpose": "Capacity", "search": {}},
            "successCriteria": [TAIL],
        },
        "status": {"chosen": {"seed": 1, "loads": loads}},
    }
    plan = make_plan(Experiment.model_validate(body), IMAGES)
    holds = {400, 600}
    said: list[Json | None] = [
        HELD if each.cell.number(Factor.RATE) in holds else FAILED for each in plan.trials
    ]
    return plan, searches.trials_of(plan, said)


@pytest.mark.parametrize("conditions", [(), (LOST,)], ids=["at its end", "not at its end"])
def test_a_search_that_did_not_come_to_its_end_recommends_nothing(
    conditions: tuple[Condition, ...],
) -> None:
    plan, trials = searched()
    arms = dict.fromkeys(trial.arm for trial in plan.trials)
    cells = [cell_analysis(plan, arm).analysed_cell() for arm in arms]

    found = summarize(plan, LoadExperimentStatus(conditions=conditions), trials, cells)

    assert [each.at_least for each in found.capacity] == [400.0, 600.0]
    assert bool(found.recommendation) is (not conditions)


OFFERED = {"executor": "constant-arrival-rate", "duration": "10s"}
ERRORS = {"name": "errors", "metric": "http_req_failed", "threshold": "rate<0.01"}


@pytest.mark.parametrize(
    ("criteria", "best"), [([ERRORS], "sync"), ([TAIL, ERRORS], "async")], ids=["open", "kept"]
)
def test_one_criterion_of_the_tail_lets_cost_decide_where_no_tail_is_known(
    criteria: list[dict[str, str]], best: str
) -> None:
    """Some of all latencies is k6's own lateness: 10 ms and 120 µs of CPU, or 20 ms and 100 µs."""
    spec = {
        "workload": "select",
        "variants": [{"name": "sync"}, {"name": "async"}],
        "replicates": 5,
        "factors": {"rate": [1000]},
        "load": OFFERED,
        "successCriteria": criteria,
    }
    metadata = {"name": "demo", "namespace": "lab", "uid": "uid-demo"}
    plan = make_plan(Experiment.model_validate({"metadata": metadata, "spec": spec}), IMAGES)
    trials = []
    for planned in plan.trials:
        ms, cpu = (10, 120.0) if planned.cell.variant == "sync" else (20, 100.0)
        noise = 1 + planned.replicate / 1000
        found = measured(1000.0)
        load = replace(found.load, open_model=True, rate_per_second=1000.0)
        trial = replace(
            found,
            load=load,
            sending=Sending(lateness=Histogram.of([6_000]), latency=Histogram.of([4_000] * 10_000)),
            latency=Histogram.of([round(1000 * ms * noise)] * 10_000),
            components={"service": ComponentUsage(cpu_micros_per_request=cpu * noise)},
        )
        status = {"phase": "Succeeded", "measurement": dump_trial(JudgedTrial(trial, Judgement()))}
        trials.append(Trial.model_validate(plan.trial_manifest(planned) | {"status": status}))

    chosen = analyze(plan, trials).best

    assert chosen is not None
    assert chosen.cell.startswith(best)
