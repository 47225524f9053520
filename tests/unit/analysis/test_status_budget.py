"""A status of any size fits, says what it left out, and never leaves out a verdict's figures."""

import json

import pytest

from loadlab.analysis.status_budget import MAX_BYTES, within_budget
from loadlab.catalogue import Cell
from loadlab.model.status import (
    MAX_BASELINE_COMPARISONS,
    MAX_DIFFERENCES,
    MAX_ROWS,
    Baseline,
    BaselineComparison,
    Bottleneck,
    ByComponent,
    CellCapacity,
    CellLoad,
    Chosen,
    Comparison,
    ComparisonOutcome,
    Confidence,
    FailureRow,
    Figure,
    LatencyMs,
    LoadExperimentStatus,
    ReplicateCounts,
    RequestRow,
    Resource,
    ResultRow,
    Scaling,
    Standing,
    StepOutcome,
    Validity,
    WorkRow,
)
from loadlab.plan.bounds import MOST_PILOTS, MOST_STEPS

LATENCY = LatencyMs(
    avg=134.567, min=134.567, med=134.567, p90=134.567, p95=134.567, p99=134.567, max=134.567
)
FIGURE = Figure(mean=2345.6, low=2345.6, high=2345.6)
ALL = ByComponent(service=1234567.0, worker=1234567.0, postgres=1234567.0, redis=1234567.0)


def row(number: int, *, words: int = 150) -> ResultRow:
    return ResultRow(
        cell=Cell(
            variant="cached-middleware", workers=number, virtual_users=256, pool_size=10, ms=100
        ),
        replicates=ReplicateCounts(planned=5, valid=5),
        requests=123_456,
        requests_per_second=FIGURE.as_lower_bound("GeneratorSaturated"),
        latency_ms=LATENCY,
        latency_from_send_ms=LATENCY,
        sent_late_ms=12.345,
        p95_ms=FIGURE,
        failed_rate=0.000123,
        failed_low=0.000101,
        failed_high=0.000156,
        cpu_micros_per_request=ALL,
        cpu_micros=FIGURE,
        memory_bytes=ALL,
        open_files=1234,
        generator_cpu=0.876,
        event_loop_lag_ms=123.456,
        thread_tokens=320,
        by_request=tuple(
            RequestRow(name=name, requests=60_000, failed_rate=0.0, latency_ms=LATENCY)
            for name in ("hit", "miss", "read", "write")
        ),
        status_classes={"2xx": 100_000, "5xx": 20_000, "none": 3456},
        failures=tuple(
            FailureRow(status_class="5xx", text="t" * 60, requests=4000, share=0.03)
            for _ in range(3)
        ),
        work=WorkRow(transactions=1.234, rows_read=12.345, cache_hit_rate=0.876),
        bottleneck=Bottleneck(
            name=Resource.DATABASE_POOL, confidence=Confidence.MEDIUM, evidence="e" * words
        ),
        validity=Validity.SUSPECT,
        reasons=(f"GeneratorSaturated: {'r' * words}", f"TooFewSamples: {'r' * words}"),
    )


def size(status: LoadExperimentStatus) -> int:
    return len(json.dumps(status.dump(), separators=(",", ":")))


def interval(figure: Figure | None) -> tuple[float, float | None, float | None]:
    assert figure is not None
    return figure.mean, figure.low, figure.high


@pytest.mark.parametrize("words", [10, 150, 400])
def test_as_many_rows_as_there_may_be_fit(words):
    full = LoadExperimentStatus(results=tuple(row(n, words=words) for n in range(1, MAX_ROWS + 1)))
    assert size(full) > MAX_BYTES

    fitted = within_budget(full)

    assert size(fitted) <= MAX_BYTES
    assert fitted.omitted[0] == "the figures behind reasons"
    for before, after in zip(full.results, fitted.results, strict=True):
        assert after.cell == before.cell
        assert interval(after.requests_per_second) == interval(before.requests_per_second)
        assert after.requests_per_second is not None
        assert after.requests_per_second.standing is Standing.BOUND
        assert after.latency_ms == before.latency_ms
        assert after.cpu_micros_per_request == before.cpu_micros_per_request
        assert after.bottleneck is not None
        assert after.reasons == ("GeneratorSaturated", "TooFewSamples")


def compared(number: int, outcome: ComparisonOutcome) -> Comparison:
    cells = (f"cached-middleware/workers={n}/virtualUsers=256/poolSize=10" for n in (number, 1))
    return Comparison(
        figure="requestsPerSecond",
        **dict(zip(("of", "over"), cells, strict=True)),
        ratio=1.2345,
        low=1.2345,
        high=1.2345,
        blocks=5,
        p=0.00012,
        outcome=outcome,
        detectable=0.012,
        blocks_needed=123,
    )


@pytest.mark.parametrize("rows", [20, 60, 100])
def test_comparisons_make_room_for_the_rows_last_of_all(rows: int) -> None:
    outcomes = [ComparisonOutcome.IMPROVED, *[ComparisonOutcome.INCONCLUSIVE] * 3] * 25
    full = LoadExperimentStatus(
        results=tuple(row(n) for n in range(1, rows + 1)),
        comparisons=tuple(compared(n, outcome) for n, outcome in enumerate(outcomes)),
    )

    fitted = within_budget(full)

    assert size(fitted) <= MAX_BYTES
    kept = len(fitted.comparisons)
    assert kept == {20: 100, 60: 25, 100: 0}[rows]
    assert (kept < 100) == ("comparisons without a claim" in fitted.omitted)
    assert (kept < 25) == ("comparisons" in fitted.omitted)
    assert len(fitted.results) == rows


