"""A latency that is longer than the service's own passes a ceiling, and breaks none."""

from dataclasses import replace

import pytest

from loadlab.analysis.cell import CellSum, MeasuredCell
from loadlab.analysis.criteria import evaluate
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.lengthened import why_longer
from loadlab.analysis.threshold import parse_threshold
from loadlab.model.status import CriterionOutcome, ExpectationOutcome, Standing, Validity
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement, Reason, ReasonKind
from tests.unit.analysis.claims import ASYNC, MEASURED, SYNC, judge, judged

WARM_UPS = [ReasonKind.WARM_UP_COUNTED, ReasonKind.WARM_UP_UNFINISHED]
LENGTHENED = [ReasonKind.GENERATOR_THROTTLED, *WARM_UPS]
PASSED, FAILED = CriterionOutcome.PASSED, CriterionOutcome.FAILED
OPEN = CriterionOutcome.INCONCLUSIVE
REPRODUCED, CONTRADICTED = ExpectationOutcome.REPRODUCED, ExpectationOutcome.CONTRADICTED
UNKNOWN = ExpectationOutcome.INCONCLUSIVE


def reason(kind: ReasonKind) -> Reason:
    return Reason(kind, Validity.SUSPECT, "…")


def cell_of(kind: ReasonKind, *, having: int = 5, open_model: bool = False) -> MeasuredCell:
    """Five replicates, each answer after 10 ms, of which so many have the reason."""
    total = CellSum(ASYNC, 5, [95.0])
    trial = replace(MEASURED, load=replace(MEASURED.load, open_model=open_model))
    for n in range(5):
        total.add(JudgedTrial(trial, Judgement((reason(kind),) if n < having else ())))
    return total.measured_cell()


@pytest.mark.parametrize("kind", WARM_UPS)
@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("p(95)<100", PASSED),
        ("p(95)<5", OPEN),  # it had Failed, by what is none of the service's doing
        ("p(95)>5", OPEN),
        ("p(95)>100", FAILED),
        ("avg<5", OPEN),
        ("max==5", OPEN),
        ("max==50", FAILED),
        ("max!=50", PASSED),
    ],
)
def test_a_criterion_is_decided_by_what_a_shorter_latency_would_decide_too(kind, text, outcome):
    found = evaluate(parse_threshold("http_req_duration", text), cell_of(kind))

    assert found.outcome is outcome
    if outcome is OPEN:
        assert found.note.startswith(f"{kind}: latencies are longer than the service's own")
        assert len(found.note) <= 200


@pytest.mark.parametrize("relation", ["==", "!="])
@pytest.mark.parametrize(("value_ms", "is_open"), [(9.99, False), (10.0, True), (10.01, True)])
def test_a_latency_that_is_to_be_one_number_is_open_from_that_number_on(
    relation, value_ms, is_open
):
    rule = parse_threshold("http_req_duration", f"max{relation}10")

    assert bool(why_longer(rule, cell_of(ReasonKind.WARM_UP_COUNTED), value_ms)) is is_open


@pytest.mark.parametrize("kind", LENGTHENED)
def test_its_failures_are_what_they_are(kind):
    cell = cell_of(kind)
    cell = replace(
        cell,
        row=cell.row.model_copy(update={"failed_rate": 0.5, "failed_low": 0.4, "failed_high": 0.6}),
    )

    assert evaluate(parse_threshold("http_req_failed", "rate<0.1"), cell).outcome is FAILED


@pytest.mark.parametrize("kind", WARM_UPS)
@pytest.mark.parametrize(("open_model", "rate"), [(True, "Sound"), (False, "Bound")])
def test_nothing_rests_on_a_window_that_has_a_warm_up_in_it(kind, open_model, rate):
    """3 of 10 s at five times the latency: p95, requests/s and CPU per request were Sound."""
    row = cell_of(kind, open_model=open_model).row

    assert row.p95_ms is not None
    assert row.cpu_micros is not None
    assert row.requests_per_second is not None
    assert (row.p95_ms.standing, row.p95_ms.why) == (Standing.UNSOUND, kind)
    assert (row.cpu_micros.standing, row.cpu_micros.why) == (Standing.UNSOUND, kind)
    assert row.requests_per_second.standing == rate


