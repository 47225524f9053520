"""Two generator pods: started together, split exactly, merged exactly."""

import json
import re
from dataclasses import replace
from math import floor

import pytest
import yaml

from loadlab.base.names import TOKEN_DIGITS, result_token
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.pod_log import read_pod_log
from loadlab.model.resources import Experiment
from loadlab.plan import Images, make_plan
from loadlab.plan.generator import (
    build_generator,
    configuration_variables,
    trial_configuration,
)
from loadlab.plan.pods import env
from tests.e2e.cluster_tools import VALUES, Lab, eventually, get
from tests.e2e.premises import QuietNode
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.measured]
SPEC = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "factors": {"ms": [20], "virtualUsers": [8]},
    "replicates": 1,
    "load": {
        "duration": "20s",
        "warmup": "0s",
        "parallelism": 2,
        "request": {"thinkTime": "40ms"},  # calm: four k6 share one CPU here
    },
}
APART_MS = 50 * 1.2  # 50 ms, on a machine whose speed swings

# Before it may stand the digits of a figure: so many are the token's, and no more.
PROGRESS = re.compile(rf'(?:[0-9a-f]{{{TOKEN_DIGITS}}} )?\{{"loadlab_progress":.*\}}\}}\n')


def test_the_merged_histogram_is_that_of_the_pooled_raw_samples(lab: Lab):
    """Beside the trial's own pods, two of the same make also print every raw sample."""
    lab.delete("pair")
    node = QuietNode()
    lab.submit("pair", **SPEC)
    eventually(lambda: _is_running(lab), 60, "the trial")
    twin = _start_twin(lab)
    eventually(lambda: _twin_status(lab).get("succeeded") == 2, 60, "the twin's two pods")
    logs = _twin_logs(lab)

    status = lab.wait("pair", 90)

    reports = [read_pod_log(name, text, token=twin) for name, text in logs.items()]
    scenarios = [report.document.scenarios["measure"] for report in reports if report.document]
    assert len(scenarios) == 2
    merged = Histogram.merged(s.http_req_duration.hdr for d in scenarios for s in d.splits)
    raw = sorted(value for text in logs.values() for value in _raw_samples_us(text))
    assert merged == Histogram.of(raw)
    for percent in (50, 95, 99):
        exact = raw[max(1, int(percent * len(raw) / 100 + 0.5)) - 1]  # HdrHistogram's rank
        error = merged.percentile_us(percent) / exact - 1
        print(
            f"p{percent}: merged {merged.percentile_us(percent)} µs, raw {exact} µs, {error:+.3%}"
        )
        assert abs(error) <= 0.003
    apart = [s.first_sample_us / 1000 for s in scenarios]
    print(f"{len(raw)} samples; first samples {max(apart) - min(apart):.1f} ms apart")
    node.require()  # how soon they start depends on who else is there
    assert max(apart) - min(apart) < APART_MS
    _assert_the_trial_itself_was_together(lab, status)


def _assert_the_trial_itself_was_together(lab: Lab, status: Json) -> None:
    (trial,) = lab.trials("pair").values()
    measurement = trial["status"]["measurement"]["measurement"]
    print(f"the trial's own pods: first samples {measurement['first_sample_skew_ms']:.1f} ms apart")
    assert status["phase"] == "Succeeded"
    assert measurement["pods"] == 2
    assert measurement["first_sample_skew_ms"] < APART_MS


def _is_running(lab: Lab) -> bool:
    trials = lab.trials("pair").values()
    return any(trial.get("status", {}).get("phase") == "Running" for trial in trials)


def _start_twin(lab: Lab) -> str:
    """Return the token with which its lines begin."""
    experiment = Experiment.model_validate(lab.experiment("pair"))
    plan = make_plan(experiment, _images())
    trial = plan.trials[0]
    target = trial.run(1)
    twin = replace(target, trial=f"{experiment.children_name}-999")  # as the steward knows its own
    settings = trial_configuration(plan.context, twin)
    settings["target"] = settings["target"].replace(twin.name, target.name)
    settings["load"]["durationMs"] = 6000
    job = build_generator(plan.context, twin)
    container = job["spec"]["template"]["spec"]["containers"][0]
    container["args"].insert(1, "--out=json=-")
    told = configuration_variables(settings)
    given = [variable for variable in container["env"] if variable["name"] not in told]
    container["env"] = given + env(**told)
    # A child of the experiment that the operator does not know: it must not clear it away.
    for marked in (job["metadata"], job["spec"]["template"]["metadata"]):
        marked["labels"] = {"twin": "yes"}
    lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(job))
    return result_token(experiment.metadata.uid, twin.name)


def _images() -> Images:
    images = yaml.safe_load(VALUES.read_text())["images"]
    name = {part: f"{image['repository']}:{image['tag']}" for part, image in images.items()}
    return Images(
        services=name["services"],
        k6=name["k6"],
        postgres=name["postgres"],
        redis=name["redis"],
        rabbitmq=name["rabbitmq"],
    )


def _twin_status(lab: Lab) -> Json:
    return dict(get("-n", lab.namespace, "job", "-l", "twin=yes")["items"][0].get("status") or {})


def _twin_logs(lab: Lab) -> dict[str, str]:
    names = lab.kubectl("get", "pods", "-l", "twin=yes", "-o", "name").split()
    return {name: lab.kubectl("logs", name) for name in names}


def _raw_samples_us(log: str) -> list[int]:
    """The JSON output writes in blocks, between which a line of our progress may come."""
    samples = []
    for line in PROGRESS.sub("", log).splitlines():
        if '"http_req_duration"' in line and '"Point"' in line:
            data = json.loads(line)["data"]
            if data["tags"].get("scenario") == "measure":
                samples.append(floor(data["value"] * 1000 + 0.5))  # halves up, as Go rounds
    return samples