LAW = Scaling(
    factor="virtualUsers",
    of="cached-middleware/workers=12/poolSize=10",
    levels=8,
    rate_of_one=FIGURE,
    contention=FIGURE,
    coherence=FIGURE,
    peak_at=123.4,
    peak=2345.6,
    knee=12.3,
    recommendation="r" * 200,
    why="w" * 200,
)


@pytest.mark.parametrize("rows", [20, 60, 100])
def test_the_first_sentence_stays_whatever_else_goes(rows: int) -> None:
    improved = ComparisonOutcome.IMPROVED
    full = LoadExperimentStatus(
        results=tuple(row(n) for n in range(1, rows + 1)),
        comparisons=tuple(compared(n, improved) for n in range(MAX_ROWS)),
        scaling=(LAW,) * 20,
        recommendation=("s" * 400,) * 3,
    )

    fitted = within_budget(full)

    assert size(fitted) <= MAX_BYTES
    assert fitted.recommendation == full.recommendation[: 1 if rows == MAX_ROWS else 3]
    print(f"{rows} rows with everything: {size(full)} bytes, fitted {size(fitted)}")
    assert len(fitted.results) == rows
    # The API server refuses what a field does not take: nothing may be lost over a list of losses.
    assert LoadExperimentStatus.model_validate(fitted.dump()).omitted == fitted.omitted
    assert ("scaling" in fitted.omitted) == (not fitted.scaling)


def with_baseline(rows: int, own: int) -> LoadExperimentStatus:
    """A status with a baseline of the largest size beside so many rows and comparisons."""
    outcomes = [ComparisonOutcome.IMPROVED, *[ComparisonOutcome.INCONCLUSIVE] * 3] * 25
    comparisons = tuple(
        BaselineComparison(
            **dict(compared(n, outcome)), baseline_blocks=5, value=1234.5, baseline_value=1234.5
        )
        for n, outcome in enumerate(outcomes[:MAX_BASELINE_COMPARISONS])
    )
    return LoadExperimentStatus(
        results=tuple(row(n) for n in range(1, rows + 1)),
        comparisons=tuple(compared(n, outcome) for n, outcome in enumerate(outcomes[:own])),
        baseline=Baseline(
            name="n" * 63,
            uid="u" * 63,
            finished="2026-11-26T01:00:00Z",
            differences=("d" * 200,) * MAX_DIFFERENCES,
            comparisons=comparisons,
        ),
    )


@pytest.mark.parametrize(
    ("rows", "own", "kept", "differences"), [(3, 0, 100, 20), (20, 100, 25, 20), (100, 100, 0, 0)]
)
def test_a_baseline_makes_room_before_the_experiments_own_comparisons(
    rows: int, own: int, kept: int, differences: int
) -> None:
    fitted = within_budget(with_baseline(rows, own))

    assert size(fitted) <= MAX_BYTES
    assert fitted.baseline is not None
    assert len(fitted.baseline.comparisons) == kept
    assert len(fitted.baseline.differences) == differences
    assert ("comparisons with the baseline without a claim" in fitted.omitted) == (kept < 100)
    assert ("comparisons with the baseline" in fitted.omitted) == (kept < 25)
    assert len(fitted.results) == rows


def test_a_search_of_as_many_cells_as_may_be_fits() -> None:
    cells = [each.cell.title() for each in map(row, range(1, MOST_PILOTS + 1))]
    found = tuple(
        CellCapacity(
            cell=title,
            at_least=12_345.0,
            below=12_875.0,
            below_outcome=StepOutcome.FAILED,
            reason="r" * 60,
            limited_by="ServiceCpu",
            trials=MOST_STEPS,
            message="m" * 300,
        )
        for title in cells
    )
    loads = tuple(
        CellLoad(cell=title, carries=1.5, rates=(12_345,) * MOST_STEPS) for title in cells
    )
    status = LoadExperimentStatus(
        results=tuple(map(row, range(1, MOST_PILOTS + 1))),
        capacity=found,
        chosen=Chosen(seed=1, loads=loads),
    )

    shorter = within_budget(status)

    assert len(json.dumps(shorter.dump(), separators=(",", ":"))) <= MAX_BYTES
    assert [each.at_least for each in shorter.capacity] == [12_345.0] * MOST_PILOTS


def test_what_was_not_there_is_not_named_as_left_out() -> None:
    plain = tuple(
        row(n).model_copy(update={"failures": None, "status_classes": None})
        for n in range(1, MAX_ROWS + 1)
    )

    omitted = within_budget(LoadExperimentStatus(results=plain)).omitted

    assert "memory" in omitted
    assert not {*omitted} & {"why requests failed", "status classes"}


def test_no_more_is_left_out_than_needed():
    some = LoadExperimentStatus(results=tuple(row(n, words=400) for n in range(1, 26)))

    assert 0 < len(within_budget(some).omitted) < 3


def test_a_small_status_stays_as_it_is():
    small = LoadExperimentStatus(results=(row(1),))

    assert within_budget(small) is small
