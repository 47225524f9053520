"""How unevenly pods shared the work: by requests, by CPU where nothing counts them."""

import pytest

from loadlab.measurement.documents import ComponentReading
from loadlab.measurement.pod_spread import PIDS, PodSpread, spread_over_pods
from loadlab_services.steward import every_pod

SECOND = PIDS + 7  # a process of the second pod


def reading(**processes):
    known = [{"pid": int(pid[1:])} | figures for pid, figures in processes.items()]
    return ComponentReading.model_validate({"processes": known})


def between(first, last):
    return spread_over_pods(
        reading(**{f"p{pid}": figures for pid, figures in first.items()}),
        reading(**{f"p{pid}": figures for pid, figures in last.items()}),
    )


def counted(*requests):
    return dict(zip((7, SECOND), ({"requests": each} for each in requests), strict=True))


def metered(*cpu):
    return dict(zip((7, SECOND), ({"cpuSeconds": each} for each in cpu), strict=True))


def test_the_steward_parts_pods_by_the_same_number():
    assert PIDS == every_pod.PIDS


def test_requests_tell_where_they_are_counted():
    assert between(counted(100, 100), counted(1100, 300)) == PodSpread(5.0, "requests")


def test_cpu_tells_where_nothing_counts_requests():
    assert between(metered(1.0, 1.0), metered(7.0, 2.0)) == PodSpread(6.0, "CPU")


def test_processes_of_one_pod_are_one():
    first = {pid: {"requests": 0} for pid in (7, 8, SECOND)}
    last = {7: {"requests": 10}, 8: {"requests": 190}, SECOND: {"requests": 100}}

    assert between(first, last) == PodSpread(2.0, "requests")


def test_a_pod_that_had_nothing_is_a_large_number_and_not_infinity():
    assert between(counted(0, 0), counted(500, 0)) == PodSpread(1000.0, "requests")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ({7: {"requests": 0}}, {7: {"requests": 9}}),
        (counted(0, 0), counted(0, 0)),
        ({7: {"requests": 0}}, counted(9, 9)),
        ({7: {}, SECOND: {}}, {7: {}, SECOND: {}}),
    ],
    ids=["one pod", "no work", "a pod that came later", "nothing told"],
)
def test_nothing_is_said_where_pods_cannot_be_compared(first, last):
    assert between(first, last) is None


def test_without_an_earlier_look_nothing_is_known():
    assert spread_over_pods(None, reading(p7={"requests": 9})) is None
