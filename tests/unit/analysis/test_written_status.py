"""What is written about an experiment and a trial, to the letter: other programs read it."""

import json
import os
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadlab.measurement.documents import Freshness
from loadlab.measurement.pod_log import read_pod_log
from loadlab.measurement.trial import measure_trial
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import LoadTrialStatus, TrialPhase
from loadlab.plan.expected import ExpectedWork, LoadFacts
from loadlab.validity.judge import judge
from loadlab.validity.judged_trial import JudgedTrial, dump_trial
from tests.unit.analysis.analysed import analyze
from tests.unit.analysis.wells_trials import measured, plan_of, trials_of

GOLDEN = Path(__file__).with_name("golden")
REAL_LOG = Path(__file__).parents[1] / "measurement" / "ingest-pod.log"
SPEC: dict[str, Any] = {
    "factors": {"workers": [1, 2], "virtualUsers": [8]},
    "replicates": 3,
    "successCriteria": [
        {"name": "tail", "metric": "http_req_duration", "threshold": "p(95)<1000"},
        {"name": "speed", "metric": "http_reqs", "threshold": "rate>9000"},
        {"name": "errors", "metric": "http_req_failed", "threshold": "rate<=0.5"},
    ],
    "expectations": [
        {
            "name": "async-wins",
            "ratio": "requestsPerSecond",
            "of": {"variant": "async"},
            "over": {"variant": "threadpool"},
            "atLeast": 1.5,
            "published": 1.79,
        },
        {"name": "none-fails", "metric": "failedRate", "of": {"workers": 1}, "atMost": 0.01},
        {
            "name": "pings-are-fast",
            "metric": "latencyMs.p99",
            "request": "ping",
            "of": {"variant": "async"},
            "atMost": 1,
        },
    ],
}
FRESHNESS = Freshness(writes=5, reads=9, stale=1, unseen=0, worst_ms=40.1234, bound_ms=1000.0)


def real_measurement() -> TrialMeasurement:
    load = LoadFacts(open_model=False, virtual_users=4, duration_seconds=4.0, writes=True)
    found = measure_trial([read_pod_log("k6-0", REAL_LOG.read_text())], 1, load)
    assert isinstance(found, TrialMeasurement)
    return found


def worked(chosen: random.Random) -> JudgedTrial:
    """A trial of `wells` that a cache, a worker and an account say something about, too."""
    trial = measured(chosen)
    plain, work = trial.measurement, trial.measurement.work
    assert work is not None
    measurement = replace(
        plain,
        load=replace(plain.load, expected=ExpectedWork(cached=True)),
        work=replace(work, cache_hits=75, cache_misses=30, persisted=960, commits=7),
        durability=real_measurement().durability,
        freshness=FRESHNESS,
    )
    return JudgedTrial(measurement, trial.judgement)


def written_status() -> dict[str, object]:
    plan, chosen = plan_of(40, **SPEC), random.Random(12)
    texts = [json.dumps(dump_trial(worked(chosen))) for _ in range(5)]
    trials = list(trials_of(plan, texts).values())
    # By cell and replicate: the order in which a plan runs them is another subject.
    trials.sort(key=lambda trial: (trial.spec.cell.title(), trial.spec.replicate))
    given = tuple(
        trial.model_copy(update={"status": measured_status(texts[place % len(texts)])})
        for place, trial in enumerate(trials)
    )
    return analyze(plan, given).dump()


def measured_status(text: str) -> LoadTrialStatus:
    return LoadTrialStatus(phase=TrialPhase.SUCCEEDED, measurement=json.loads(text))


def written_trial() -> dict[str, object]:
    measurement = replace(real_measurement(), freshness=FRESHNESS)
    return dump_trial(JudgedTrial(measurement, judge(measurement)))


@pytest.mark.parametrize(
    ("name", "write"), [("status.json", written_status), ("trial.json", written_trial)]
)
def test_what_is_written_is_as_approved(name, write):
    """`UPDATE_GOLDEN=1` writes it anew; read the difference before you commit it."""
    text = json.dumps(write(), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        (GOLDEN / name).write_text(text)

    assert text == (GOLDEN / name).read_text()
