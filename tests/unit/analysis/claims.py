"""Trials and claims about them, for the tests of expectations."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from loadlab.analysis.expectation import Replicate, judge_expectation
from loadlab.analysis.statistics import log_estimate
from loadlab.analysis.trial_figures import TrialFigures
from loadlab.catalogue import Cell
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import GeneratorLoad, TrialMeasurement
from loadlab.model.spec.expectations import Expectation
from loadlab.model.status import ExpectationResult, LatencyMs, ReplicateCounts, ResultRow, Validity
from loadlab.plan.expected import LoadFacts
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement, Reason

ASYNC = Cell(variant="async", workers=1)
SYNC = Cell(variant="sync", workers=1)
CELLS = (ASYNC, SYNC)
MEASURED = TrialMeasurement(
    load=LoadFacts(open_model=False, virtual_users=10, duration_seconds=30.0),
    pods=1,
    first_request_epoch_seconds=0.0,
    last_answer_epoch_seconds=30.0,
    requests=30_000,
    failed=0,
    iterations=30_000,
    dropped_iterations=0,
    mean_iteration_ms=10.0,
    latency=Histogram.of([10_000] * 1000),
    status={"2xx": 30_000},
    start_skew_ms=0.0,
    first_sample_skew_ms=0.0,
    components={"service": ComponentUsage(cpu_micros_per_request=200.0, event_loop_lag_p99_ms=3.0)},
    generator=GeneratorLoad(cpu_share=0.3, throttled_share=0.0, sched_wait_p99_ms=0.5),
)


def expected(**fields: Any) -> Expectation:
    base = {"name": "wins", "ratio": "requestsPerSecond", "of": {"variant": "async"}}
    over = {} if "metric" in fields else {"over": {"variant": "sync"}}
    given_fields = {**base, **over, **fields}
    if "metric" in fields:
        del given_fields["ratio"]
    return Expectation.model_validate(given_fields)


def judged(measurement: TrialMeasurement, *reasons: Reason) -> TrialFigures:
    return TrialFigures.of(JudgedTrial(measurement, Judgement(reasons)))


def at_rate(cell: Cell, block: int, rate: float, *reasons: Reason) -> Replicate:
    """Place a trial of 30 000 requests, in as long as the rate says."""
    seconds = 30_000 / rate
    load = replace(MEASURED.load, duration_seconds=seconds)
    measured = replace(MEASURED, load=load, last_answer_epoch_seconds=seconds)
    return Replicate(cell, block, judged(measured, *reasons))


_TRIAL = judged(MEASURED)


def sized(cell: Cell, block: int, rate: float, cpu: float, p95: float) -> Replicate:
    """Place a trial of these three figures."""
    trial = replace(
        _TRIAL,
        requests_per_second=rate,
        components={"service": ComponentUsage(cpu_micros_per_request=cpu)},
        latency_ms=LatencyMs(avg=p95, min=p95, med=p95, p90=p95, p95=p95, p99=p95, max=p95),
        percentile_ends={},  # of no requests
    )
    return Replicate(cell, block, trial)


def rows_of(replicates: Iterable[Replicate]) -> list[ResultRow]:
    """Make the rows of these trials, cells in the order of their first ones."""
    cells: dict[str, list[Replicate]] = {}
    for replicate in replicates:
        cells.setdefault(replicate.cell.title(), []).append(replicate)
    return [_row(own) for own in cells.values()]


def _row(own: Sequence[Replicate]) -> ResultRow:
    trials = [replicate.trial for replicate in own]
    return ResultRow(
        cell=own[0].cell,
        replicates=ReplicateCounts(planned=len(own), valid=len(own)),
        requests=1,
        requests_per_second=log_estimate([t.requests_per_second for t in trials]),
        p95_ms=log_estimate([t.latency_ms.p95 for t in trials if t.latency_ms]),
        cpu_micros=log_estimate([t.cpu_micros({"service"}) or 0.0 for t in trials]),
        latency_ms=trials[0].latency_ms,
        validity=Validity.VALID,
    )


def failing(block: int, failed: int, *reasons: Reason) -> Replicate:
    measured = replace(MEASURED, requests=1000, failed=failed)
    return Replicate(ASYNC, block, judged(measured, *reasons))


def two_sides(of: Iterable[float], over: Iterable[float]) -> list[Replicate]:
    return [
        at_rate(cell, block, rate)
        for cell, rates in ((ASYNC, of), (SYNC, over))
        for block, rate in enumerate(rates, start=1)
    ]


def judge(replicates: Sequence[Replicate], **fields: Any) -> ExpectationResult:
    return judge_expectation(expected(**fields), CELLS, replicates)


def interval(found: ExpectationResult) -> tuple[float, float, float]:
    mean = found.value if found.ratio is None else found.ratio
    assert mean is not None
    assert found.low is not None
    assert found.high is not None
    return mean, found.low, found.high
