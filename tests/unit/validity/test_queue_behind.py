"""What is accepted faster than it is written waits in a queue: a burst, and no rate to be kept."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.measurement.work_done import WorkDone
from loadlab.model.status import Validity
from loadlab.plan.expected import ExpectedWork
from loadlab.validity.judge import judge
from loadlab.validity.judgement import Family, ReasonKind
from tests.unit.validity.changed_trials import written

WRITES = ExpectedWork(write_share=1.0)


def queued(trial: TrialMeasurement, persisted: int | None, **worker: Any) -> TrialMeasurement:
    """1,000 writes a second are accepted for 30 s, and so many are written meanwhile."""
    trial = written()(trial)
    counts = trial.counts and replace(trial.counts, load=30_000.0)
    components = trial.components | {"worker": ComponentUsage(**worker)}
    work, load = WorkDone(persisted=persisted), replace(trial.load, expected=WRITES)
    return replace(trial, counts=counts, components=components, work=work, load=load)


@pytest.mark.parametrize("persisted", [27_000, 30_000, 31_000])
def test_a_queue_whose_workers_keep_up_is_valid(healthy, persisted):
    assert judge(queued(healthy, persisted)).reasons == ()


@pytest.mark.parametrize("drain_seconds", [1.0, 100.0])
def test_a_queue_that_grows_is_told_however_long_the_drain_may_take(healthy, drain_seconds):
    """1,275/s were accepted and 335/s written, and the trial was Valid: it was drained in time."""
    trial = queued(healthy, 10_050)
    assert trial.durability is not None
    drained = replace(trial.durability, drain_seconds=drain_seconds)

    judgement = judge(replace(trial, durability=drained))

    (reason,) = judgement.reasons
    assert (reason.kind, reason.level) == (ReasonKind.QUEUE_BEHIND, Validity.SUSPECT)
    assert reason.family is Family.SERVICE
    assert judgement.is_queue_behind
    assert not judgement.is_void
    assert reason.message == (
        "the queue grew: the worker wrote 335/s of 1000/s accepted; 66% of it were put off, bound "
        "10%, so that what was accepted is a burst and no rate that can be kept: give it more "
        "consumers or larger batches, or the service a lower rate or fewer users"
    )


def test_it_grows_from_the_first_write_beyond_the_bound(healthy):
    assert judge(queued(healthy, 26_999)).is_queue_behind


@pytest.mark.parametrize(("persisted", "is_behind"), [(70, False), (69, True)])
def test_of_few_writes_more_may_lack_by_chance(healthy, persisted, is_behind):
    """A hundred accepted: three standard errors are thirty of them."""
    trial = queued(healthy, persisted)
    few = replace(trial, counts=trial.counts and replace(trial.counts, load=100.0))

    assert judge(few).is_queue_behind is is_behind


def test_a_store_that_took_no_writes_is_named_in_place_of_the_consumers(healthy):
    refused = replace(queued(healthy, 0), refused=("Postgres' disk is full",))

    (reason,) = [r for r in judge(refused).reasons if r.kind is ReasonKind.QUEUE_BEHIND]

    assert reason.message.endswith("a store took none, see StoreRefused")


def test_a_count_of_rows_that_is_unknown_is_told(healthy):
    (reason,) = judge(queued(healthy, None)).reasons

    assert (reason.kind, reason.level) == (ReasonKind.WORK_NOT_VERIFIED, Validity.SUSPECT)
    assert "nobody can say whether it kept up" in reason.message


def test_of_a_worker_that_ended_that_is_told_alone(healthy):
    kinds = [r.kind for r in judge(queued(healthy, None, restarted=True)).reasons]

    assert kinds == [ReasonKind.COMPONENT_RESTARTED]


@pytest.mark.parametrize(
    "without",
    [
        {"work": None},
        {"components": {}},
        {"load": {"expected": None}},
        {"load": {"expected": ExpectedWork()}},
    ],
    ids=["no snapshots", "no worker", "an own image", "no writes"],
)
def test_where_no_queue_is_looked_at_nothing_is_said_of_it(healthy, without):
    trial = queued(healthy, None)
    load = replace(trial.load, **without.pop("load", {}))
    kinds = {r.kind for r in judge(replace(trial, load=load, **without)).reasons}

    assert not kinds & {ReasonKind.QUEUE_BEHIND, ReasonKind.WORK_NOT_VERIFIED}