@pytest.mark.parametrize(("having", "standing"), [(2, Standing.SOUND), (3, Standing.UNSOUND)])
def test_a_warm_up_of_few_replicates_is_in_the_interval(having, standing):
    cell = cell_of(ReasonKind.WARM_UP_COUNTED, having=having)

    assert cell.row.p95_ms is not None
    assert cell.row.p95_ms.standing is standing
    assert any(told.startswith("WarmUpCounted") for told in cell.row.reasons)
    found = evaluate(parse_threshold("http_req_duration", "p(95)<5"), cell)
    assert found.outcome is (FAILED if standing is Standing.SOUND else OPEN)


def claims(kind: ReasonKind, variant: str, **fields: object):
    stopped = replace(MEASURED, generator=replace(MEASURED.generator, throttled_share=0.02))
    measured = stopped if kind is ReasonKind.GENERATOR_THROTTLED else MEASURED
    replicates = [
        Replicate(cell, n, judged(measured, *([reason(kind)] if cell.variant == variant else [])))
        for cell in (ASYNC, SYNC)
        for n in (1, 2, 3)
    ]
    return judge(replicates, **fields)


@pytest.mark.parametrize("kind", LENGTHENED)
@pytest.mark.parametrize(
    ("fields", "of", "over"),
    [
        ({"metric": "latencyMs.p95", "atMost": 20}, REPRODUCED, REPRODUCED),
        ({"metric": "latencyMs.p95", "atMost": 5}, UNKNOWN, CONTRADICTED),
        ({"metric": "latencyMs.p95", "atLeast": 5}, UNKNOWN, REPRODUCED),
        ({"ratio": "latencyMs.p95", "atMost": 1.1}, REPRODUCED, UNKNOWN),
        ({"ratio": "latencyMs.p95", "atLeast": 0.9}, UNKNOWN, REPRODUCED),
    ],
)
def test_so_is_a_claim(kind, fields, of, over):
    found = claims(kind, "async", **fields)

    assert found.outcome is of
    if of is UNKNOWN:
        said = f"latencyMs.p95 of async/workers=1 is more than the service's own ({kind})"
        assert found.note.startswith(said)
    assert claims(kind, "sync", **fields).outcome is over


@pytest.mark.parametrize("kind", LENGTHENED)
def test_the_work_of_a_warm_up_is_no_cost_of_a_request(kind):
    found = claims(kind, "async", metric="cpuMicrosPerRequest.service", atMost=100)

    assert found.outcome is (UNKNOWN if kind in WARM_UPS else CONTRADICTED)


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"metric": "latencyMs.p95", "atMost": 20}, REPRODUCED),
        ({"metric": "latencyMs.p95", "atMost": 7}, UNKNOWN),
        ({"metric": "latencyMs.p95", "atMost": 4}, CONTRADICTED),
        ({"ratio": "latencyMs.p95", "atLeast": 0.9}, UNKNOWN),
        ({"metric": "requestsPerSecond", "atLeast": 900}, REPRODUCED),
    ],
)
def test_of_a_generator_that_was_busy_up_to_a_half_may_be_its_own(fields, outcome):
    """A ratio of at least 1.2 was Reproduced, beside a row that is Unsound and no comparison."""
    busy = replace(MEASURED, generator=replace(MEASURED.generator, cpu_share=0.95))
    slow = Reason(ReasonKind.GENERATOR_SATURATED, Validity.SUSPECT, "…")
    replicates = [
        Replicate(cell, n, judged(busy, slow) if cell is ASYNC else judged(MEASURED))
        for cell in (ASYNC, SYNC)
        for n in (1, 2, 3)
    ]

    found = judge(replicates, **fields)

    assert found.outcome is outcome
    if outcome is UNKNOWN:
        said = "latencyMs.p95 of async/workers=1 is more than the service's own (GeneratorSat"
        assert found.note.startswith(said)
