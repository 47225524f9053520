"""An experiment with purpose Compare against an earlier one: cells are alike where rates are."""

from typing import Any

from loadlab.analysis.baseline import BaselineView, with_baseline
from loadlab.analysis.calibration import as_measured, with_calibration
from loadlab.catalogue import Cell
from loadlab.model.resources import Experiment
from loadlab.model.status import Baseline, Calibration, CostUnit, Figure
from loadlab.model.status import ComparisonOutcome as Outcome
from tests.unit.analysis.claims import rows_of, sized

CALIBRATED = Calibration(rate=500, p50_ms=0.2, p99_ms=0.5)
NOISE = (1.0, 1.01, 0.99, 1.005, 0.995)


def run_of(carries: float, rates: dict[str, int], cpu: float) -> Experiment:
    """An experiment whose pilots carried so much, at the rates that were chosen by them."""
    replicates = [
        sized(Cell(variant=name), block, rate, cpu * noise, 40 * noise)
        for name, rate in rates.items()
        for block, noise in enumerate(NOISE)
    ]
    rows = [
        row.model_copy(
            update={"cell": Cell(variant=row.cell.variant, rate=rates[row.cell.variant])}
        )
        for row in rows_of(replicates)
    ]
    loads = [{"cell": name, "carries": carries, "rate": rate} for name, rate in rates.items()]
    spec: dict[str, Any] = {
        "workload": "select",
        "variants": [{"name": name} for name in rates],
        "load": {"purpose": "Compare"},
    }
    status = {
        "phase": "Succeeded",
        "completionTime": "2026-11-26T01:00:00Z",
        "calibration": CALIBRATED.dump(),
        "chosen": {"seed": 7, "loads": loads},
        "results": [row.dump() for row in with_calibration(rows, CALIBRATED)],
    }
    metadata = {"name": "night", "namespace": "lab", "uid": "uid-1"}
    return Experiment.model_validate({"metadata": metadata, "spec": spec, "status": status})


def baseline_of(here: Experiment, there: Experiment) -> Baseline:
    found = with_baseline(here.status, here.spec, BaselineView("night", there)).baseline
    assert found is not None
    return found


def test_what_pilots_carried_keeps_nothing_from_being_claimed() -> None:
    """They never carry the same twice, and no such baseline has ever claimed anything."""
    found = baseline_of(
        run_of(3012.4, {"async": 1500}, cpu=500), run_of(3055.8, {"async": 1500}, cpu=600)
    )

    assert found.differences == ()
    assert {c.figure: c.outcome for c in found.comparisons} == {
        "cpuMicros": Outcome.IMPROVED,
        "p95Ms": Outcome.EQUIVALENT,
    }


def test_what_k6_adds_widens_no_error_of_the_replicates() -> None:
    """40 ms within 1 %, of which k6 may have added 10: 48 beside it were Inconclusive."""
    here, there = run_of(3000, {"async": 1500}, cpu=500), run_of(3000, {"async": 1500}, cpu=500)
    delay = Calibration(rate=500, p50_ms=2, p99_ms=10)
    slower = [
        row.model_copy(update={"p95_ms": Figure(mean=48.0, low=47.4, high=48.6)})
        for row in here.status.results
    ]
    equal = [as_measured(row, CALIBRATED) for row in there.status.results]
    runs = [
        run.model_copy(
            update={
                "status": run.status.model_copy(
                    update={"calibration": delay, "results": with_calibration(rows, delay)}
                )
            }
        )
        for run, rows in ((here, slower), (there, equal))
    ]

    (p95,) = (c for c in baseline_of(*runs).comparisons if c.figure == "p95Ms")
    assert p95.outcome is Outcome.REGRESSED
    assert p95.low is not None
    assert p95.low > 1.15


def test_cpu_per_row_is_not_compared_with_cpu_per_request() -> None:
    """Former releases divided the service's part by what it had answered."""
    here, there = run_of(3000, {"async": 1500}, cpu=500), run_of(3000, {"async": 1500}, cpu=900)
    rows = [row.model_copy(update={"cpu_per": CostUnit.ROW}) for row in here.status.results]
    here = here.model_copy(update={"status": here.status.model_copy(update={"results": rows})})

    (cpu,) = (c for c in baseline_of(here, there).comparisons if c.figure == "cpuMicros")
    assert cpu.outcome is Outcome.INCONCLUSIVE
    assert cpu.why == "CPU is per written row in one of the two, and per request in the other"


def test_without_a_calibration_on_both_sides_no_latencies_are_equal() -> None:
    here, there = run_of(3000, {"async": 1500}, cpu=500), run_of(3000, {"async": 1500}, cpu=500)
    unknown = there.status.model_copy(update={"calibration": None})

    found = baseline_of(here, there.model_copy(update={"status": unknown}))

    assert {c.figure: c.outcome for c in found.comparisons} == {
        "cpuMicros": Outcome.EQUIVALENT,
        "p95Ms": Outcome.INCONCLUSIVE,
    }


def test_a_cell_at_another_rate_is_not_compared_and_others_are() -> None:
    found = baseline_of(
        run_of(3012.4, {"async": 1500, "sync": 700}, cpu=500),
        run_of(3055.8, {"async": 1500, "sync": 600}, cpu=600),
    )

    assert found.differences == ("chosen.rate.sync 700, there 600",)
    assert found.note == (
        "offered another rate there, so another cell: sync/rate=700; factors.rate gives both one"
    )
    assert {c.of for c in found.comparisons} == {"async/rate=1500"}
    assert found.comparisons[0].outcome is Outcome.IMPROVED


def test_where_all_rates_differ_the_rates_are_told() -> None:
    found = baseline_of(
        run_of(3012.4, {"async": 1500}, cpu=500), run_of(2812.4, {"async": 1400}, cpu=600)
    )

    assert found.note == "no cell of it is one of this experiment's"
    assert found.differences == ("chosen.rate.async 1500, there 1400",)
    assert found.comparisons == ()
