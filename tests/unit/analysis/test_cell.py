"""Replicates become one row: means of them, intervals between them, Invalid stays out."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadlab.analysis.cell import CellSum, MeasuredCell
from loadlab.analysis.statistics import log_estimate
from loadlab.catalogue import Cell
from loadlab.measurement.failures import FailedRequests
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Unanswered
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import ByComponent, ReplicateCounts, ResultRow, Standing, Validity
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement, Reason, ReasonKind

MakeTrial = Callable[..., JudgedTrial]


@pytest.fixture
def trial(healthy: TrialMeasurement) -> MakeTrial:
    def make(
        requests: int = 30_000,
        reasons: Sequence[Reason] = (),
        values_us: Sequence[int] | None = None,
        cpu: float = 200.0,
        memory: int = 50,
    ) -> JudgedTrial:
        usage = ComponentUsage(cpu_micros_per_request=cpu, memory_bytes=memory, open_files=memory)
        latency = Histogram.of(values_us) if values_us else healthy.latency
        measurement = replace(
            healthy, requests=requests, latency=latency, components={"service": usage}
        )
        return JudgedTrial(measurement, Judgement(tuple(reasons)))

    return make


def measured(trials: Sequence[JudgedTrial], planned: int) -> MeasuredCell:
    total = CellSum(Cell(variant="a"), planned)
    for trial in trials:
        total.add(trial)
    return total.measured_cell()


def row_of(trials: Sequence[JudgedTrial], planned: int) -> ResultRow:
    return measured(trials, planned).row


def reason(kind: ReasonKind, level: Validity) -> Reason:
    return Reason(kind, level, f"{kind} of a replicate")


def told(given: Reason) -> str:
    return f"{given.kind}: {given.message}"


SATURATED = reason(ReasonKind.GENERATOR_SATURATED, Validity.SUSPECT)
LOST = reason(ReasonKind.WORK_NOT_PERSISTED, Validity.INVALID)


def test_rates_get_an_interval_over_the_replicates(trial: MakeTrial) -> None:
    cell = row_of([trial(n) for n in (27_000, 30_000, 33_000)], planned=3)

    assert cell.requests_per_second == log_estimate([900.0, 1000.0, 1100.0])
    assert (cell.replicates, cell.requests) == (ReplicateCounts(planned=3, valid=3), 90_000)
    assert cell.validity is Validity.VALID


FAILED = (
    FailedRequests(status_class="5xx", text="500 Internal Server Error", requests=300, example="x"),
    FailedRequests(status_class="err", text="EOF", requests=30),
)


def test_a_row_says_why_requests_failed(trial: MakeTrial) -> None:
    good = trial()
    status = {"2xx": 29_670, "5xx": 300, "err": 30}
    bad = replace(good, measurement=replace(good.measurement, failures=FAILED, status=status))

    row = row_of([bad, bad], planned=2)

    assert row.status_classes == {"2xx": 59_340, "5xx": 600, "none": 60}
    assert [(f.status_class, f.text, f.requests, f.share) for f in row.failures or ()] == [
        ("5xx", "500 Internal Server Error", 600, 0.01),
        ("none", "EOF", 60, 0.001),
    ]
    assert row_of([good], planned=1).failures is None


def test_a_row_without_a_usable_replicate_says_why_too(trial: MakeTrial) -> None:
    lost = trial(reasons=[LOST])
    lost = replace(lost, measurement=replace(lost.measurement, failures=FAILED))

    row = row_of([lost], planned=1)

    assert row.replicates.valid == 0
    assert [f.text for f in row.failures or ()] == ["500 Internal Server Error", "EOF"]


def test_a_row_has_one_p95_the_mean_of_its_replicates(trial: MakeTrial) -> None:
    """Of all requests together it would be that of the slower replicate."""
    fast, slow = [1000] * 20_000, [9000] * 20_000

    cell = row_of([trial(values_us=fast), trial(values_us=slow)], planned=2)

    assert cell.latency_ms is not None
    assert cell.p95_ms is not None
    assert cell.latency_ms.p95 == cell.p95_ms.mean == pytest.approx(3.0, rel=0.001)
    assert cell.latency_ms.med == pytest.approx(3.0, rel=0.001)
    assert (cell.latency_ms.min, cell.latency_ms.max) == pytest.approx((1.0, 9.0), rel=0.001)
    assert (cell.p95_ms.least, cell.p95_ms.most) == pytest.approx((1.0, 9.0), rel=0.001)


def test_percentiles_that_criteria_ask_for_have_an_interval_between_replicates(
    trial: MakeTrial,
) -> None:
    total = CellSum(Cell(variant="a"), 3, [99.5])
    for micros in (1000, 1100, 1200):
        total.add(trial(values_us=[micros] * 20_000))

    found = total.measured_cell().percentiles_ms

    expected = log_estimate([1.0, 1.1, 1.2])
    assert expected is not None
    assert expected.low is not None
    assert list(found) == [99.5]
    assert (found[99.5].mean, found[99.5].low) == pytest.approx(
        (expected.mean, expected.low), rel=0.002
    )


def test_a_percentile_that_is_a_lower_bound_in_one_replicate_is_one_in_the_row(
    trial: MakeTrial,
) -> None:
    whole = trial()
    cut = replace(whole.measurement, without_answer=Unanswered(requests=3_000, after_ms=20_000.0))

    latency = row_of([whole, replace(whole, measurement=cut)], planned=2).latency_ms

    assert latency is not None
    assert latency.is_lower_bound("p99")
    assert not latency.is_lower_bound("med")


@pytest.mark.parametrize(
    ("failed", "low", "high"),
    [
        # scipy.stats.beta: 1 - 0.025 ^ (1 / 90 000); and where replicates differ more, Student's t.
        ((0, 0, 0), 0.0, 0.0000410),
        ((30, 30, 30), 0.000804, 0.001229),
        ((0, 300, 600), 0.0, 0.03484),
    ],
)
def test_a_share_of_failures_has_the_wider_of_its_exact_interval_and_the_spread(
    trial: MakeTrial, failed: tuple[int, ...], low: float, high: float
) -> None:
    made = trial()
    trials = [
        replace(made, measurement=replace(made.measurement, failed=count)) for count in failed
    ]

    row = row_of(trials, planned=3)

    assert row.failed_rate == sum(failed) / 90_000
    assert (row.failed_low, row.failed_high) == pytest.approx((low, high), rel=0.002)


def test_two_replicates_carry_no_interval_but_their_values(trial: MakeTrial) -> None:
    rate = row_of([trial(27_000), trial(33_000)], planned=2).requests_per_second

    assert rate is not None
    assert (rate.low, rate.high) == (None, None)
    assert (rate.least, rate.most) == (900.0, 1100.0)


def test_cpu_of_all_components_but_k6_has_an_interval(trial: MakeTrial) -> None:
    def with_cost(service: float, postgres: float | None) -> JudgedTrial:
        made = trial()
        costs = {"service": service, "postgres": postgres, "generator": 999.0}
        components = {n: ComponentUsage(cpu_micros_per_request=c) for n, c in costs.items()}
        return replace(made, measurement=replace(made.measurement, components=components))

    trials = [with_cost(200.0, 100.0), with_cost(210.0, 105.0), with_cost(220.0, 110.0)]
    unread = with_cost(200.0, None)
    service_alone = trial(cpu=1.0)

    row = row_of([*trials, unread, service_alone], planned=5)

    assert row.cpu_micros == log_estimate([300.0, 315.0, 330.0])
    assert row_of([unread], planned=1).cpu_micros is None


def test_an_invalid_trial_never_enters(trial: MakeTrial) -> None:
    spoiled = trial(1, reasons=[LOST], values_us=[120_000_000], memory=999)

    cell = measured([trial(), spoiled, trial()], planned=3)

    assert cell == measured([trial(), trial()], planned=3)
    assert cell.row.replicates.valid == 2


def test_a_suspect_trial_enters_and_makes_the_cell_suspect(trial: MakeTrial) -> None:
    cell = row_of([trial(), trial(reasons=[SATURATED])], planned=2)

    assert cell.replicates.valid == 2
    assert cell.reasons == (told(SATURATED),)
    assert cell.validity is Validity.SUSPECT


def test_throughput_under_a_saturated_generator_is_a_lower_bound(trial: MakeTrial) -> None:
    row = row_of([trial(), trial(reasons=[SATURATED])], planned=2)
    sound = row_of([trial(), trial()], planned=2)

    assert row.requests_per_second is not None
    assert row.requests_per_second.standing is Standing.BOUND
    assert row.requests_per_second.why == "GeneratorSaturated"
    assert sound.requests_per_second is not None
    assert sound.requests_per_second.standing is Standing.SOUND


def test_an_offered_rate_that_was_kept_is_sound_under_any_generator(
    trial: MakeTrial, healthy: TrialMeasurement
) -> None:
    offered = replace(healthy.load, open_model=True, rate_per_second=1000.0)
    kept = JudgedTrial(replace(healthy, load=offered), Judgement((SATURATED,)))

    row = row_of([kept, kept], planned=2)

    assert row.requests_per_second is not None
    assert row.requests_per_second.standing is Standing.SOUND


def test_a_reason_of_several_replicates_is_given_once(trial: MakeTrial) -> None:
    cell = row_of([trial(reasons=[SATURATED]), trial(reasons=[SATURATED])], planned=2)

    assert cell.reasons == (told(SATURATED),)


def test_a_cell_of_invalid_trials_only_is_invalid_for_their_reasons(trial: MakeTrial) -> None:
    cell = row_of([trial(reasons=[LOST])], planned=1)

    assert cell.validity is Validity.INVALID
    assert cell.reasons == (told(LOST),)
    assert (cell.requests_per_second, cell.latency_ms, cell.failed_rate) == (None, None, None)


def test_a_cell_without_any_trial_is_invalid() -> None:
    cell = row_of([], planned=2)

    assert cell.validity is Validity.INVALID
    assert [r.partition(": ")[0] for r in cell.reasons] == [ReasonKind.NO_REPLICATE]


def test_too_few_samples_are_judged_again_over_all_replicates(trial: MakeTrial) -> None:
    thin = reason(ReasonKind.TOO_FEW_SAMPLES, Validity.SUSPECT)
    half = trial(values_us=[1000] * 6000, reasons=[thin])

    assert row_of([half, half], planned=2).validity is Validity.VALID
    assert row_of([half], planned=1).validity is Validity.SUSPECT


def test_cpu_is_a_mean_memory_and_open_files_are_the_most(trial: MakeTrial) -> None:
    cell = row_of([trial(cpu=100.0, memory=70), trial(cpu=400.0, memory=50)], planned=2)

    assert cell.cpu_micros_per_request is not None
    assert cell.cpu_micros_per_request.service == pytest.approx(200.0)  # geometric
    assert cell.memory_bytes == ByComponent(service=70)
    assert cell.open_files == 70


def test_one_replicate_that_leaves_out_costs_makes_them_lower_bounds(trial: MakeTrial) -> None:
    whole = trial()
    partly = replace(whole, measurement=replace(whole.measurement, leaves_out_costs=True))

    assert row_of([whole, partly], planned=2).leaves_out_costs
    assert not row_of([whole, whole], planned=2).leaves_out_costs


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(1, 10**6), st.sampled_from([(), (SATURATED,), (LOST,)])), max_size=5
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_trials_does_not_matter(
    trial: MakeTrial, drawn: list[tuple[int, tuple[Reason, ...]]], shuffler: object
) -> None:
    trials = [trial(requests, reasons, cpu=requests / 3) for requests, reasons in drawn]
    shuffled = list(trials)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]

    assert measured(shuffled, planned=5) == measured(trials, planned=5)
