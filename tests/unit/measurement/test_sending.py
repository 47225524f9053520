"""The latency of an open model runs from the intended start; how late a send was is kept beside."""

import pytest

from loadlab.measurement.documents import Split
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.sending import SplitLatency
from loadlab.measurement.trial import measure_trial
from loadlab.measurement.values import TrialMeasurement
from tests.manifests import Json
from tests.unit.conftest import distribution, split

SENT = [10_000] * 90 + [20_000] * 10
PLANNED = [us + 3_000 for us in SENT]


def planned(status_class: str = "2xx") -> Json:
    told = {
        "http_req_lateness": distribution([3_000] * 100),
        "http_req_from_intended": distribution(PLANNED),
    }
    return split(status_class, SENT) | told


def of(*documents: Json) -> SplitLatency:
    return SplitLatency.of([Split.model_validate(document) for document in documents])


def test_the_latency_is_the_one_from_the_intended_start():
    found = of(planned(), planned())

    assert found.latency == Histogram.merged([Histogram.of(PLANNED)] * 2)
    assert found.sending is not None
    assert found.sending.lateness.percentile_us(99) == pytest.approx(3_000, rel=0.01)
    assert found.sending.latency.percentile_us(50) == pytest.approx(10_000, rel=0.01)
    assert found.sending.latency.count == found.latency.count == 200


def test_failed_requests_were_late_too_and_have_no_latency():
    found = of(planned(), planned("5xx"))

    assert found.latency == Histogram.of(PLANNED)
    assert found.sending is not None
    assert found.sending.lateness.count == 200


@pytest.mark.parametrize("other", [split("2xx", SENT), split("2xx", SENT) | {"name": "other"}])
def test_where_not_all_were_planned_latency_counts_from_the_send(other):
    found = of(planned(), other)

    assert found == SplitLatency(Histogram.merged([Histogram.of(SENT)] * 2), None)


def test_a_document_with_fewer_planned_than_answered_requests_counts_from_the_send():
    short = planned() | {"http_req_from_intended": distribution(PLANNED[:-1])}

    assert of(short) == SplitLatency(Histogram.of(SENT), None)


def test_pods_are_together_by_what_their_arrivals_count_from(document, report, load):
    """The first arrival of a pod may come late by chance: that is the load, not a late pod."""
    scenario = document["scenarios"]["measure"]
    began = scenario["firstStartUs"] - 1_000
    other = document | {
        "segment": "1/2:1",
        "scenarios": {
            "measure": scenario
            | {"firstStartUs": scenario["firstStartUs"] + 400_000, "scheduleStartUs": began + 2_000}
        },
    }
    first = document | {
        "segment": "0:1/2",
        "scenarios": {"measure": scenario | {"scheduleStartUs": began}},
    }

    measured = measure_trial([report(first, "k6-0"), report(other, "k6-1")], 2, load)

    assert isinstance(measured, TrialMeasurement)
    assert measured.start_skew_ms == pytest.approx(2.0)
