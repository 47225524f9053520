"""wrk and hey against what is known beforehand: counts, a fixed delay, a share of errors."""

import os
import re
import signal
import time

import pytest

from loadlab.measurement.documents import K6Document, Scenario
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.pod_log import ProblemKind, read_pod_log
from loadlab.measurement.without_answer import waited_of
from loadlab.plan.expected import LoadFacts
from tests.contract.sides import faults
from tests.generators.conftest import LINE_TOKEN, NUMBERING, TOOLS, await_child, is_alive, kill

pytestmark = pytest.mark.integration
PROGRAMS = pytest.mark.parametrize("tool", ["wrk", "hey"])  # found in PATH
TELLING = pytest.mark.parametrize("tool", ["hey", "locust", "locust-http"])  # of each status
# What each can send: only wrk gives a request a number of its own.
FIXED = "/reference?delay_ms=200&request_id=1"
USERS = 4


@pytest.mark.measured
@TOOLS
def test_it_counts_what_the_service_counts_and_tells_the_delay(pods, reference, steward, tool):
    pods.target = reference.url
    before = reference.served()
    ended = pods.run(tool, pods.configure(FIXED))

    assert ended.code == 0, ended.stderr
    scenarios = ended.document["scenarios"]
    counted = sum(scenario["requests"] for scenario in scenarios.values())
    cut = sum(scenario["interruptedIterations"] for scenario in scenarios.values())
    assert counted <= reference.served() - before <= counted + cut
    latency = Histogram.decode(ended.measured["splits"][0]["http_req_total"]["hdr"])
    assert latency.count == ended.measured["requests"] > 40
    assert latency.min_us >= 199_000
    # On a machine with other work the slower half tells of that.
    assert latency.percentile_us(10) == pytest.approx(200_000, rel=0.1)
    assert ended.measured["failed"] == 0
    assert len(steward.finished) == 1


@TOOLS
def test_every_line_is_that_of_the_contract(pods, schemas, tool):
    ended = pods.run(tool, pods.configure("/ping", request={"method": "GET"}))

    assert all(line.startswith(f"{LINE_TOKEN} ") for line in ended.stdout.splitlines())
    keys = [next(iter(line)) for line in ended.lines]
    assert keys.count("loadlab_snapshot") == 2
    assert keys[-2:] == ["loadlab_account", "loadlab_result"]
    assert "loadlab_progress" in keys
    document = "generator-document.schema.json"
    # The stand-in's own answers are cut short.
    own = [each for each in ended.lines if not {"loadlab_snapshot", "loadlab_account"} & set(each)]
    assert [fault for each in own for fault in faults(schemas, document, each)] == []
    report = read_pod_log("pod", ended.stdout, token=LINE_TOKEN)
    assert report.problem is None
    assert report.document is not None
    assert report.document.generator.name.split()[0] == tool.split("-")[0]


@NUMBERING
def test_it_counts_three_percent_of_errors_and_numbers_its_requests(pods, reference, tool):
    pods.target = reference.url
    path = "/reference?delay_ms=1&error_permille=30&request_id=${request_id}"
    measured = pods.run(tool, pods.configure(path)).measured

    assert measured["failed"] == measured["status"]["5xx"] == measured["failures"][0]["requests"]
    assert measured["failures"][0]["text"] == "500 Internal Server Error"
    # The numbers that fail are evenly spread: a few in all, and those in flight, are off.
    assert measured["failed"] == pytest.approx(0.03 * measured["requests"], abs=USERS + 3)


@TELLING
def test_it_counts_three_percent_of_errors_and_tells_them_apart(pods, steward, tool):
    steward.fail_each = 33
    measured = pods.run(tool, pods.configure("/ping", request={"method": "GET"})).measured

    assert measured["failed"] == pytest.approx(measured["requests"] / 33, abs=1)
    splits = {split["class"]: split["http_req_total"]["count"] for split in measured["splits"]}
    assert splits == measured["status"]


