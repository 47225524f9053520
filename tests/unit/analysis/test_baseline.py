"""An experiment against an earlier one: what is claimed, what is told only, and what is neither."""

import math
from collections.abc import Sequence
from typing import Any

import pytest

from loadlab.analysis.baseline import STEPS, BaselineView, with_baseline
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.statistics import t_quantile
from loadlab.catalogue import Cell
from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.status import (
    MAX_BASELINE_COMPARISONS,
    Baseline,
    BaselineComparison,
    ByComponent,
    Figure,
    LoadExperimentStatus,
    LoadOutcome,
    ResultRow,
    Standing,
)
from loadlab.model.status import ComparisonOutcome as Outcome
from tests.unit.analysis.claims import rows_of, sized

SPEC: dict[str, Any] = {
    "workload": "select",
    "variants": [{"name": "async"}],
    "comparison": {"baselineRef": {"name": "night-1"}},
}
ASYNC = Cell(variant="async", workers=1)
NOISE = (1.0, 1.01, 0.99, 1.005, 0.995, 1.002, 0.998)


def cell_at(rate: float, cpu: float, p95: float, blocks: int = 5) -> list[Replicate]:
    noise = NOISE[:blocks]
    return [sized(ASYNC, b, rate * n, cpu * n, p95 * n) for b, n in enumerate(noise)]


def compared(
    here: Sequence[ResultRow], there: Sequence[ResultRow], **spec: Any
) -> dict[str, BaselineComparison]:
    return {c.figure: c for c in baseline_of(here, there, **spec).comparisons}


def baseline_of(here: Sequence[ResultRow], there: Sequence[ResultRow], **spec: Any) -> Baseline:
    own = LoadExperimentSpec.model_validate(SPEC | spec)
    status = LoadExperimentStatus(results=tuple(here))
    body = {
        "metadata": {"name": "night-1", "namespace": "lab", "uid": "uid-1"},
        "spec": SPEC,
        "status": {
            "phase": "Succeeded",
            "completionTime": "2026-11-26T01:00:00Z",
            # As it is written, and read back.
            "results": [row.dump() for row in there],
        },
    }
    found = BaselineView("night-1", Experiment.model_validate(body))
    baseline = with_baseline(status, own, found).baseline
    assert baseline is not None
    return baseline


def test_better_is_more_requests_less_cpu_and_shorter_tails() -> None:
    found = compared(rows_of(cell_at(1040, 500, 44)), rows_of(cell_at(1000, 600, 40)))

    assert {name: c.outcome for name, c in found.items()} == {
        "requestsPerSecond": Outcome.IMPROVED,
        "cpuMicros": Outcome.IMPROVED,
        "p95Ms": Outcome.REGRESSED,
    }
    rate = found["requestsPerSecond"]
    assert (rate.of, rate.over) == ("async/workers=1", "night-1")
    assert (rate.blocks, rate.baseline_blocks, rate.blocks_needed) == (5, 5, None)
    assert rate.ratio == pytest.approx(1.04, rel=1e-4)
    assert (rate.value, rate.baseline_value) == pytest.approx((1040, 1000), rel=1e-4)
    assert rate.low is not None
    assert rate.high is not None
    assert 1.02 < rate.low < 1.04 < rate.high < 1.06


def test_p_counts_all_figures_of_all_cells() -> None:
    found = compared(rows_of(cell_at(1012, 600, 40)), rows_of(cell_at(1000, 600, 40)))

    rate, cpu = found["requestsPerSecond"], found["cpuMicros"]
    assert rate.p is not None
    assert cpu.p is not None
    assert 1 < rate.p / (3 * 0.044156) < 1.04  # by scipy, without the rounding of both sides
    assert rate.outcome is not Outcome.IMPROVED
    assert cpu.outcome is Outcome.EQUIVALENT


@pytest.mark.parametrize("sides", [(4, 5), (5, 4), (2, 7), (1, 1)])
def test_few_replicates_tell_values_and_claim_nothing(sides: tuple[int, int]) -> None:
    here, there = (
        rows_of(cell_at(rate, 500, 44, blocks=blocks))
        for rate, blocks in zip((1200, 1000), sides, strict=True)
    )

    rate = compared(here, there)["requestsPerSecond"]

    assert (rate.outcome, rate.low, rate.p) == (Outcome.INCONCLUSIVE, None, None)
    assert rate.why == "fewer than 5 replicates here or in the baseline"
    assert (rate.blocks, rate.baseline_blocks) == sides
    assert (rate.value, rate.baseline_value) == pytest.approx((1200, 1000), rel=0.02)


def test_the_replicates_that_have_a_figure_count_not_those_that_are_used() -> None:
    row = rows_of(cell_at(1200, 500, 44))[0]
    assert row.cpu_micros is not None
    gap = row.model_copy(update={"cpu_micros": row.cpu_micros.model_copy(update={"replicates": 4})})

    found = compared([row], [gap])

    assert found["cpuMicros"].why == "fewer than 5 replicates here or in the baseline"
    assert found["requestsPerSecond"].why is None


def test_intervals_that_are_left_out_carry_no_claim() -> None:
    wide = Figure(mean=1000, least=100, most=9000)
    rows = rows_of(cell_at(1200, 500, 44))
    spread = [row.model_copy(update={"requests_per_second": wide}) for row in rows]

    rate = compared(rows, spread)["requestsPerSecond"]

    assert rate.why == "the replicates lie too far apart for an interval"


