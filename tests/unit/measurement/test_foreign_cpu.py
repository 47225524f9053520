"""What strangers used is what is left of the busy time; where that is unknown nothing is said."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.documents import Quietness
from loadlab.measurement.foreign_cpu import foreign_cpu
from loadlab.measurement.ran_as import RanAs
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.usage import ComponentUsage, CpuSetUsage
from loadlab.measurement.values import TrialMeasurement
from tests.unit.conftest import START

SHARED = CpuSetUsage(cpus=1, busy=0.9, stolen=0.05)
OWN = CpuSetUsage(cpus=1, busy=0.8, stolen=0.01)
LOGS = 0.1  # of 1000 requests a second, with a line each


def used(cpus: float | None) -> ComponentUsage:
    return ComponentUsage(cpus_used=cpus)


def on(*nodes: str, **fields: Any) -> RanAs:
    return RanAs(nodes=nodes, **fields)


def owning_cpus(healthy: TrialMeasurement) -> TrialMeasurement:
    """A service that owns a CPU and used 0.6 of it, beside a Postgres of 0.3 and k6 of 0.1."""
    return replace(
        healthy,
        shared_cpus=SHARED,
        service_cpus=OWN,
        components=healthy.components | {"service": used(0.6), "postgres": used(0.3)},
        ran={name: on("a") for name in ("service", "k6", "postgres", "steward")},
    )


@pytest.fixture
def trial(healthy: TrialMeasurement) -> TrialMeasurement:
    return owning_cpus(healthy)


def taken(trial: TrialMeasurement) -> dict[str, Any]:
    return {found.where: pytest.approx(found.taken) for found in foreign_cpu(trial)}


def test_the_rest_of_each_set_is_the_strangers(trial):
    assert taken(trial) == {
        "the CPU beside the service's on node a": 0.9 - 0.3 - 0.1 - LOGS + 0.05,
        "the service's own CPU on node a": 0.8 - 0.6 - LOGS + 0.01,
    }


@pytest.mark.parametrize(("lines", "logs"), [(0, 0.0), (1, 0.1), (2, 0.2), (5, 0.2)])
def test_what_carries_the_lines_of_a_log_is_no_stranger(trial, lines, logs):
    printing = replace(trial, load=replace(trial.load, log_lines=lines))

    assert [found.logs for found in foreign_cpu(printing)] == pytest.approx([logs, logs])


def test_one_slow_answer_after_the_load_makes_nobody_a_stranger(trial):
    """k6 used 0.1 CPU while the snapshots looked: not a third of it, as with all its requests
    shared out over 90 s, which had left 0.07 CPU of k6 and as much for the log to a stranger."""
    counts = RequestCounts(seconds=30.0, client=29_999.0, load=29_999.0, server=30_000)
    late = replace(trial, counts=counts, last_answer_epoch_seconds=START + 90.0)

    assert late.cpus_used_by("generator") == pytest.approx(0.1, rel=0.001)
    assert [found.taken for found in foreign_cpu(late)] == pytest.approx(
        [found.taken for found in foreign_cpu(trial)], abs=0.001
    )


def test_lines_are_carried_on_the_node_of_the_service(trial):
    elsewhere = replace(trial, ran=trial.ran | {"service": on("b")})

    assert [found.logs for found in foreign_cpu(elsewhere)] == [0.0, pytest.approx(LOGS)]


def test_a_service_without_cpus_of_its_own_is_one_of_those_who_share(trial):
    shares = replace(trial, load=replace(trial.load, owns_cpus=False))
    usage = replace(SHARED, cpus=2)

    assert taken(replace(shares, shared_cpus=usage)) == {
        "the 2 CPUs that all share on node a": 1.8 - 0.6 - 0.3 - 0.1 - LOGS + 0.1
    }


def test_on_another_node_than_the_steward_the_services_instruments_tell(trial):
    """What strangers do there is not seen from where the generator and the stores are."""
    shares = replace(trial, load=replace(trial.load, owns_cpus=False))
    apart = replace(shares, ran=trial.ran | {"service": on("b")})

    assert taken(apart) == {
        "the CPU that all share on node a": 0.9 - 0.3 - 0.1 + 0.05,
        "the CPU that all share on node b": 0.8 - 0.6 - LOGS + 0.01,
    }


def test_on_a_node_where_only_the_steward_is_nobody_is_a_stranger(trial):
    shares = replace(trial, load=replace(trial.load, owns_cpus=False))
    alone = replace(shares, ran=trial.ran | {"service": on("b"), "steward": on("c")})
    unknown = replace(shares, ran=alone.ran | {"k6": on()})

    assert list(taken(alone)) == ["the CPU that all share on node b"]
    assert "the CPU that all share on node c" in taken(unknown)


def test_clocks_that_differ_make_no_negative_stranger(trial):
    idle = replace(trial, shared_cpus=replace(SHARED, busy=0.2, stolen=0.0), service_cpus=None)

    assert list(taken(idle).values()) == [0.0]


QUIETNESS = Quietness.model_validate(
    {
        "quiet": True,
        "waitedSeconds": 1,
        "busyCpus": 0.2,
        "idleCpus": {"shared": 0.2, "service": 0.1},
    }
)
IDLE = {
    "one node: daemons are driven from CPU to CPU": ({}, [0.3, 0.3]),
    "two nodes: nobody moves from one to the other": ({"service": on("b")}, [0.2, 0.1]),
    "who knows where": ({"service": on()}, [0.2, 0.1]),
}


@pytest.mark.parametrize("name", IDLE)
def test_what_a_node_uses_before_the_load_may_be_met_on_each_of_its_cpus(trial, name):
    elsewhere, idle = IDLE[name]
    seen = replace(trial, quietness=QUIETNESS, ran=trial.ran | elsewhere)

    assert [found.idle for found in foreign_cpu(seen)] == pytest.approx(idle)


def test_cpus_that_all_share_are_idle_once(trial):
    shares = replace(
        trial, quietness=QUIETNESS, load=replace(trial.load, owns_cpus=False), service_cpus=None
    )

    assert [found.idle for found in foreign_cpu(shares)] == [0.2]


UNKNOWN = {
    "a store without an account of its CPU": (
        {"ran": {"rabbitmq": on("a"), "steward": on("a"), "k6": on("a")}},
        ("rabbitmq",),
    ),
    "a database that was there before": (
        {"components": {"postgres": used(None), "generator": used(0.1)}, "ran": {}},
        ("postgres",),
    ),
}


@pytest.mark.parametrize(("fields", "names"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_an_unknown_user_of_the_shared_cpus_is_named(trial, fields, names):
    first = next(foreign_cpu(replace(trial, **fields)))

    assert "beside" in first.where
    assert first.unknown == names


def meshed(trial: TrialMeasurement, **nodes: str) -> TrialMeasurement:
    """The same trial with a mesh's proxy beside these parts."""
    proxies = {part: on(node, beside=("istio-proxy",)) for part, node in nodes.items()}
    return replace(trial, ran=trial.ran | proxies)


