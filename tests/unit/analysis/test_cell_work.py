"""What the stores did in a cell, shared out over its requests."""

from dataclasses import replace

import pytest

from loadlab.analysis.cell_work import work_of
from loadlab.analysis.trial_figures import TrialFigures
from loadlab.measurement.documents import Freshness
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.values import TrialMeasurement
from loadlab.measurement.work_done import WorkDone
from loadlab.model.status import WorkRow
from loadlab.plan.expected import ExpectedWork
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement
from tests.manifests import Json


def of_cell(trials: list[TrialMeasurement]) -> WorkRow | None:
    return work_of([TrialFigures.of(JudgedTrial(trial, Judgement())) for trial in trials])


def known(trials: list[TrialMeasurement]) -> WorkRow:
    found = of_cell(trials)
    assert found is not None
    return found


def worked(trial: TrialMeasurement, *, cached: bool = True, **done: int) -> TrialMeasurement:
    load = replace(trial.load, expected=ExpectedWork(cached=cached))
    counts = RequestCounts(seconds=30.0, client=1000.0, server=1000, load=1000.0)
    return replace(trial, load=load, counts=counts, work=WorkDone(**done))


def test_work_is_shared_out_over_the_requests_of_all_replicates(healthy):
    one = worked(healthy, transactions=1000, rows_read=4000, rows_written=100)
    other = worked(healthy, transactions=3000, rows_read=8000, rows_written=300)

    found = known([one, other])

    assert (found.transactions, found.rows_read, found.rows_written) == (2.0, 6.0, 0.2)


def test_the_hit_rate_is_of_caches_only(healthy):
    looked_up: Json = {"cache_hits": 30, "cache_misses": 10}

    assert known([worked(healthy, **looked_up)]).cache_hit_rate == 0.75
    assert (
        known([worked(healthy, cached=False, transactions=1, **looked_up)]).cache_hit_rate is None
    )


@pytest.mark.parametrize(("commits", "per_commit"), [(10, 50.0), (0, None)])
def test_records_per_commit_are_the_queue_workers(healthy, commits, per_commit):
    assert known(
        [worked(healthy, transactions=1, persisted=500, commits=commits)]
    ).records_per_commit == (per_commit)


def test_staleness_is_summed_and_the_worst_kept(healthy):
    seen = [
        Freshness(writes=5, reads=9, stale=1, unseen=0, worst_ms=ms, bound_ms=1000.0)
        for ms in (40.0, 1200.0)
    ]
    found = known([replace(healthy, freshness=fresh) for fresh in seen])

    assert (found.stale_reads, found.worst_stale_ms) == (2, 1200.0)


def test_what_nobody_counted_is_unknown(healthy):
    assert of_cell([healthy]) is None


def test_a_replicate_that_nobody_counted_leaves_the_others_their_share(healthy):
    counted = worked(healthy, transactions=1000, rows_read=4000, cache_hits=30, cache_misses=10)

    assert known([counted, healthy]) == known([counted])
    assert known([counted, worked(healthy, rows_read=4000)]).transactions == 1.0
    assert known([counted, replace(counted, counts=None)]).rows_read == 4.0


def test_requests_that_were_not_counted_share_nothing(healthy):
    seconds = RequestCounts(seconds=30.0, client=0.0, server=0, load=0.0)
    idle = replace(worked(healthy, transactions=5), counts=seconds)

    assert of_cell([idle]) is None


def test_a_cache_that_was_not_asked_has_no_rate_and_one_that_missed_always_has_0(healthy):
    unasked = worked(healthy, transactions=1, cache_hits=0, cache_misses=0)
    missed = worked(healthy, transactions=1, cache_hits=0, cache_misses=9)

    assert known([unasked]).cache_hit_rate is None
    assert known([missed]).cache_hit_rate == 0.0


def test_commits_without_a_record_are_told_as_such(healthy):
    assert known([worked(healthy, transactions=1, commits=4)]).records_per_commit == 0.0


def test_fresh_reads_are_told_as_none_stale(healthy):
    fresh = Freshness(writes=5, reads=9, stale=0, unseen=0, worst_ms=0.0, bound_ms=1000.0)

    found = known([replace(healthy, freshness=fresh)])

    assert (found.stale_reads, found.worst_stale_ms) == (0, 0.0)