@pytest.mark.parametrize(
    ("here", "there", "outcome"),
    [
        (Standing.BOUND, Standing.SOUND, Outcome.IMPROVED),
        (Standing.SOUND, Standing.BOUND, Outcome.INCONCLUSIVE),
        (Standing.UNSOUND, Standing.SOUND, Outcome.INCONCLUSIVE),
        (Standing.SOUND, Standing.UNSOUND, Outcome.INCONCLUSIVE),
    ],
)
def test_a_figure_claims_no_more_than_its_standing(
    here: Standing, there: Standing, outcome: Outcome
) -> None:
    rows = [
        _with_standing(rows_of(cell_at(rate, 500, 44))[0], standing)
        for rate, standing in ((1200, here), (1000, there))
    ]

    assert compared(rows[:1], rows[1:])["requestsPerSecond"].outcome is outcome


def _with_standing(row: ResultRow, standing: Standing) -> ResultRow:
    rate = row.requests_per_second
    assert rate is not None
    known = rate.model_copy(update={"standing": standing})
    return row.model_copy(update={"requests_per_second": known})


@pytest.mark.parametrize("overloaded", [0, 1])
def test_an_overloaded_cell_carries_no_claim(overloaded: int) -> None:
    rows = [rows_of(cell_at(rate, 500, 44))[0] for rate in (1200, 1000)]
    rows[overloaded] = rows[overloaded].model_copy(update={"load": LoadOutcome.OVERLOADED})

    found = compared(rows[:1], rows[1:])

    assert {c.outcome for c in found.values()} == {Outcome.INCONCLUSIVE}
    assert {c.why for c in found.values()} == {
        "one of the two did not carry its load, so the rates differ"
    }


def test_rates_of_an_open_model_are_not_compared() -> None:
    open_model = {
        "load": {"executor": "constant-arrival-rate"},
        "factors": {"rate": [100]},
    }
    rows = rows_of(cell_at(1000, 500, 44))

    assert set(compared(rows, rows, **open_model)) == {"cpuMicros", "p95Ms"}


def test_latency_at_saturation_is_not_compared() -> None:
    """At saturation it follows from what is carried: as many more requests, as much less wait."""
    rows = rows_of(cell_at(1200, 500, 40)), rows_of(cell_at(1000, 500, 48))

    found = compared(*rows, load={"purpose": "Capacity"})

    assert set(found) == {"requestsPerSecond", "cpuMicros"}


def test_cpu_is_not_compared_where_other_components_are_known() -> None:
    row = rows_of(cell_at(1000, 500, 44))[0]
    service = ByComponent(service=400.0, generator=100.0)
    both = [
        row.model_copy(update={"cpu_micros_per_request": known})
        for known in (service, ByComponent(service=300.0, postgres=100.0))
    ]

    found = compared(both[:1], both[1:])

    assert found["cpuMicros"].why == "the CPU of other components is known in one of the two"
    assert found["requestsPerSecond"].why is None


def test_nothing_is_claimed_where_the_conditions_differ() -> None:
    rows = rows_of(cell_at(1000, 500, 44)), rows_of(cell_at(700, 500, 44))

    found = baseline_of(*rows, load={"duration": "5s"})

    assert found.differences == ("load.duration 5s, there 30s",)
    assert {c.why for c in found.comparisons} == {"load.duration differs between the two"}
    assert {c.outcome for c in found.comparisons} == {Outcome.INCONCLUSIVE}
    assert {c.p for c in found.comparisons} == {None}


def test_cells_that_one_of_the_two_has_alone_are_left_out() -> None:
    rows = rows_of(cell_at(1000, 500, 44))
    others = [rows[0].model_copy(update={"cell": Cell(variant="async", workers=2)}), *rows]

    found = baseline_of(rows, others)

    assert {c.of for c in found.comparisons} == {"async/workers=1"}
    assert found.differences == ("only there: async/workers=2",)
    assert found.note == ""


def test_as_many_figures_are_compared_as_the_status_may_hold() -> None:
    (row,) = rows_of(cell_at(1000, 500, 44))
    rows = [row.model_copy(update={"cell": Cell(variant="async", workers=n)}) for n in range(60)]

    found = baseline_of(rows, rows)

    assert len(found.comparisons) == 60 <= MAX_BASELINE_COMPARISONS
    assert {c.figure for c in found.comparisons} == {"requestsPerSecond"}


@pytest.mark.parametrize("name", STEPS)
def test_a_figure_is_taken_for_as_rough_as_it_is_written(name: str) -> None:
    (row,) = rows_of(cell_at(1000, 500, 44))
    exact = Figure(mean=100 + STEPS[name] * 0.4, low=100 - STEPS[name] * 0.4, high=200)

    written = ResultRow.model_validate(row.model_copy(update={name: exact}).dump())

    assert getattr(written, name).mean == 100
    assert getattr(written, name).low == 100


def test_both_sides_may_have_been_rounded() -> None:
    """A p95 of 0.51 ms, written in steps of 0.01: its replicates may lie up to 2 % apart."""
    (row,) = rows_of(cell_at(1000, 500, 44))
    written = row.model_copy(update={"p95_ms": Figure(mean=0.51, low=0.51, high=0.51)})

    p95 = compared([written], [written])["p95Ms"]

    half = math.log(0.515 / 0.505) / 2 * math.sqrt(2) * t_quantile(8) / t_quantile(4)
    assert p95.low is not None
    assert p95.high is not None
    assert math.log(p95.high / p95.low) / 2 == pytest.approx(half, rel=0.02)


def test_without_a_baseline_the_status_stays_as_it_is() -> None:
    status = LoadExperimentStatus()
    spec = LoadExperimentSpec.model_validate(SPEC)

    assert with_baseline(status, spec, None) is status
