"""Requests by name, merged over pods and replicates."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.documents import K6Document
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.requests_by_name import NamedCount, named_requests
from loadlab.plan.expected import LoadFacts

Build = Callable[..., K6Document]
LOAD = LoadFacts(open_model=False, virtual_users=10, duration_seconds=30.0, timeout_ms=500.0)


@pytest.fixture
def build(document: dict[str, Any]) -> Build:
    def make(*, side: bool = False, trends: dict[str, list[int]] | None = None) -> K6Document:
        body = copy.deepcopy(document)
        if side:
            ping = copy.deepcopy(body["scenarios"]["measure"])
            ping["splits"][0] |= {"name": "ping", "requests": 20}
            ping["splits"][0]["http_req_total"] = distribution([500] * 20)
            ping["failures"] = [{"class": "5xx", "text": "503 Service Unavailable", "requests": 2}]
            body["scenarios"]["side"] = ping
        body["trends"] = {name: distribution(values) for name, values in (trends or {}).items()}
        return K6Document.model_validate(body)

    return make


def distribution(values_us: list[int]) -> dict[str, Any]:
    histogram = Histogram.of(values_us)
    return {"count": histogram.count, "hdr": histogram.encode()}


def test_one_name_alone_needs_no_table_of_its_own(build: Build):
    assert named_requests([build()], LOAD) == {}


def test_requests_beside_the_load_are_told_apart(build: Build):
    named = named_requests([build(side=True), build(side=True)], LOAD)

    assert {name: found.requests for name, found in named.items()} == {"ping": 40, "request": 2000}
    assert named["ping"].latency.max_us == 500


def test_requests_beside_the_load_say_why_they_failed(build: Build):
    named = named_requests([build(side=True), build(side=True)], LOAD)
    total = NamedCount().plus(named["ping"]).plus(named["ping"]).plus(named["ping"])

    assert [(f.text, f.requests) for f in total.failures] == [("503 Service Unavailable", 12)]
    assert named["request"].failures == ()


def test_requests_without_an_answer_took_the_time_out_at_least(build: Build):
    document = build(side=True)
    side = document.scenarios["side"]
    lost = side.splits[0].model_copy(update={"status_class": "err", "requests": 2, "failed": 2})
    side = side.model_copy(update={"splits": (*side.splits, lost)})
    document = document.model_copy(update={"scenarios": {**document.scenarios, "side": side}})

    latency = named_requests([document], LOAD)["ping"].latency_ms

    assert latency is not None
    assert (latency.p99, latency.is_lower_bound("p99")) == (LOAD.timeout_ms, True)
    assert not latency.is_lower_bound("med")


def test_reads_are_told_apart_by_what_the_cache_said(build: Build):
    named = named_requests(
        [build(trends={"cache_hit": [300] * 90, "cache_miss": [4000] * 10})], LOAD
    )

    assert {name: found.requests for name, found in named.items()} == {
        "request": 1000,
        "hit": 90,
        "miss": 10,
    }


def test_replicates_are_added_up(build: Build):
    ping = named_requests([build(side=True)], LOAD)["ping"]
    failing = replace(ping, failed=5)

    total = NamedCount().plus(ping).plus(failing)

    assert (total.requests, total.failed, total.failed_rate) == (40, 5, 0.125)
    assert NamedCount().failed_rate == 0.0


def test_what_was_dropped_beside_the_load_is_that_of_its_name(build: Build):
    document = build(side=True)
    side = document.scenarios["side"].model_copy(update={"dropped_iterations": 3})
    document = document.model_copy(update={"scenarios": {**document.scenarios, "side": side}})

    named = named_requests([document, document], LOAD)

    assert {name: found.dropped for name, found in named.items()} == {"ping": 6, "request": 0}
