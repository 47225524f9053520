"""Requests that were sent late: the row's latency has two ends, and its p95 stands for nothing."""

from dataclasses import replace

import pytest

from loadlab.analysis.cell import CellSum
from loadlab.catalogue import Cell
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.sending import Sending
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import ResultRow, Standing
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement


def row_of(*trials: JudgedTrial) -> ResultRow:
    total = CellSum(Cell(variant="a"), len(trials))
    for trial in trials:
        total.add(trial)
    return total.measured_cell().row


def late(healthy: TrialMeasurement, late_us: int) -> JudgedTrial:
    """The same trial in the open model, each request sent so late."""
    sent = Histogram.of(us - late_us for us in range(10_000, 11_000))
    measurement = replace(
        healthy,
        latency=Histogram.of(range(10_000, 11_000)),
        sending=Sending(lateness=Histogram.of([late_us] * 1000), latency=sent),
    )
    return JudgedTrial(measurement, Judgement(()))


def test_requests_that_were_sent_late_have_a_latency_with_two_ends(
    healthy: TrialMeasurement,
) -> None:
    row = row_of(late(healthy, 3_000), late(healthy, 4_000))

    assert row.latency_ms is not None
    assert row.latency_from_send_ms is not None
    assert row.latency_ms.med == pytest.approx(10.5, rel=1e-2)
    assert row.latency_from_send_ms.med == pytest.approx(7.0, rel=1e-1)
    assert row.sent_late_ms == pytest.approx(4.0, rel=2e-2)
    assert row.p95_ms is not None
    assert (row.p95_ms.standing, row.p95_ms.why) == (Standing.UNSOUND, "SentLate")


def test_requests_that_were_sent_on_time_have_one(healthy: TrialMeasurement) -> None:
    row = row_of(late(healthy, 200), late(healthy, 300))

    assert row.latency_from_send_ms is None
    assert row.sent_late_ms == pytest.approx(0.3, rel=2e-2)
    assert row.p95_ms is not None
    assert row.p95_ms.standing is Standing.SOUND
