"""No figure says more than the generator itself allows."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis.calibration import (
    as_measured,
    calibration_of,
    less_own_delay,
    with_calibration,
)
from loadlab.analysis.cell_outcome import CellOutcome
from loadlab.analysis.cells import CellAnalysis
from loadlab.analysis.step import step_of
from loadlab.analysis.threshold import parse_threshold
from loadlab.catalogue import Cell
from loadlab.measurement.histogram import Histogram
from loadlab.model.status import (
    Calibration,
    CriterionOutcome,
    Figure,
    LoadOutcome,
    LoadTrialStatus,
    ResultRow,
    Standing,
    StepOutcome,
)
from loadlab.plan.cells import Arm
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement
from tests.unit.analysis.claims import MEASURED, rows_of, sized
from tests.unit.analysis.test_step import plan_of

MS = st.floats(0, 1e5)


def calibration(ceiling: float | None = 10_000.0, p99: float = 0.5) -> Calibration:
    return Calibration(rate=500, p50_ms=0.2, p99_ms=p99, ceiling_per_second=ceiling)


@given(low=MS, width=MS, own=MS)
def test_only_the_lower_end_of_a_latency_gives_way_and_never_below_nothing(low, width, own):
    found = less_own_delay(Figure(mean=low + width / 2, low=low, high=low + width), own)

    assert found.low == max(0.0, low - own)
    assert (found.mean, found.high) == (low + width / 2, low + width)


def test_without_an_interval_the_least_value_gives_way():
    found = less_own_delay(Figure(mean=3, least=2.0, most=4.0), 0.5)

    assert (found.low, found.least, found.most) == (None, 1.5, 4.0)


@pytest.mark.parametrize(
    ("rate", "ceiling", "standing"),
    [
        (8_000, 10_000, Standing.BOUND),
        (7_999, 10_000, Standing.SOUND),
        (12_000, 10_000, Standing.BOUND),
        (12_000, None, Standing.SOUND),
    ],
)
def test_a_closed_loop_near_what_k6_can_send_is_a_lower_bound(rate, ceiling, standing):
    rows = rows_of([sized(Cell(variant="a"), block, rate, 500, 40) for block in range(3)])

    (row,) = with_calibration(rows, calibration(ceiling))

    assert row.requests_per_second is not None
    assert row.requests_per_second.standing is standing


def test_a_rate_that_tells_of_put_off_work_is_no_lower_bound_near_the_ceiling() -> None:
    """It was "at least 9,000", of what was accepted and not written, and Improved."""
    rows = rows_of([sized(Cell(variant="a"), block, 9_000, 500, 40) for block in range(3)])
    rate = rows[0].requests_per_second
    assert rate is not None
    behind = rate.as_unsound("QueueBehind")

    put_off = rows[0].model_copy(update={"requests_per_second": behind})
    (row,) = with_calibration([put_off], calibration())

    assert row.requests_per_second == behind


def low_of(row: ResultRow) -> float | None:
    assert row.p95_ms is not None
    return row.p95_ms.low


def test_the_interval_of_the_replicates_can_be_had_back():
    rows = rows_of([sized(Cell(variant="a"), b, 900, 500, 40 + b) for b in range(5)])
    found = calibration()

    (row,) = with_calibration(rows, found)

    assert low_of(as_measured(row, found)) == pytest.approx(low_of(rows[0]))
    assert as_measured(row, None) == row


def test_of_an_interval_that_gave_way_to_nothing_the_end_is_unknown():
    rows = rows_of([sized(Cell(variant="a"), b, 900, 500, 40 + b) for b in range(5)])
    found = calibration(p99=100.0)

    (row,) = with_calibration(rows, found)

    assert low_of(row) == 0
    assert low_of(as_measured(row, found)) is None


def test_of_half_a_millisecond_the_end_can_be_had_back_too():
    p95 = Figure(mean=0.9, low=0.5, high=1.1)
    row = rows_of([sized(Cell(variant="a"), 0, 900, 500, 1)])[0]

    found = as_measured(row.model_copy(update={"p95_ms": p95}), calibration(p99=0.3)).p95_ms

    assert found is not None
    assert found.low == pytest.approx(0.8)


def test_what_a_calibration_found_is_its_latency_and_its_ceiling():
    load = replace(MEASURED.load, open_model=True, rate_per_second=500.0)
    trial = replace(MEASURED, load=load, ceiling_per_second=9_000.0)
    found = calibration_of(trial)

    assert found is not None
    assert (found.rate, found.ceiling_per_second) == (500, 9_000)
    assert (found.p50_ms, found.p99_ms) == pytest.approx((10, 10), rel=0.01)
    assert calibration_of(MEASURED) is None
    assert calibration_of(replace(trial, latency=Histogram.of([]))) is None


def test_a_rate_that_was_offered_is_what_it_is():
    rows = rows_of([sized(Cell(variant="a"), 1, 9_900, 500, 40)])
    kept = [row.model_copy(update={"load": LoadOutcome.KEPT}) for row in rows]

    (row,) = with_calibration(kept, calibration())

    assert row.requests_per_second == rows[0].requests_per_second


def test_without_a_calibration_rows_stay_as_they_are():
    rows = rows_of([sized(Cell(variant="a"), block, 9_900, 500, 40) for block in range(3)])

    assert with_calibration(rows, None) == tuple(rows)


def outcome_of(text: str, own_ms: float, *p95s: float) -> CellOutcome:
    """Hold replicates of 1,000 requests, all of one latency, against a threshold."""
    rule = parse_threshold("http_req_duration", text)
    arm = Arm(Cell(variant="a"))
    analysis = CellAnalysis(arm, len(p95s), {"fast": rule}, own_ms)
    for number, p95 in enumerate(p95s, 1):
        measured = replace(MEASURED, latency=Histogram.of([round(p95 * 1000)] * 1000))
        analysis.add_judged(JudgedTrial(measured, Judgement()), number)
    return analysis.analysed_cell().outcomes["fast"]


@pytest.mark.parametrize("p95s", [(24.0,), (24.0, 24.0), (24.0, 24.0, 24.0)])
@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("p(95)<20", CriterionOutcome.INCONCLUSIVE),
        ("p(95)>20", CriterionOutcome.INCONCLUSIVE),
        ("med<20", CriterionOutcome.INCONCLUSIVE),
        ("avg<20", CriterionOutcome.INCONCLUSIVE),
        ("max<20", CriterionOutcome.INCONCLUSIVE),
        ("min<20", CriterionOutcome.FAILED),
        ("p(95)<15", CriterionOutcome.FAILED),
        ("p(95)<25", CriterionOutcome.PASSED),
        ("avg<15", CriterionOutcome.FAILED),
        ("p(95)>15", CriterionOutcome.PASSED),
    ],
)
def test_a_bound_that_k6_itself_may_have_broken_is_open_however_many_replicates(
    p95s, text, outcome
):
    """A search has one for each rate: 24 ms failed p(95)<20 where 8 may be k6's."""
    found = outcome_of(text, 8.0, *p95s)

    assert found.outcome is outcome
    assert ("from 16.0" in found.note) is (outcome is CriterionOutcome.INCONCLUSIVE)
    assert len(found.note) <= 200
    assert outcome_of("p(95)<20", 0.0, *p95s).outcome is CriterionOutcome.FAILED


