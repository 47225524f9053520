"""Which percentiles rest on too little, and whose work was on the CPUs meanwhile."""

from dataclasses import replace

import pytest

from loadlab.measurement.foreign_cpu import foreign_cpu
from loadlab.measurement.usage import CpuSetUsage, Watch
from loadlab.model.status import Validity
from loadlab.validity.noise import cpu_stolen, foreign_cpu_used, others_unseen, samples_too_few

ENOUGH = 10_000  # 100 of them above p99


def told(answers: int, **named: int) -> str:
    (reason,) = samples_too_few(answers, named)
    return reason.message.partition(";")[0]


@pytest.mark.parametrize(
    ("answers", "thin"),
    [
        (9_999, "p99 (99)"),
        (2_000, "p99 (20)"),
        (1_999, "p95 (99), p99 (19)"),
        (500, "p90 (50), p95 (25), p99 (5)"),
        (10, "p90 (1), p95 (0), p99 (0)"),
    ],
)
def test_a_percentile_needs_a_hundred_samples_above_it(answers, thin):
    assert told(answers) == f"too few samples lie above {thin}"


def test_enough_samples_and_none_at_all_are_not_few():
    assert list(samples_too_few(ENOUGH, {"ping": ENOUGH})) == []
    assert list(samples_too_few(0, {"ping": 0})) == []


def test_thin_requests_of_a_name_say_nothing_against_the_row():
    (of_name,) = samples_too_few(ENOUGH, {"ping": 2_000, "read": ENOUGH})
    (of_both,) = samples_too_few(2_000, {"ping": 2_000})

    assert (of_name.level, of_both.level) == (Validity.VALID, Validity.SUSPECT)
    assert told(ENOUGH, ping=2_000, read=ENOUGH) == "too few samples lie above p99 (20) of ping"
    assert told(2_000, ping=3_000) == "too few samples lie above p99 (20), p99 (30) of ping"


def test_three_names_are_told():
    assert told(ENOUGH, d=2_000, c=2_000, b=2_000, a=2_000).endswith(
        "above p99 (20) of a, p99 (20) of b, p99 (20) of c"
    )


@pytest.mark.parametrize(("stolen", "reasons"), [(0.02, 0), (0.021, 1)])
def test_more_than_two_percent_stolen_are_told_of_either_set(healthy, stolen, reasons):
    quiet, robbed = (CpuSetUsage(cpus=2, busy=0.3, stolen=s) for s in (0.0, stolen))
    either = (
        replace(healthy, shared_cpus=quiet, service_cpus=robbed),
        replace(healthy, shared_cpus=robbed, service_cpus=quiet),
        replace(healthy, shared_cpus=robbed, service_cpus=None),
    )

    found = [list(cpu_stolen(trial)) for trial in either]

    assert [len(each) for each in found] == [reasons] * 3
    assert all("took 2.1% of" in reason.message for each in found for reason in each)


def test_without_a_known_set_nothing_is_stolen(healthy):
    assert list(cpu_stolen(replace(healthy, shared_cpus=None, service_cpus=None))) == []


def test_what_others_used_is_judged_from_the_bound_on(healthy):
    busy = replace(healthy, shared_cpus=CpuSetUsage(cpus=2, busy=0.5, stolen=0.0))
    (seen,) = foreign_cpu(busy)

    at_bound, below = (
        replace(busy, load=replace(busy.load, foreign_cpus=seen.taken * factor))
        for factor in (1.0, 1.001)
    )

    assert len(list(foreign_cpu_used(at_bound))) == 1
    assert list(foreign_cpu_used(below)) == []


@pytest.mark.parametrize(("stolen", "told"), [(0.0024, False), (0.0025, True)])
def test_what_the_hypervisor_took_is_told_where_two_decimals_show_it(healthy, stolen, told):
    robbed = replace(healthy, shared_cpus=CpuSetUsage(cpus=2, busy=0.9, stolen=stolen))

    (reason,) = foreign_cpu_used(robbed)

    assert (", the hypervisor took 0.0" in reason.message) == told


@pytest.mark.parametrize(
    ("notes", "why"),
    [
        (("k6-0: end: no answer",), "k6-0: end: no answer"),
        ((), "no pod of the generator handed in"),
    ],
)
def test_why_a_snapshot_is_missing_is_told_where_it_is_known(healthy, notes, why):
    blind = replace(healthy, others=Watch.NO_SNAPSHOT, notes=notes)

    (reason,) = others_unseen(blind)

    assert f"is missing ({why}" in reason.message
