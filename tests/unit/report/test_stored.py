"""Trials of other releases, and of people who write into them, are named and never a crash."""

from typing import Any

import pytest

from loadlab.report import read_trials
from loadlab.report.stored import StoredTrial
from tests.unit.report.examples import full, report, row, trial
from tests.unit.report.markup import Page

CELL = row("sync", 1, 600)["cell"]


def stored(**changes: Any) -> dict[str, Any]:
    found = trial(1, CELL, 600)
    found["status"]["measurement"]["measurement"] |= changes
    return found


def test_a_trial_is_read_with_its_series():
    found = StoredTrial.of(trial(1, CELL, 600))

    assert found.unreadable == ""
    assert found.measurement is not None
    assert found.measurement.series is not None
    assert len(found.measurement.series.requests) == 30
    assert (found.is_void, found.state) == (False, "Valid")


@pytest.mark.parametrize(
    "changes",
    [
        {"series": {"start_epoch_seconds": 1, "requests": [1, 2], "failed": [0]}},
        {"series": {"start_epoch_seconds": 1, "requests": []}},
        {"series": {"start_epoch_seconds": 1e300, "requests": [10**300]}},
        {"first_request_epoch_seconds": "soon"},
        {"components": {"service": {"cpus_used": -1}}},
    ],
    ids=["lengths", "empty", "huge", "text", "negative"],
)
def test_a_measurement_that_cannot_be_read_is_named(changes):
    page = Page(report(full()[0], [stored(**changes)]))

    assert "its measurement is of another release" in page.text


@pytest.mark.parametrize(
    "changes",
    [
        {"latency": "no histogram"},
        {"latency": ""},
        {"series": None},
        {"last_answer_epoch_seconds": 0},
        {"first_request_epoch_seconds": 0},
        {"components": {}},
    ],
    ids=["broken", "none", "no series", "backwards", "an age", "unknown"],
)
def test_what_a_measurement_lacks_is_left_out(changes):
    html = report(full()[0], [stored(**changes)])

    assert html.count('<figure class="trial') == 1
    assert "of another release" not in html


def test_a_trial_of_another_release_is_named():
    other = trial(2, CELL, 600)
    other["status"]["phase"] = "Hibernating"

    found, left_out = read_trials([trial(1, CELL, 600), other])

    assert [each.name for each in found] == ["wells-3f2a11-001"]
    named = "Trial wells-3f2a11-002 is of another release"
    assert [each.split(": ")[0] for each in left_out] == [named]
    assert named in Page(report(full()[0], [other])).text


def test_trials_of_an_earlier_experiment_of_the_name_are_left_out():
    other = trial(1, CELL, 600)
    other["metadata"]["ownerReferences"] = [{"uid": "another"}]

    assert '<figure class="trial' not in report(full()[0], [other])


def test_trials_before_the_blocks_stand_apart_and_in_no_percentile():
    pilot = trial(1, CELL, 600)
    pilot["spec"] |= {"role": "Pilot", "replicate": 0}

    text = Page(report(full()[0], [pilot])).text

    assert "Before the first block: 1 trial" in text
    assert "pilot trial, in no figure" in text
    assert "Latency by percentile" not in text
