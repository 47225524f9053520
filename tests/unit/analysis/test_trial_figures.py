"""What is kept of a trial, and which figure of it a claim is about."""

from dataclasses import replace

import pytest

from loadlab.analysis.percentile_ends import PercentileEnds
from loadlab.analysis.trial_figures import figure_of, share_from_send
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Latency
from loadlab.measurement.sending import Sending
from loadlab.measurement.values import NamedRequests
from loadlab.model.spec.expectations import FigureName
from loadlab.model.status import LatencyMs
from tests.unit.analysis.claims import MEASURED, judged

P95 = FigureName.LATENCY_P95


def of_ms(ms: float) -> LatencyMs:
    return LatencyMs(avg=ms, min=ms, med=ms, p90=ms, p95=ms, p99=ms, max=ms)


@pytest.mark.parametrize(
    ("figure", "percent"),
    [(FigureName.LATENCY_MED, 50), (P95, 95), (FigureName.LATENCY_P99, 99)],
)
def test_the_ends_of_a_percentile_are_those_of_its_own_rank(figure, percent):
    latency = Histogram.of(range(1000, 2000))
    found = judged(replace(MEASURED, latency=latency, requests=1000))

    known = PercentileEnds.of_latency(Latency(latency), percent)
    assert found.percentile_ends["", figure] == known


def test_one_in_a_hundred_may_be_sent_later_than_is_told():
    late = Histogram.of([1000] * 99 + [90_000])
    sent = Sending(lateness=late, latency=Histogram.of([9000] * 100))

    assert judged(replace(MEASURED, sending=sent)).sent_late_ms == 1.0
    assert judged(MEASURED).sent_late_ms is None


def test_of_names_only_those_that_were_planned_have_a_latency_from_the_send():
    plain = NamedRequests(requests=100, failed=0, latency=Histogram.of([9000] * 100))
    sending = Sending(lateness=Histogram.of([1000]), latency=Histogram.of([5000] * 100))
    found = judged(replace(MEASURED, by_request={"a": plain, "b": replace(plain, sending=sending)}))

    assert list(found.from_send_by_request) == ["b"]


def test_where_nothing_was_asked_nothing_failed():
    assert replace(judged(MEASURED), requests=0).failed_rate == 0.0


@pytest.mark.parametrize(
    ("figure", "expected"),
    [(FigureName.EVENT_LOOP_LAG_P99, 3.0), (FigureName.SERVICE_CPU, 200.0)],
)
def test_what_is_the_services_is_not_known_without_it(figure, expected):
    whole = judged(MEASURED)

    assert figure_of(whole, figure, None) == expected
    assert figure_of(replace(whole, components={}), figure, None) is None


@pytest.mark.parametrize(
    ("sent_ms", "share"), [(20.0, 0.5), (39.5, 1.0), (None, 1.0)], ids=["late", "on time", "closed"]
)
def test_what_was_sent_late_has_a_share_from_the_send(sent_ms, share):
    trial = replace(
        judged(MEASURED), latency_ms=of_ms(40.0), from_send_ms=sent_ms and of_ms(sent_ms)
    )

    assert share_from_send(trial, P95, None) == share