@pytest.mark.parametrize("owns", [True, False])
def test_a_proxy_that_admission_added_is_no_stranger(trial, owns):
    """It owns no CPUs, also where the service does: those that all share are what it used."""
    fields = replace(trial, load=replace(trial.load, owns_cpus=owns))
    found = list(foreign_cpu(meshed(fields, service="a", k6="a")))

    assert [each.unknown for each in found] == [("istio-proxy beside k6, service",), ()][
        : len(found)
    ]


def test_what_a_meter_saw_a_proxy_use_is_counted_beside_the_service(trial):
    shares = replace(trial, service_cpus=None, load=replace(trial.load, owns_cpus=False))
    service = replace(used(0.3), cpus_beside=0.2)
    seen = replace(shares, components=shares.components | {"service": service})

    (alone,) = foreign_cpu(meshed(seen, service="a"))
    (both,) = foreign_cpu(meshed(seen, service="a", k6="a"))

    assert alone.ours["istio-proxy beside service"] == 0.2
    assert alone.unknown == ()
    assert alone.taken == pytest.approx(max(0.0, 0.9 - 0.3 - 0.2 - 0.3 - 0.1 - LOGS) + 0.05)
    assert both.unknown == ("istio-proxy beside k6",)


def test_a_proxy_whose_processes_ended_meanwhile_is_unknown(trial):
    service = replace(used(0.3), cpus_beside=-0.1)
    seen = replace(trial, components=trial.components | {"service": service})

    first = next(foreign_cpu(meshed(seen, service="a")))

    assert first.unknown == ("istio-proxy beside service",)