@TELLING
def test_it_counts_requests_without_an_answer(pods, steward, tool):
    steward.delay = 1.5
    config = pods.configure("/work?id=1&user=1", timeoutMs=1000, load={"warmupMs": 0})
    measured = pods.run(tool, config).measured

    assert measured["status"] == {"err": measured["requests"]}
    assert measured["requests"] >= USERS
    assert re.search("deadline exceeded|timed out", measured["failures"][0]["text"])
    scenario = Scenario.model_validate(measured)
    (split,) = scenario.splits
    load = LoadFacts(open_model=False, virtual_users=USERS, duration_seconds=2.0, timeout_ms=1000.0)
    assert waited_of(scenario, split, load).requests == measured["requests"]


@pytest.mark.measured
@TELLING
def test_a_service_that_stalls_and_times_out_gains_no_throughput(pods, steward, tool):
    steward.delay = 0.05
    load = {"warmupMs": 0, "durationMs": 3000}
    process = pods.start(tool, pods.configure("/work?id=1&user=1", timeoutMs=2000, load=load))
    while len(steward.arrivals) < 100:
        assert process.poll() is None, "the pod ended"
        time.sleep(0.01)
    steward.delay = 30.0
    measured = pods.end(process).measured

    assert measured["status"]["err"] >= USERS
    # The last time-outs end 2 s after the stall began, or later: no answer came in that time.
    window = (measured["lastSampleUs"] - measured["firstStartUs"]) / 1e6
    assert window > 100 / USERS * 0.05 + 1.9
    taken = measured["iteration_duration"]
    assert taken["mean"] * measured["iterations"] / 1e6 == pytest.approx(USERS * window, rel=0.15)


def test_wrk_is_void_where_answers_come_too_late(pods, steward):
    steward.delay = 1.5
    config = pods.configure("/work?id=1&user=1", timeoutMs=1000, load={"warmupMs": 0})
    ended = pods.run("wrk", config)

    report = read_pod_log("pod", ended.stdout, token=LINE_TOKEN)
    assert report.problem is not None
    assert report.problem.kind is ProblemKind.GENERATOR_FAILED
    assert "later than load.request.timeout" in report.problem.message


def test_wrk_is_void_where_answers_come_later_than_parts_of_a_second(pods, steward):
    steward.delay = 1.3
    load = {"warmupMs": 0, "durationMs": 4000}
    ended = pods.run("wrk", pods.configure("/work?id=1&user=1", timeoutMs=1200, load=load))

    assert ended.code == 109
    assert "later than load.request.timeout" in ended.document["error"]


@pytest.mark.parametrize("users", [3, 5])
def test_there_are_as_many_users_as_were_asked_for(pods, steward, users):
    steward.delay = 30.0
    load = {"durationMs": 1000, "warmupMs": 0, "virtualUsers": users}
    pods.run("wrk", pods.configure("/work?id=1&user=1", load=load))

    assert len(steward.arrivals) == users


@NUMBERING
def test_it_draws_the_variables_that_k6_draws(pods, steward, tool):
    """The same id has the same user: k6's are those of tests/loadgen/test_one_pod.py's formula."""
    config = pods.configure(
        "/work?id=${request_id}&user=${user_id}",
        variables={"user_id": {"min": 1, "max": 10000}},
        load={"warmupMs": 0},
    )
    measured = pods.run(tool, config).measured

    assert len(set(steward.ids)) == len(steward.ids) >= measured["requests"]
    assert {i: u for i, u in steward.users.items() if i <= 200} == {
        i: drawn(i, "user_id", 1, 10000) for i in steward.users if i <= 200
    }


def drawn(number: int, name: str, low: int, high: int) -> int:
    """What loadgen/scripts/request.js draws, in whole numbers of 32 bits."""
    salt = 0x811C9DC5
    for character in name:
        salt = (salt ^ ord(character)) * 0x01000193 % 2**32
    h = (number ^ salt) % 2**32
    h = (h ^ h >> 16) * 0x85EBCA6B % 2**32
    h = (h ^ h >> 13) * 0xC2B2AE35 % 2**32
    return low + (h ^ h >> 16) * (high - low + 1) // 2**32


