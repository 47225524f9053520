"""hey with a number of iterations: the measurement ends with the last, or when it is told to."""

import os

import pytest

from loadlab.measurement.pod_log import read_pod_log
from tests.generators.conftest import LINE_TOKEN

pytestmark = pytest.mark.integration
PING = {"method": "GET"}


def window_seconds(measured):
    return (measured["lastSampleUs"] - measured["firstStartUs"]) / 1e6


def test_hey_makes_as_many_as_were_asked_for_beside_the_warm_up(pods, steward):
    load = {"iterations": 1000, "virtualUsers": 100, "durationMs": 30_000}
    ended = pods.run("hey", pods.configure("/ping", request=PING, load=load))

    assert ended.code == 0, ended.stderr
    scenarios = ended.document["scenarios"]
    assert ended.measured["requests"] == ended.measured["iterations"] == 1000
    assert scenarios["warmup"]["requests"] == steward.pings - 1000 > 0
    assert window_seconds(ended.measured) < 15


def test_hey_is_stopped_when_the_time_is_over_and_tells_what_it_made(pods, steward):
    steward.delay = 0.4
    load = {"warmupMs": 0, "durationMs": 2000, "iterations": 1000}
    ended = pods.run("hey", pods.configure("/work?id=1&user=1", load=load))

    assert ended.code == 0, ended.document.get("error")
    assert 12 <= ended.measured["iterations"] == len(steward.ids) <= 24
    assert ended.measured["failed"] == 0
    assert window_seconds(ended.measured) < 2.0 + 0.4 + 1.0
    assert read_pod_log("pod", ended.stdout, token=LINE_TOKEN).problem is None


def test_a_tool_that_heeds_no_stop_leaves_no_figure(pods, tmp_path, monkeypatch):
    fake = tmp_path / "hey"
    fake.write_text("#!/bin/sh\ntrap '' INT\nwhile :; do sleep 0.1; done\n")
    fake.chmod(0o755)
    short = "from loadlab_services.generators import hey; hey.PATIENCE_SECONDS = 0.5"
    (tmp_path / "sitecustomize.py").write_text(short)
    load = {"warmupMs": 0, "durationMs": 1000, "iterations": 4}
    variables = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    variables["PYTHONPATH"] = f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"
    config = pods.configure("/ping", request=PING, load=load, timeoutMs=1000)
    ended = pods.end(pods.start("hey", config, variables=variables))

    assert ended.code == 109
    assert "hey did not end within" in ended.document["error"]
    assert "measure" not in ended.document["scenarios"]


@pytest.mark.parametrize(
    ("tool", "changes", "words"),
    [
        ("hey", {"load": {"iterations": 102}}, "the same number"),
        ("hey", {"load": {"iterations": 100}, "pods": 2}, "iterations by several pods"),
        ("wrk", {"load": {"iterations": 100}}, "how many requests"),
        ("locust", {"load": {"iterations": 100}}, "no threads or iterations"),
    ],
)
def test_what_a_tool_cannot_do_is_refused_before_anything_is_sent(
    pods, steward, tool, changes, words
):
    ended = pods.run(tool, pods.configure("/ping", request=PING, **changes))

    assert ended.code == 104
    assert words in ended.stderr
    assert steward.pings == steward.health_checks == 0
