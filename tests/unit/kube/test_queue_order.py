"""Whose turn it is: namespaces in rounds, within one the oldest first."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loadlab.base.times import rfc3339
from loadlab.kube.queue_order import find_place
from loadlab.kube.standing import Standing

TEAMS = ["a", "b", "c"]


def waiting(namespace: str, name: str, created: int, *, may_begin: bool = True) -> Standing:
    return Standing(
        namespace=namespace,
        name=name,
        uid=f"{namespace}/{name}",
        created=rfc3339(created),
        phase="Pending",
        started="",
        ended="",
        deleting=False,
        suspended=not may_begin,
        stalled=False,
    )


def order_of(everyone: list[Standing]) -> list[str]:
    """The experiments in the order in which they begin, each over before the next."""
    everyone, begun, now = list(everyone), [], 1000
    while any(one.waits and one.may_begin for one in everyone):
        places = {one.uid: find_place(everyone, one.uid).ahead for one in everyone if one.waits}
        first = next(o for o in everyone if o.waits and o.may_begin and places[o.uid] == 0)
        begun.append(first.uid)
        now += 10
        over = replace(first, phase="Succeeded", started=rfc3339(now - 9), ended=rfc3339(now))
        everyone[everyone.index(first)] = over
    return begun


def test_a_namespace_with_one_experiment_waits_for_one_of_another_with_many():
    many = [waiting("a", str(n), n) for n in range(5)]

    assert order_of([*many, waiting("b", "only", 9)])[:2] == ["a/0", "b/only"]


def test_within_a_namespace_the_oldest_is_next():
    assert order_of([waiting("a", "new", 2), waiting("a", "old", 1)]) == ["a/old", "a/new"]


def test_who_came_while_its_own_namespace_runs_lets_the_others_go_first():
    runs = replace(waiting("a", "runs", 1), phase="Running", started=rfc3339(50))
    again, other = waiting("a", "again", 10), waiting("b", "other", 40)

    assert find_place([runs, again, other], other.uid).ahead == 1
    place = find_place([runs, again, other], again.uid)
    assert (place.ahead, place.waits_for) == (2, "LoadExperiment a/runs")


def test_who_comes_while_another_namespace_runs_is_next():
    """It had begun two seconds before: that was a turn, however many are waiting behind it."""
    runs = replace(waiting("a", "runs", 1), phase="Running", started=rfc3339(58))
    again, came = waiting("a", "again", 10), waiting("b", "came", 60)

    assert find_place([runs, again, came], came.uid).waits_for == "LoadExperiment a/runs"
    assert find_place([runs, again, came], again.uid).ahead == 2
    over = replace(runs, phase="Failed", ended=rfc3339(90))
    assert find_place([over, again, came], came.uid).ahead == 0


def test_one_that_was_refused_took_no_turn():
    refused = replace(waiting("a", "typo", 1), phase="Failed", ended=rfc3339(90))
    first, other = waiting("a", "first", 10), waiting("b", "other", 20)

    assert find_place([refused, first, other], first.uid).ahead == 0


def test_one_that_may_not_begin_is_ahead_of_nobody_and_knows_its_own_place():
    held = waiting("a", "held", 1, may_begin=False)
    other = waiting("b", "other", 2)

    assert find_place([held, other], other.uid).ahead == 0
    assert find_place([held, other], held.uid).ahead == 0


experiments = st.lists(
    st.tuples(st.sampled_from(TEAMS), st.integers(0, 30)), min_size=1, max_size=12
).map(lambda pairs: [waiting(team, str(n), made) for n, (team, made) in enumerate(pairs)])


@given(experiments)
def test_the_places_are_the_order_in_which_they_begin(everyone):
    places = {one.uid: find_place(everyone, one.uid).ahead for one in everyone}

    assert sorted(places, key=lambda uid: places[uid]) == order_of(everyone)


@given(experiments)
def test_between_two_turns_of_a_namespace_that_waits_each_other_has_one_at_most(everyone):
    begun = [uid.split("/")[0] for uid in order_of(everyone)]
    for team in TEAMS:
        turns = [-1, *(n for n, one in enumerate(begun) if one == team)]
        for former, this in pairwise(turns):
            between = begun[former + 1 : this]
            assert len(between) == len(set(between))
