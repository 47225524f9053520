"""What one of the replicates has, and the others have not, in the row of them all."""

from dataclasses import replace
from typing import Any

from loadlab.analysis.cell import CellSum, MeasuredCell
from loadlab.analysis.cell_figures import cost_of
from loadlab.catalogue import Cell
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import LoadOutcome, ResultRow, Standing
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement, Reason, ReasonKind, invalid, remark, suspect
from tests.unit.analysis.claims import MEASURED, judged
from tests.unit.analysis.test_late_cell import row_of

MANY = Histogram.of([10_000] * 100_000)  # enough for each percentile


def trial(*reasons: Reason, **changes: Any) -> JudgedTrial:
    return JudgedTrial(replace(MEASURED, latency=MANY, **changes), Judgement(reasons))


def with_cpu(share: float) -> TrialMeasurement:
    return replace(MEASURED, generator=replace(MEASURED.generator, cpu_share=share))


def test_one_that_leaves_out_costs_makes_the_cpu_of_a_request_a_lower_bound() -> None:
    trials = [judged(replace(MEASURED, leaves_out_costs=each)) for each in (False, True, False)]

    found, whole = (cost_of(some, {"service"}, ()) for some in (trials, trials[:1]))

    assert found is not None
    assert (found.standing, found.why) == (Standing.BOUND, "CostsLeftOut")
    assert whole is not None
    assert whole.standing is Standing.SOUND


def test_the_busiest_generator_is_told_and_all_redirects() -> None:
    measured = [
        replace(with_cpu(share), redirects_followed=many)
        for share, many in ((0.3, 7), (0.6, 0), (0.4, 5))
    ]
    row = row_of(*(JudgedTrial(each, Judgement(())) for each in measured))

    assert (row.generator_cpu, row.redirects_followed) == (0.6, 12)


def test_where_no_request_was_redirected_none_is_told() -> None:
    assert row_of(trial()).redirects_followed is None


def test_where_no_replicate_is_used_nothing_is_said_of_load_and_cost() -> None:
    spoiled = trial(invalid(ReasonKind.LITTLE_LAW_VIOLATED, "…"))

    for row in (row_of(), row_of(spoiled)):
        assert (row.load, row.cpu_per, row.generator_cpu) == (None, None, None)


def test_an_open_load_that_was_kept_is_said_to_be() -> None:
    offered = replace(MEASURED.load, open_model=True, rate_per_second=1000.0)

    assert row_of(trial(load=offered)).load is LoadOutcome.KEPT


def test_of_one_kind_the_worst_is_told_whatever_it_says() -> None:
    mild, grave = remark(ReasonKind.FOREIGN_CPU, "a"), suspect(ReasonKind.FOREIGN_CPU, "b")

    for order in ((mild, grave), (grave, mild)):
        assert row_of(*map(trial, order)).reasons == ("ForeignCpu: b",)


def test_of_many_kinds_the_worst_twenty_are_told() -> None:
    kinds = [kind for kind in ReasonKind if kind is not ReasonKind.TOO_FEW_SAMPLES]
    given = [remark(kind, "…") for kind in kinds[:-1]] + [suspect(kinds[-1], "…")]

    reasons = row_of(trial(*given)).reasons

    assert len(reasons) == 20
    assert reasons[0] == f"{kinds[-1]}: …"


def test_of_trials_that_could_not_be_read_the_first_is_told() -> None:
    total = CellSum(Cell(variant="a"), 2)
    for name in ("demo-b", "demo-a"):
        total.leave_out(remark(ReasonKind.MEASUREMENT_UNREADABLE, name))

    (told,) = (each for each in total.measured_cell().row.reasons if "demo" in each)

    assert told == "MeasurementUnreadable: demo-b"


def test_what_is_not_told_of_a_cell_is_none() -> None:
    row: ResultRow = row_of(trial())

    found = MeasuredCell(row=row, percentiles_ms={}, dropped_iterations=0)

    assert (found.counted, found.spoiled, found.crashes, found.wants_more) == (0, 0, 0, False)
