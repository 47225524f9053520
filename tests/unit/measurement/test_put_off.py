"""What a queue put off is what was accepted and not yet written, while both were looked at."""

from dataclasses import replace

from loadlab.measurement.put_off import put_off
from loadlab.plan.expected import ExpectedWork
from tests.unit.validity.test_queue_behind import queued


def test_requests_that_failed_put_nothing_off(healthy):
    found = put_off(replace(queued(healthy, 10_050), failed=7_500))

    assert found is not None
    assert found.words == "the worker wrote 335/s of 750/s accepted"


def test_where_nothing_is_accepted_nothing_is_put_off(healthy):
    trial = queued(healthy, 5)
    reads = replace(trial, load=replace(trial.load, expected=ExpectedWork()))

    assert put_off(reads) is None
    assert put_off(replace(trial, failed=30_000)) is None


def test_of_two_snapshots_at_one_moment_there_is_no_rate(healthy):
    trial = queued(healthy, 10_050)
    at_once = trial.counts and replace(trial.counts, seconds=0.0)

    assert put_off(replace(trial, counts=at_once)) is None
