"""Whose neighbours nobody looked at: each part's node is watched, or named."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.foreign_cpu import foreign_cpu, unwatched
from loadlab.measurement.values import TrialMeasurement
from tests.unit.measurement.test_foreign_cpu import LOGS, OWN, on, owning_cpus, taken, used


@pytest.fixture
def trial(healthy: TrialMeasurement) -> TrialMeasurement:
    return owning_cpus(healthy)


@pytest.mark.parametrize(
    ("nodes", "unseen"),
    [
        ({}, {}),
        ({"steward": on()}, {}),
        # Its instruments tell of the service's own CPU, and of none that the others share.
        ({"steward": on("c")}, {"a": ("k6", "postgres")}),
        ({"steward": on("c"), "service": on("b")}, {"a": ("k6", "postgres")}),
        ({"service": on("b"), "k6": on("b", "d")}, {"b": ("k6",), "d": ("k6",)}),
        ({"worker": on("b")}, {"b": ("worker",)}),
        ({"service": on("b", "c", pods=2)}, {"b": ("service",), "c": ("service",)}),
        ({"service": on("b", pods=2)}, {}),
        ({"postgres": on("e"), "redis": on("e")}, {"e": ("postgres", "redis")}),
    ],
)
def test_where_nobody_looked_at_others_is_known(trial, nodes, unseen):
    assert unwatched(replace(trial, ran=trial.ran | nodes)) == unseen


def shared_on(trial: TrialMeasurement, *nodes: str, **fields: Any) -> TrialMeasurement:
    """The same trial with a service of two pods, without CPUs of their own, on these nodes."""
    shares = replace(trial, load=replace(trial.load, owns_cpus=False), **fields)
    return replace(shares, ran=trial.ran | {"service": on(*nodes, pods=2)})


def test_a_service_on_several_nodes_is_judged_on_none_and_they_are_named(trial):
    """A batch job that filled b was no ForeignCpu, and nobody was said not to have looked."""
    apart = shared_on(trial, "b", "c")

    assert [found.where for found in foreign_cpu(apart)] == ["the CPU that all share on node a"]
    assert unwatched(apart) == {"b": ("service",), "c": ("service",)}


def test_a_service_of_several_pods_on_one_node_is_judged_there(trial):
    """Each pod was asked, and their sum is what was used there."""
    full = replace(OWN, busy=1.0)

    assert taken(shared_on(trial, "b", service_cpus=full)) == {
        "the CPU that all share on node a": 0.9 - 0.3 - 0.1 + 0.05,
        "the CPU that all share on node b": 1.0 - 0.6 - LOGS + 0.01,
    }
    assert unwatched(shared_on(trial, "b")) == {}


def test_where_its_cpus_are_not_told_the_node_of_a_service_is_named(trial):
    assert unwatched(shared_on(trial, "b", service_cpus=None)) == {"b": ("service",)}


@pytest.mark.parametrize(("online", "judged"), [(2, True), (1, False)])
def test_pods_that_told_of_more_cpus_than_their_node_has_are_not_believed(trial, online, judged):
    """Two pods that told of the same CPUs too far apart had made all of their use a stranger's."""
    usage = replace(used(0.6), cpus_online=online)
    twice = shared_on(
        trial,
        "b",
        service_cpus=replace(OWN, cpus=2),
        components=trial.components | {"service": usage},
    )

    assert ("the 2 CPUs that all share on node b" in taken(twice)) == judged
    assert unwatched(twice) == ({} if judged else {"b": ("service",)})


def test_on_the_node_of_a_service_that_shares_its_cpus_the_others_are_seen(trial):
    beside = shared_on(trial, "b")
    ran = beside.ran | {"k6": on("b"), "postgres": on("b")}

    assert unwatched(replace(beside, ran=ran)) == {}
