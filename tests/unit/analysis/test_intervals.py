"""Rows with few replicates borrow the noise of all cells; those with enough keep their own."""

import math
from dataclasses import replace

import pytest

from loadlab.analysis.expectation import Replicate
from loadlab.analysis.intervals import (
    FIGURES,
    tail_of,
    with_pooled_intervals,
)
from loadlab.analysis.statistics import log_estimate
from loadlab.catalogue import Cell
from loadlab.model.status import Figure, LatencyMs, ReplicateCounts, ResultRow, Standing, Validity
from tests.unit.analysis.claims import at_rate, sized

# Cell by cell: the first is quiet by chance, the others are not.
RATES = {
    "a": [1000.0, 1001.0, 1002.0],
    "b": [2000.0, 2100.0, 1900.0],
    "c": [500.0, 480.0, 520.0],
}


def test_a_trial_without_answers_has_no_tail_to_read():
    (found,) = [sized(Cell(variant="a"), 1, 100.0, 500.0, 40.0)]
    pings = LatencyMs(avg=1, min=1, med=1, p90=2, p95=3, p99=4, max=5)
    pinged = replace(found.trial, latency_by_request={"ping": pings})
    silent = replace(found.trial, latency_ms=None)

    assert FIGURES["p95_ms"](found.trial, set()) == 40.0
    assert FIGURES["p95_ms"](silent, set()) is None
    assert tail_of("ping")(pinged, set()) == 3
    assert tail_of("ping")(found.trial, set()) is None


def rows_of(rates: dict[str, list[float]]) -> list[ResultRow]:
    return [
        ResultRow(
            cell=Cell(variant=name),
            replicates=ReplicateCounts(planned=3, valid=len(values)),
            requests=1,
            requests_per_second=log_estimate(values),
            validity=Validity.VALID,
        )
        for name, values in rates.items()
    ]


def replicates_of(rates: dict[str, list[float]]) -> list[Replicate]:
    return [
        at_rate(Cell(variant=name), block, rate)
        for name, values in rates.items()
        for block, rate in enumerate(values, start=1)
    ]


def throughputs(rates: dict[str, list[float]]) -> dict[str, Figure]:
    rows = with_pooled_intervals(rows_of(rates), replicates_of(rates))
    return {r.cell.variant: r.requests_per_second for r in rows if r.requests_per_second}


def width(figure: Figure | None) -> float:
    assert figure is not None
    assert figure.low is not None
    assert figure.high is not None
    return math.log(figure.high / figure.low)


def test_a_cell_that_is_quiet_by_chance_is_not_believed() -> None:
    found = throughputs(RATES)

    assert width(found["a"]) > 5 * width(log_estimate(RATES["a"]))


def test_noisy_cells_gain_from_the_others() -> None:
    found = throughputs(RATES)

    assert width(found["b"]) < 0.9 * width(log_estimate(RATES["b"]))
    assert width(found["a"]) < width(found["b"])


def test_means_stay_and_so_does_what_a_figure_stands_for() -> None:
    rows = rows_of(RATES)
    bound = rows[0].requests_per_second
    assert bound is not None
    rows[0] = rows[0].model_copy(update={"requests_per_second": bound.as_lower_bound("Slow")})

    found = with_pooled_intervals(rows, replicates_of(RATES))[0].requests_per_second

    assert found is not None
    assert (found.standing, found.why) == (Standing.BOUND, "Slow")
    assert found.mean == pytest.approx(bound.mean)


def test_five_replicates_keep_their_own_interval() -> None:
    many = {name: values + values[:2] for name, values in RATES.items()}

    found = throughputs(many)

    assert found["a"] == log_estimate(sorted(many["a"]))


def test_two_replicates_get_no_interval_from_others() -> None:
    found = throughputs(RATES | {"b": [2000.0, 2100.0]})

    assert found["b"].low is None
    assert (found["b"].least, found["b"].most) == pytest.approx((2000.0, 2100.0))