def test_a_proxy_on_another_node_used_nothing_here(trial):
    found = foreign_cpu(meshed(replace(trial, service_cpus=None), postgres="b"))

    assert [each.unknown for each in found] == [()]


def test_without_snapshots_nothing_is_said(trial):
    assert taken(replace(trial, shared_cpus=None, service_cpus=None)) == {}


def test_a_part_on_another_node_is_no_user_of_the_stewards(trial):
    ran = trial.ran | {"postgres": on("b"), "rabbitmq": on("b")}

    found = taken(replace(trial, ran=ran, service_cpus=None))

    assert list(found.values()) == [0.9 - 0.1 - LOGS + 0.05]


@pytest.mark.parametrize(
    ("nodes", "unknown"), [(["a"], ()), (["a", "b"], ("service",)), ([], ("service",))]
)
def test_what_pods_used_is_known_of_their_node_where_it_is_one(trial, nodes, unknown):
    """Their figures are one sum, of which nobody knows what belongs to which node."""
    several = trial.ran | {"service": on(*nodes, pods=3)}
    shares = replace(trial.load, owns_cpus=False)

    shared, *_ = foreign_cpu(replace(trial, ran=several, load=shares))
    beside, *own = foreign_cpu(replace(trial, ran=several))

    assert (shared.unknown, beside.unknown) == (unknown, ())
    assert ("service" in shared.ours) == (not unknown)
    assert len(own) == (1 if len(nodes) == 1 else 0)


def test_a_service_that_says_it_used_more_than_was_busy_hides_nobody(trial):
    shares = replace(trial, service_cpus=None, load=replace(trial.load, owns_cpus=False))
    assert not shares.owns_cpus

    def found(cpus: float) -> Any:
        lying = replace(shares, components=shares.components | {"service": used(cpus)})
        (one,) = foreign_cpu(lying)
        return one.taken, one.unknown

    honest, boasting = found(0.3), found(5000.0)

    assert honest == (pytest.approx(0.9 - 0.3 - 0.3 - 0.1 - LOGS + 0.05), ())
    assert boasting == (pytest.approx(0.9 - 0.3 - 0.1 - LOGS + 0.05), ("service",))


@pytest.mark.parametrize(("busy", "most"), [(0.4, 0.8), (0.8, 1.4)])
def test_a_service_may_say_so_much_more_than_was_busy(trial, busy, most):
    """One and a half times as much and 0.2 CPU; k6 and Postgres use 0.4 beside it."""
    shares = replace(trial, service_cpus=None, load=replace(trial.load, owns_cpus=False))
    seen = replace(shares, shared_cpus=replace(SHARED, busy=busy))

    def unknown(cpus: float) -> tuple[str, ...]:
        said = replace(seen, components=seen.components | {"service": used(cpus - 0.4)})
        (one,) = foreign_cpu(said)
        return one.unknown

    assert unknown(most - 0.01) == ()
    assert unknown(most + 0.01) == ("service",)


def test_cpus_that_nobody_saw_in_quiet_moments_were_idle(trial):
    seen = Quietness.model_validate(
        {"quiet": True, "waitedSeconds": 1, "busyCpus": 0.2, "idleCpus": {"shared": 0.2}}
    )
    apart = replace(trial, quietness=seen, ran=trial.ran | {"service": on("b")})

    assert [found.idle for found in foreign_cpu(apart)] == [0.2, 0.0]


@pytest.mark.parametrize(
    ("pods", "beside", "unknown"), [(1, 0.0, ()), (2, 0.2, ("istio-proxy beside service",))]
)
def test_a_proxy_is_metered_beside_one_pod_also_where_it_used_nothing(trial, pods, beside, unknown):
    service = replace(used(0.3), cpus_beside=beside)
    seen = replace(trial, components=trial.components | {"service": service})
    proxies = {"service": on("a", beside=("istio-proxy",), pods=pods)}

    first = next(foreign_cpu(replace(seen, ran=seen.ran | proxies)))

    assert first.unknown == unknown


def test_a_service_that_was_not_looked_at_is_one_pod(trial):
    ran = {name: pod for name, pod in trial.ran.items() if name != "service"}

    assert [found.unknown for found in foreign_cpu(replace(trial, ran=ran))] == [(), ()]
