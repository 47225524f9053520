"""The load is no bottleneck of a cell that did not do all it was asked for."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.attribution import attribute
from loadlab.analysis.cell import CellSum
from loadlab.analysis.cells import CellAnalysis
from loadlab.analysis.threshold import parse_threshold
from loadlab.catalogue import Cell
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.values import GeneratorLoad, TrialMeasurement
from loadlab.model.status import Bottleneck, Confidence, LoadOutcome, Resource, ResultRow
from loadlab.plan.cells import Arm
from loadlab.plan.expected import ExpectedWork
from loadlab.validity.judge import judge
from loadlab.validity.judged_trial import JudgedTrial
from tests.unit.analysis.attributed import trial_of

R = Resource
KEPT = {"open_model": True, "rate_per_second": 1000.0, "virtual_users": 200}
CELL = Cell(variant="a")


def at(healthy: TrialMeasurement, cpus_used: float, **changes: Any) -> TrialMeasurement:
    """An offered rate that was kept by a service of two CPUs."""
    return trial_of(healthy, load=KEPT, cpus_used=cpus_used, **changes)


@pytest.mark.parametrize(
    ("cpus_used", "name"),
    [(1.5, R.SERVICE_CPU), (1.01, R.SERVICE_CPU), (1.0, R.UNATTRIBUTED), (0.4, R.UNATTRIBUTED)],
)
def test_what_missed_something_was_held_back_by_the_fullest_that_is_half_full(
    healthy: TrialMeasurement, cpus_used: float, name: Resource
) -> None:
    trial = at(healthy, cpus_used)

    found = attribute(trial, is_missed=True)

    assert attribute(trial).name is R.LOAD
    assert (found.name, found.confidence) == (name, Confidence.LOW)
    assert found.evidence.startswith("nothing was full; the fullest: ")


def test_it_is_not_the_generator_that_offered_what_it_was_to(healthy):
    busy = GeneratorLoad(cpu_share=0.75, throttled_share=0.0, sched_wait_p99_ms=0.5)

    assert attribute(at(healthy, 1.1, generator=busy), is_missed=True).name is R.SERVICE_CPU
    assert attribute(at(healthy, 0.4, generator=busy), is_missed=True).name is R.UNATTRIBUTED


def test_a_stage_that_takes_most_of_the_time_comes_first(healthy):
    """4.9 of 5 ms are computed."""
    trial = at(healthy, 1.5, cpu_micros_per_request=4900.0, latency=Histogram.of([5_000] * 30_000))

    found = attribute(trial, is_missed=True)

    assert (found.name, found.confidence) == (R.SERVICE_CPU, Confidence.MEDIUM)
    assert "most of the response time is ServiceCpu" in found.evidence


def test_what_was_full_is_named_all_the_same(healthy):
    full = at(healthy, 1.9)

    assert attribute(full, is_missed=True) == attribute(full)


@pytest.mark.parametrize(
    "asked",
    [KEPT, {"virtual_users": 1}, {"expected": ExpectedWork(wait_ms=9.5)}],
    ids=["a rate", "one user", "a wait"],
)
def test_a_service_that_fails_requests_does_not_do_what_it_is_asked_for(healthy, asked):
    trial = trial_of(healthy, load=asked)

    assert attribute(trial).name is R.LOAD
    assert attribute(trial, is_missed=True).name is R.UNATTRIBUTED
    assert attribute(replace(trial, failed=300)).name is R.LOAD  # 1 %
    assert attribute(replace(trial, failed=301)).name is R.UNATTRIBUTED


def row_of(threshold: str, *trials: TrialMeasurement) -> ResultRow:
    rules = {"tail": parse_threshold("http_req_duration", threshold)}
    analysis = CellAnalysis(Arm(CELL), len(trials), rules)
    for replicate, trial in enumerate(trials):
        analysis.add_judged(JudgedTrial(trial, judge(trial)), replicate)
    return analysis.analysed_cell().row


def bottleneck_of(row: ResultRow) -> Bottleneck:
    assert row.bottleneck is not None
    return row.bottleneck


def test_a_row_that_fails_a_criterion_is_not_limited_by_its_load(healthy):
    trial = at(healthy, 1.5)

    assert bottleneck_of(row_of("p(95)<20", trial)).name is R.LOAD
    found = bottleneck_of(row_of("p(95)<5", trial))
    assert (found.name, found.confidence) == (R.SERVICE_CPU, Confidence.LOW)
    assert "were kept" not in found.evidence


def test_an_overloaded_cell_is_told_by_the_replicates_that_did_not_carry_it(healthy):
    """Four of five kept the rate: "the offered 1000/s were kept" is not what limits the row."""
    kept = at(healthy, 1.5)
    dropped = replace(kept, iterations=24_000, dropped_iterations=6_000)
    total = CellSum(CELL, 5)
    for trial in (kept, kept, dropped, kept, kept):
        total.add(JudgedTrial(trial, judge(trial)))

    row = total.measured_cell().row

    assert row.load is LoadOutcome.OVERLOADED
    assert bottleneck_of(row).name is R.SERVICE_CPU
    assert "were kept" not in bottleneck_of(row).evidence
    assert "replicates differ" not in bottleneck_of(row).evidence
