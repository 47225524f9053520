"""A component that cannot have used what it told of is left out of both snapshots, with why."""

from typing import Any

import pytest

from loadlab.measurement.documents import Snapshot
from loadlab.measurement.plausible import without_what_cannot_be

POSTGRES = {"cpuSeconds": 7.0}
BEFORE: dict[str, Any] = {"cpuSeconds": 1.0, "requests": 10, "cpusOnline": 2}


def snapshot(taken_at: float, service: dict[str, Any]) -> Snapshot:
    components = {"service": service, "postgres": POSTGRES}
    return Snapshot.model_validate({"edge": "x", "takenAt": taken_at, "components": components})


def told(after: dict[str, Any], before: dict[str, Any] = BEFORE) -> tuple[Snapshot, Snapshot]:
    return without_what_cannot_be(snapshot(100.0, before), snapshot(105.0, {**before, **after}))


@pytest.mark.parametrize(
    ("after", "says"),
    [
        ({"cpuSeconds": 1e6}, "1e+06 CPU seconds in 5.0 s, of 2 CPUs at most"),
        ({"requests": 12_010}, "no CPU for 12000 requests"),
        ({"cpuFullSeconds": 1e6}, "full CPUs for 1e+06 s in 5.0 s"),
        ({"threadsExhaustedSeconds": 100.0}, "no free thread for 100 s"),
    ],
)
def test_what_cannot_be_is_left_out_of_both_and_named(after: dict[str, Any], says: str) -> None:
    zeros = {"cpuFullSeconds": 0.0, "threadsExhaustedSeconds": 0.0}

    start, end = told({"cpuSeconds": 2.0, **after} if "requests" not in after else after,
                      BEFORE | zeros)  # fmt: skip

    assert says in end.errors["service"]
    assert set(start.components) == set(end.components) == {"postgres"}


@pytest.mark.parametrize(
    "after",
    [
        {"cpuSeconds": 11.0, "requests": 5000},  # both CPUs, all the time
        {"cpuSeconds": 25.0},  # and it answered late
        {"requests": 900},  # a tick of the kernel's clock had not passed
        {"cpuSeconds": 0.5},  # it was started again: another rule's
    ],
)
def test_what_may_be_stands(after: dict[str, Any]) -> None:
    start, end = told(after)

    assert set(start.components) == set(end.components) == {"service", "postgres"}
    assert end.errors == {}


def test_a_node_of_unknown_size_has_no_more_cpus_than_any() -> None:
    unknown = {"cpuSeconds": 1.0}

    assert told({"cpuSeconds": 10_000.0}, unknown)[1].errors == {}
    assert "of 1024 CPUs" in told({"cpuSeconds": 1e6}, unknown)[1].errors["service"]


def test_without_instruments_nothing_is_said_of_requests() -> None:
    assert told({}, {"memoryBytes": 5})[1].errors == {}


def test_more_than_its_limit_no_component_uses() -> None:
    start, end = snapshot(100.0, BEFORE), snapshot(105.0, {**BEFORE, "cpuSeconds": 30.0})

    assert without_what_cannot_be(start, end, {"service": 2.0})[1].errors == {}
    found = without_what_cannot_be(start, end, {"service": 0.5})[1]
    assert found.errors["service"] == "it told of 29 CPU seconds in 5.0 s, of 0.5 CPUs at most"
