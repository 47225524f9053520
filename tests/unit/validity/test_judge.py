"""One healthy trial, one change each: every rule fires alone and says so with both numbers."""

from dataclasses import replace

import pytest

from loadlab.measurement.failures import FailedRequests
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.validity.judge import judge
from loadlab.validity.judgement import ReasonKind
from tests.unit.validity.broken_trials import BROKEN
from tests.unit.validity.changed_trials import (
    Change,
    asked,
    beside,
    counted,
    field,
    generator,
    opened,
    ramping,
    redirected,
    written,
)


@pytest.mark.parametrize(
    ("change", "kind", "level", "says"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_one_change_breaks_exactly_one_rule(
    healthy: TrialMeasurement, change: Change, kind: ReasonKind, level: Validity, says: str
) -> None:
    judgement = judge(change(healthy))

    assert [(r.kind, r.level) for r in judgement.reasons] == [(kind, level)]
    assert says in judgement.reasons[0].message
    assert judgement.validity is level


SOUND = {
    "others do little": beside(busy=0.6),
    "others do as much as is allowed": beside(busy=1.2, foreign_cpus=2.0),
    "a few others on many CPUs": beside(busy=1.6, cpus=16),
    "untouched": field(),
    "generator at its bound": generator(cpu_share=0.60, sched_wait_p99_ms=1.0),
    "threads at their bound": generator(sched_wait_share=0.05, sched_wait_p99_ms=0.0),
    "k6's wait is little beside the answers'": lambda trial: replace(
        generator(sched_wait_p99_ms=9.5)(trial),
        latency=Histogram.of(range(100_000, 300_000, 5)),
        iterations=1500,
        requests=1500,
        mean_iteration_ms=200.0,
        counts=None,
        status={"2xx": 1500},
    ),
    "generator late by a moment": generator(longest_pause_seconds=0.5),
    "throttling unknown": generator(throttled_share=None),
    "open model on its rate": opened(),
    "open model, late last answer": opened(last_answer_epoch_seconds=1_800_000_032.0),
    "closed model ignores drops": field(dropped_iterations=3),
    "a ramp has fewer users": ramping,
    "server count unknown": counted(30_000, None),
    "counts differ by what is in flight": counted(30_000, 28_100),
    "the service never saw the requests without an answer": lambda trial: replace(
        counted(30_000, 27_000)(trial), status=trial.status | {"err": 3000}
    ),
    "iterations cut off in their pause": field(
        iterations=29_000, requests=30_000, interrupted_iterations=1000, mean_iteration_ms=10.35
    ),
    "the service saw what was followed": lambda trial: replace(
        counted(30_000, 59_000)(trial), redirects_followed=30_000
    ),
    "window too short to compare": counted(100, 0, seconds=1.0),
    "one pod cannot be apart": field(start_skew_ms=500.0),
    "all writes persisted": written(),
}


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND.keys())
def test_a_sound_trial_is_valid(healthy: TrialMeasurement, change: Change) -> None:
    judgement = judge(change(healthy))

    assert judgement.reasons == ()
    assert judgement.validity is Validity.VALID


def test_a_trial_of_redirects_only_says_so_first_and_is_invalid(healthy: TrialMeasurement) -> None:
    judgement = judge(redirected(30_000, latency=Histogram())(healthy))

    assert [r.kind for r in judgement.reasons] == [ReasonKind.REDIRECTED, ReasonKind.NO_SUCCESS]
    assert judgement.validity is Validity.INVALID
    assert "redirects to Follow (Accept where" in judgement.reasons[0].message


def test_failures_without_success_are_told_with_their_texts(healthy: TrialMeasurement) -> None:
    cut = FailedRequests(status_class="err", text="EOF", requests=2)
    change = field(
        **asked(2), failed=2, failures=(cut,), status={"err": 2}, latency=Histogram(),
        mean_iteration_ms=150_000.0,
    )  # fmt: skip

    messages = [r.message for r in judge(change(healthy)).reasons]

    (message,) = messages
    assert message.startswith("none of 2 requests succeeded (no answer: 2): EOF (100.0%); ")
