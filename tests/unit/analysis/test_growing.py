"""A cell whose latency grew all through its window: a row with bounds, and no claim."""

from dataclasses import replace

import pytest

from loadlab.analysis.cell import CellSum, MeasuredCell
from loadlab.analysis.criteria import evaluate
from loadlab.analysis.threshold import parse_threshold
from loadlab.analysis.trial_figures import TrialFigures, figure_of, has_lower_bound
from loadlab.catalogue import Cell
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.series import Line, Series
from loadlab.measurement.values import NamedRequests, SideLoad, TrialMeasurement
from loadlab.model.spec.expectations import FigureName
from loadlab.model.status import CriterionOutcome, Standing, Validity
from loadlab.validity.judge import judge
from loadlab.validity.judged_trial import JudgedTrial
from tests.unit.conftest import START

P99 = FigureName.LATENCY_P99


def series(slope_ms: float) -> Series:
    return Series.of(
        [Line(START + s, 1000, 0, 5000, 10_000 + round(1000 * slope_ms * s)) for s in range(30)]
    )


def judged(measurement: TrialMeasurement) -> JudgedTrial:
    return JudgedTrial(measurement, judge(measurement))


@pytest.fixture
def steady(healthy: TrialMeasurement) -> JudgedTrial:
    side = SideLoad(names=("ping",), series=series(0.0))
    pings = NamedRequests(requests=600, failed=0, latency=Histogram.of([2_000_000] * 600))
    reads = replace(pings, latency=healthy.latency)
    load = replace(healthy.load, open_model=True, rate_per_second=1000.0, virtual_users=200)
    named = {"ping": pings, "read": reads}
    return judged(replace(healthy, load=load, series=series(0.0), side=side, by_request=named))


@pytest.fixture
def growing(steady: JudgedTrial) -> JudgedTrial:
    return judged(replace(steady.measurement, series=series(4.0)))


@pytest.fixture
def side_growing(steady: JudgedTrial) -> JudgedTrial:
    side = SideLoad(names=("ping",), series=series(90.0))
    return judged(replace(steady.measurement, side=side))


def cell_of(*trials: JudgedTrial) -> MeasuredCell:
    cell = CellSum(Cell(variant="async", workers=1), len(trials), percents=(99.0,))
    for trial in trials:
        cell.add(trial)
    return cell.measured_cell()


def test_one_growing_replicate_makes_the_latency_a_bound(steady, growing):
    row = cell_of(steady, growing).row

    assert row.validity is Validity.SUSPECT
    assert row.latency_ms is not None
    assert row.latency_ms.is_lower_bound("p95")
    assert row.p95_ms is not None
    assert (row.p95_ms.standing, row.p95_ms.why) == (Standing.UNSOUND, "Growing")
    assert any(reason.startswith("Growing: the p99 of a second grew") for reason in row.reasons)
    assert row.replicates.overloaded == 0


def test_the_requests_beside_the_load_stand_for_themselves(growing, side_growing):
    loads = {named.name: named.latency_ms for named in cell_of(growing).row.by_request or ()}
    sides = {named.name: named.latency_ms for named in cell_of(side_growing).row.by_request or ()}

    assert [found.is_lower_bound("p99") for found in loads.values() if found] == [False, True]
    assert [found.is_lower_bound("p99") for found in sides.values() if found] == [True, False]


def test_no_expectation_rests_on_what_grew(steady, growing, side_growing):
    assert figure_of(TrialFigures.of(growing), P99, None) is None
    assert has_lower_bound(TrialFigures.of(growing), P99, None)
    assert figure_of(TrialFigures.of(side_growing), P99, "ping") is None
    assert figure_of(TrialFigures.of(side_growing), P99, None) is not None
    assert figure_of(TrialFigures.of(steady), P99, "ping") is not None


def test_a_ceiling_is_broken_by_what_was_seen_and_never_kept(growing):
    cell = cell_of(growing)

    broken = evaluate(parse_threshold("http_req_duration", "p(99)<10"), cell)
    open_still = evaluate(parse_threshold("http_req_duration", "p(99)<500"), cell)

    assert broken.outcome is CriterionOutcome.FAILED
    assert open_still.outcome is CriterionOutcome.INCONCLUSIVE
    assert open_still.words.startswith("> 1")


def test_a_steady_cell_is_as_it_was(steady):
    row = cell_of(steady).row

    assert row.latency_ms is not None
    assert row.latency_ms.lower_bound_above is None
    assert row.p95_ms is not None
    assert row.p95_ms.standing is Standing.SOUND
