"""A thousand stored trials take at most 16 MiB of etcd, whatever was measured."""

import json
import random
from dataclasses import replace

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.sending import Sending
from loadlab.measurement.series import Line, Series
from loadlab.measurement.values import NamedRequests, SideLoad
from loadlab.validity.judged_trial import (
    MOST_SERIES_BYTES,
    MOST_STORED_BYTES,
    JudgedTrial,
    dump_trial,
    load_trial,
)
from tests.manifests import Json
from tests.unit.analysis.wells_trials import measured

PERCENTS = (0, 10, 50, 90, 95, 99, 99.9, 100)


def size(dumped: Json) -> int:
    return len(json.dumps(dumped, separators=(",", ":")))


def calm(trial: JudgedTrial) -> JudgedTrial:
    """As most services answer: within a factor of two."""
    chosen = random.Random(3)
    latency = Histogram.of(int(chosen.lognormvariate(9, 0.2)) for _ in range(2_000))
    named = {
        name: replace(each, latency=latency) for name, each in trial.measurement.by_request.items()
    }
    measurement = replace(trial.measurement, latency=latency, by_request=named)
    return replace(trial, measurement=measurement)


def test_a_calm_trial_is_stored_as_it_was_measured():
    trial = calm(measured(random.Random(12)))
    dumped = dump_trial(trial)

    assert size(dumped) < MOST_STORED_BYTES
    assert load_trial(dumped) == trial


def test_a_trial_whose_latencies_spread_is_stored_a_little_coarser_and_says_so():
    trial = measured(random.Random(12))

    dumped = dump_trial(trial)
    stored = load_trial(dumped).measurement

    assert size(dumped) <= MOST_STORED_BYTES
    assert stored.notes[-1] == "latencies are stored to 0.8%, to keep the trial small"
    assert stored.latency.count == trial.measurement.latency.count
    for percent in PERCENTS:
        exact = trial.measurement.latency.percentile_us(percent)
        assert stored.latency.percentile_us(percent) == pytest.approx(exact, rel=0.004, abs=1)


def test_a_trial_of_very_many_names_is_stored_without_them_and_says_so():
    trial = measured(random.Random(12))
    named = NamedRequests(requests=1, failed=0, latency=trial.measurement.latency)
    many = {f"request-{number}": named for number in range(40)}
    trial = replace(trial, measurement=replace(trial.measurement, by_request=many))

    dumped = dump_trial(trial)
    stored = load_trial(dumped).measurement

    assert size(dumped) <= MOST_STORED_BYTES
    assert stored.notes[-1].startswith("40 requests by name are left out")
    assert stored.by_request == {}


def test_how_requests_were_sent_is_stored_of_the_load_and_of_a_name_where_it_matters():
    trial = calm(measured(random.Random(12)))
    latency = Histogram.of([10_000] * 2_000)
    late, on_time = (
        Sending(lateness=Histogram.of([us] * 2_000), latency=Histogram.of([10_000 - us] * 2_000))
        for us in (3_000, 100)
    )
    named = {"late": late, "on time": on_time}
    measurement = replace(
        trial.measurement,
        sending=on_time,
        by_request={
            name: NamedRequests(requests=2_000, failed=0, latency=latency, sending=sending)
            for name, sending in named.items()
        },
    )

    stored = load_trial(dump_trial(replace(trial, measurement=measurement))).measurement

    assert stored.sending == on_time
    assert {name: each.sending for name, each in stored.by_request.items()} == {
        "late": late,
        "on time": None,
    }


@pytest.mark.parametrize("bits", [1, 4])
@pytest.mark.parametrize("value", [1, 7, 100, 1023, 1024, 2047, 2048, 50_000, 119_999_999])
def test_putting_buckets_together_moves_no_value_further_than_it_says(value, bits):
    coarse = Histogram.of([value]).coarser(bits)

    assert coarse.count == 1
    assert coarse.max_us == pytest.approx(value, rel=2**bits / 2048 + 0.001, abs=1)
    assert Histogram.decode(coarse.encode()) == coarse


LONG_LOAD = Series.of(
    [Line(1_800_000_000 + s, 98_765, 1_234, 123_456, 9_876_543) for s in range(3600)]
)
HOSTILE = Series.of([Line(s, 2**63 - 1, 2**63 - 1, 2**63 - 1, 2**63 - 1) for s in range(10_000)])


@pytest.mark.parametrize(
    ("series", "bins"), [(LONG_LOAD, 180), (HOSTILE, 50)], ids=["long", "hostile"]
)
def test_series_have_room_of_their_own_and_take_no_more(series, bins):
    trial = measured(random.Random(12))
    side = SideLoad(names=("ping",), series=series)
    trial = replace(trial, measurement=replace(trial.measurement, series=series, side=side))

    dumped = dump_trial(trial)
    stored = load_trial(dumped).measurement

    assert size(dumped) <= MOST_STORED_BYTES + MOST_SERIES_BYTES
    assert len(stored.by_request) == 7
    assert stored.series is not None
    assert len(stored.series.requests) == bins
    assert sum(stored.series.requests) == sum(series.requests)


def test_names_of_a_side_load_go_with_the_requests_by_name():
    trial = measured(random.Random(12))
    side = SideLoad(names=tuple(f"{number:0200}" for number in range(220)))
    trial = replace(trial, measurement=replace(trial.measurement, side=side))

    assert size(dump_trial(trial)) <= MOST_STORED_BYTES