@pytest.mark.measured
@TOOLS
def test_two_pods_share_the_users_and_start_together(pods, steward, tool):
    steward.delay = 0.05
    config = pods.configure("/work?id=1&user=1", pods=2)
    first = pods.start(tool, config, 0)
    time.sleep(1.0)
    started = [first, pods.start(tool, config, 1)]
    documents = [K6Document.model_validate(pods.end(each).document) for each in started]

    assert {document.segment for document in documents} == {"0:1/2", "1/2:1"}
    measured = [document.scenarios["measure"] for document in documents]
    assert [scenario.virtual_users_max for scenario in measured] == [2, 2]
    assert abs(measured[0].first_start_us - measured[1].first_start_us) < 300_000


@TOOLS
def test_a_killed_tool_leaves_no_figure(pods, steward, tool):
    process = pods.start(tool, pods.configure("/ping", request={"method": "GET"}))
    child = await_child(process.pid)
    kill(child)
    ended = pods.end(process)

    assert ended.code != 0
    report = read_pod_log("pod", ended.stdout, token=LINE_TOKEN)
    assert report.problem is not None
    assert report.problem.kind is ProblemKind.GENERATOR_FAILED
    assert report.document is not None
    assert "measure" not in report.document.scenarios


@PROGRAMS
def test_a_tool_that_prints_rubbish_leaves_no_figure(pods, tmp_path, tool):
    fake = tmp_path / tool
    fake.write_text('#!/bin/sh\necho \'{"loadlab_result":{"version":1}}\' complete\nexit 0\n')
    fake.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    config = pods.configure("/ping", request={"method": "GET"}, load={"warmupMs": 0})
    ended = pods.end(pods.start(tool, config, variables={"PATH": path}))

    report = read_pod_log("pod", ended.stdout, token=LINE_TOKEN)
    assert ended.code == 109
    assert report.problem is not None
    assert report.problem.kind is ProblemKind.GENERATOR_FAILED


@PROGRAMS
def test_a_tool_that_is_not_there_is_said_to_be_missing(pods, tmp_path, tool):
    config = pods.configure("/ping", request={"method": "GET"}, load={"warmupMs": 0})
    ended = pods.end(pods.start(tool, config, variables={"PATH": str(tmp_path)}))

    assert ended.code == 109
    assert f"{tool} could not be started" in ended.document["error"]


@TOOLS
def test_a_pod_that_is_told_to_go_says_so_and_leaves_nothing_running(pods, tool):
    process = pods.start(tool, pods.configure("/ping", request={"method": "GET"}))
    child = await_child(process.pid)
    process.send_signal(signal.SIGTERM)
    ended = pods.end(process)

    assert ended.code == 105
    assert ended.document["error"].startswith("told to stop")
    assert not is_alive(child)


@pytest.mark.measured
@TOOLS
def test_a_tool_that_stood_still_says_for_how_long(pods, steward, tool):
    config = pods.configure("/ping", request={"method": "GET"}, load={"warmupMs": 0})
    process = pods.start(tool, config)
    child = await_child(process.pid)
    while steward.pings < 50:
        time.sleep(0.01)
    kill(child, signal.SIGSTOP)
    time.sleep(1.0)
    kill(child, signal.SIGCONT)
    measured = pods.end(process).measured

    assert measured["generator"]["longestPauseUs"] == pytest.approx(1_000_000, abs=450_000)


@TOOLS
def test_a_service_that_is_never_ready_ends_the_pod_with_the_reason(pods, steward, tool):
    steward.ready = False
    ended = pods.run(tool, pods.configure("/ping", deadlines={"readyMs": 300, "drainMs": 1}))

    assert ended.code == 108
    assert "the service was not ready after 300 ms" in ended.document["error"]


def test_what_it_cannot_do_is_refused_before_anything_is_sent(pods, steward):
    config = pods.configure("/ping", thinkTimeMs=5)
    ended = pods.run("wrk", config | {"steps": [1]})

    assert ended.code == 104
    assert "cannot do pauses of users, steps" in ended.stderr
    assert steward.health_checks == 0
