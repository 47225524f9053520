"""What a LoadTrial keeps is what was measured, to the last digit."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from loadlab.measurement.pod_log import read_pod_log
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.trial import measure_trial
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.measurement.work_done import WorkDone
from loadlab.plan.expected import LoadFacts
from loadlab.validity.judge import judge
from loadlab.validity.judged_trial import (
    JudgedTrial,
    UnreadableTrialError,
    dump_trial,
    load_trial,
)
from loadlab.validity.judgement import Judgement

REAL_LOG = (Path(__file__).parents[1] / "measurement" / "ingest-pod.log").read_text()


def test_a_stored_trial_comes_back_equal_through_json(healthy: TrialMeasurement) -> None:
    busy = replace(healthy, generator=replace(healthy.generator, cpu_share=0.9))
    trial = JudgedTrial(busy, judge(busy))

    assert load_trial(json.loads(json.dumps(dump_trial(trial)))) == trial


def test_what_is_unknown_comes_back_unknown(healthy: TrialMeasurement) -> None:
    """Absent values are not stored: every one of them needs a default."""
    unknown = replace(
        healthy,
        counts=RequestCounts(seconds=5.0, client=100.0, server=None),
        work=WorkDone(),
        components={"service": ComponentUsage()},
        generator=replace(healthy.generator, throttled_share=None),
    )
    trial = JudgedTrial(unknown, judge(unknown))

    assert load_trial(json.loads(json.dumps(dump_trial(trial)))) == trial


def test_a_real_trial_comes_back_equal_and_is_small() -> None:
    load = LoadFacts(open_model=False, virtual_users=4, duration_seconds=4.0, writes=True)
    measurement = measure_trial([read_pod_log("k6-0", REAL_LOG)], 1, load)
    assert isinstance(measurement, TrialMeasurement)
    trial = JudgedTrial(measurement, judge(measurement))

    text = json.dumps(dump_trial(trial))

    assert load_trial(json.loads(text)) == trial
    assert len(text) < 16 * 1024


def test_something_else_is_refused(healthy: TrialMeasurement) -> None:
    stored = dump_trial(JudgedTrial(healthy, Judgement()))
    stored["measurement"]["latency"] = "HISTF"

    with pytest.raises(UnreadableTrialError, match="latency"):
        load_trial(stored)


def test_another_version_is_refused_by_name_and_none_is_the_first(
    healthy: TrialMeasurement,
) -> None:
    stored = dump_trial(JudgedTrial(healthy, Judgement()))
    assert stored["version"] == 1
    del stored["version"]

    assert load_trial(stored) == JudgedTrial(healthy, Judgement())
    with pytest.raises(UnreadableTrialError, match="version 7, this operator reads version 1"):
        load_trial(stored | {"version": 7})