def test_less_than_nothing_is_left_of_no_latency():
    """2 ms, of which 8 may be k6's."""
    found = outcome_of("avg<0.5", 8.0, 2.0, 2.0)

    assert found.outcome is CriterionOutcome.INCONCLUSIVE
    assert "reaches from 0 to 2, across the bound" in found.note


def test_one_replicate_is_told_by_the_calibration_that_leaves_it_open():
    note = outcome_of("p(95)<20", 8.0, 24.0).note

    assert note.startswith("less what k6 itself may have added (status.calibration) the latency")


@pytest.mark.parametrize(("ms", "outcome"), [(205, StepOutcome.INCONCLUSIVE), (209, "Failed")])
def test_a_step_of_a_search_fails_by_what_is_the_services(ms, outcome, healthy):
    """It "fails at 1,000/s" was said of a service that may hold it."""
    plan = plan_of()
    experiment = plan.context.experiment
    status = experiment.status.model_copy(update={"calibration": calibration(p99=8.0)})
    calibrated = experiment.model_copy(update={"status": status})
    plan = replace(plan, context=replace(plan.context, experiment=calibrated))
    load = replace(healthy.load, open_model=True, rate_per_second=1000.0, virtual_users=400)
    latency = Histogram.of([1000 * ms] * healthy.requests)
    measured = replace(healthy, load=load, latency=latency)

    judged = JudgedTrial(measured, Judgement())
    found = step_of(plan, plan.trials[0], judged, LoadTrialStatus())

    assert found is not None
    assert (found.outcome, found.reason) == (outcome, "p(95) < 200")
