"""A trial keeps what ended in each second, of all its pods, in so many bins at most."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.measurement.documents import K6Document
from loadlab.measurement.requests_by_name import side_load
from loadlab.measurement.series import MOST_BINS, Line, Series, merge_series
from loadlab.measurement.trial import measure_trial
from loadlab.measurement.values import TrialMeasurement
from loadlab.plan.expected import LoadFacts
from tests.unit.conftest import START, document_of


def second(t: int, n: int, err: int = 0, p50: int = 2000, p99: int = 9000) -> dict[str, int]:
    return {"t": START + t, "n": n, "err": err, "p50": p50, "p95": p99, "p99": p99}


def document(*seconds: dict[str, int], scenario: str = "measure", **fields: Any) -> K6Document:
    body = document_of([2000] * 10)
    body["scenarios"][scenario] = body["scenarios"]["measure"] | {"series": list(seconds)} | fields
    return K6Document.model_validate(body)


def series_of(*documents: K6Document) -> Series | None:
    return merge_series(each.scenarios["measure"] for each in documents)


def test_requests_of_the_pods_are_added_and_the_slowest_pod_gives_the_percentiles():
    one = document(second(0, 10, err=1, p99=9000), second(1, 20, p50=1000))
    other = document(second(0, 5, err=2, p99=30_000), second(2, 7))

    assert series_of(one, other) == Series(
        start_epoch_seconds=START,
        bin_seconds=1,
        requests=(15, 20, 7),
        failed=(3, 0, 0),
        p50_us=(2000, 1000, 2000),
        p99_us=(30_000, 9000, 9000),
    )


def test_a_second_without_a_good_answer_has_no_latency_and_one_without_any_is_there():
    found = series_of(document(second(0, 4, err=4, p50=0, p99=0), second(2, 1)))

    assert found is not None
    assert (found.requests, found.failed) == ((4, 0, 1), (4, 0, 0))
    assert found.p99_us == (None, None, 9000)


def test_a_generator_that_tells_counts_alone_has_a_series_without_latency():
    found = series_of(document({"t": START, "n": 3}))

    assert found is not None
    assert (found.requests, found.p50_us) == ((3,), (None,))
    assert series_of(document()) is None


@pytest.mark.parametrize(
    ("seconds", "width"), [(1, 1), (240, 1), (241, 2), (480, 2), (481, 5), (3600, 20), (5100, 50)]
)
def test_a_long_load_is_kept_in_wider_bins(seconds, width):
    found = Series.of([Line(START + s, 3, 1, 2000, 2000 + s) for s in range(seconds)])

    assert found.bin_seconds == width
    assert len(found.requests) <= MOST_BINS
    assert (sum(found.requests), sum(found.failed)) == (3 * seconds, seconds)
    assert found.p99_us[0] == 2000 + width - 1  # the highest of its seconds


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 99)), min_size=1, max_size=40),
    st.integers(1, 240),
)
def test_whatever_is_put_together_nothing_is_lost(found, most):
    series = Series.of([Line(at, n, n // 2, None, 1 + n) for at, n in found])

    shorter = series.wider(most)

    assert len(shorter.requests) <= most
    assert sum(shorter.requests) == sum(n for _, n in found)
    assert max(p for p in shorter.p99_us if p is not None) == 1 + max(n for _, n in found)
    assert shorter.start_epoch_seconds == min(at for at, _ in found)


def test_bins_between_two_moments_are_those_that_lie_there_as_a_whole():
    series = Series.of([Line(START + s, 1, 0, None, None) for s in range(5)])

    assert [line.at - START for line in series.between(START + 0.5, START + 4.5)] == [1, 2, 3]
    assert [line.at - START for line in series.between(START, START + 5)] == [0, 1, 2, 3, 4]


def test_the_side_load_has_a_series_of_its_own(report, load: LoadFacts):
    body = document_of([2000] * 1000)
    side = document_of([5000] * 20)["scenarios"]["measure"]
    side["splits"][0]["name"] = "ping"
    body["scenarios"]["side"] = side | {"series": [second(0, 20)]}

    measured = measure_trial([report(body)], 1, load)

    assert isinstance(measured, TrialMeasurement)
    assert measured.side is not None
    assert measured.side.names == ("ping",)
    assert measured.side.series is not None
    assert measured.side.series.requests == (20,)
    assert measured.series is not None
    assert sum(measured.series.requests) == 1000


def test_without_a_side_load_there_is_none():
    assert side_load([document(second(0, 1))]) is None
