"""What one k6 pod does: what it counts, what it prints, how it ends."""

import json
import signal
import time
from typing import Any

import pytest

pytestmark = pytest.mark.integration

EXECUTORS: dict[str, dict[str, Any]] = {
    "constant-vus": {"virtualUsers": 4},
    "ramping-vus": {"virtualUsers": 4},
    "constant-arrival-rate": {"rate": 100, "virtualUsers": None},
    "ramping-arrival-rate": {"rate": 100, "virtualUsers": None},
}


@pytest.mark.parametrize("executor", EXECUTORS)
def test_each_executor_loads_and_accounts_for_every_request(lab, server, executor):
    load = {**EXECUTORS[executor], "executor": executor, "warmupMs": 1400, "durationMs": 1000}
    ended = lab.run(config=lab.configure(**load))
    assert ended.code == 0, ended.stderr
    scenarios = ended.document["scenarios"]
    assert scenarios.keys() == {"warmup", "measure"}
    served = len(server.ids)
    assert sum(s["requests"] for s in scenarios.values()) == served > 0
    assert ended.document["counters"] == {
        "accepted": served,
        "accepted_id_sum": sum(server.ids),
        "accepted_id_mix": sum(i * 48271 % 2147483647 for i in server.ids),
    }
    assert len(set(server.ids)) == served


@pytest.mark.parametrize("warmup", [1000, 1100, 1400, 4000])
@pytest.mark.parametrize("executor", EXECUTORS)
def test_no_virtual_user_is_needed_twice(lab, executor, warmup):
    """A warm-up that reaches into the measurement doubles them, and the memory that they take."""
    load = {**EXECUTORS[executor], "executor": executor, "warmupMs": warmup}
    config = lab.configure(**load)
    users = config["load"]["virtualUsers"] or config["load"]["maxVirtualUsers"]

    found = lab.requirements(config)

    assert found["maxVUs"] == users + 1  # who takes the snapshots


@pytest.mark.measured
def test_the_warm_up_is_counted_apart(lab, server):
    load = {"executor": "constant-arrival-rate", "rate": 50, "virtualUsers": None}
    document = lab.run(config=lab.configure(**load, warmupMs=2000, durationMs=1000)).document
    warmup, measure = document["scenarios"]["warmup"], document["scenarios"]["measure"]
    # A quarter of the warm-up is kept for its last requests to end before measuring begins.
    assert warmup["requests"] == pytest.approx(0.75 * 2 * 50, abs=2)
    assert measure["requests"] == pytest.approx(50, abs=2)
    assert warmup["lastSampleUs"] < measure["firstStartUs"]
    assert sum(i < 1_000_000_000 for i in server.ids) == measure["requests"]


def test_the_warm_up_leaves_the_service_nothing_to_do(lab, server):
    """Twenty users of a server that takes one at a time for 20 ms wait 400 ms each."""
    server.alone_seconds = 0.02
    document = lab.run(
        config=lab.configure(warmupMs=1000, durationMs=2000, virtualUsers=20)
    ).document
    warmup, measure = document["scenarios"]["warmup"], document["scenarios"]["measure"]

    (split,) = measure["splits"]
    assert split["http_req_total"]["min"] < 200_000  # the first one waits for nobody
    assert warmup["requests"] >= 20
    assert warmup["interruptedIterations"] <= 2  # who rests is not cut off; one goes on to the end


def test_the_document_has_the_contracts_shape(lab):
    document = lab.run(config=lab.configure(durationMs=2500, virtualUsers=2)).document
    assert (document["version"], document["unit"], document["complete"]) == (1, "us", True)
    assert "error" not in document
    measure = document["scenarios"]["measure"]
    assert measure["status"] == {
        "2xx": measure["requests"], "4xx": 0, "5xx": 0, "err": 0,
    }  # fmt: skip
    (split,) = measure["splits"]
    assert (split["name"], split["class"], split["requests"]) == (
        "request", "2xx", measure["requests"],
    )  # fmt: skip
    for part in (split["http_req_duration"], split["http_req_total"]):
        assert part["count"] == measure["requests"]
        assert part["min"] <= part["mean"] <= part["max"]
    assert sum(s["n"] for s in measure["series"]) == measure["requests"]
    assert measure["interruptedIterations"] == 0
    assert measure["iterations"] == measure["iteration_duration"]["count"] == measure["requests"]
    assert measure["bytesReceived"] > 40 * measure["requests"]
    assert 2 <= measure["virtualUsersMax"] <= 3, "the edges scenario's user may be seen too"
    generator = measure["generator"]
    assert 0 < generator["cpuSeconds"] < generator["wallSeconds"] * generator["cpus"]
    assert generator["peakRssBytes"] > 20e6


@pytest.mark.parametrize(("silent", "missing"), [(3, [False] * 3), (999, [True] * 3)])
def test_load_begins_when_the_instruments_answer_or_after_five_seconds(
    lab, server, silent, missing
):
    server.silent_snapshots = silent
    ended = lab.run(config=lab.configure())
    edges = ended.lines("loadlab_snapshot")
    assert [bool(e["errors"]) for e in edges] == missing
    assert len(server.snapshots) - 3 == pytest.approx(min(silent + 1, 20), abs=3)
    assert ended.document["scenarios"]["measure"]["requests"] == len(server.ids)


@pytest.mark.measured
def test_the_edges_and_the_drained_queue_are_printed_and_not_counted(lab, server):
    server.snapshot_padding = "x" * 70_000  # longer than any line buffer on the way
    ended = lab.run(config=lab.configure(durationMs=1500))
    edges = ended.lines("loadlab_snapshot")
    assert [e["edge"] for e in edges] == ["start", "end", "drained"]
    assert edges[1]["takenAt"] - edges[0]["takenAt"] == pytest.approx(1.5, abs=0.2)
    assert server.snapshots == ["variant=asyncpg"] * 4  # first of all, whether they answer
    assert [len(e["padding"]) for e in edges] == [70_000] * 3
    assert ended.document["scenarios"]["measure"]["requests"] == len(server.ids)
    assert ended.lines("loadlab_account") == [
        {"run": "select-003-a1", "drained": True, "drainSeconds": 0}
    ]
    assert server.finished == [{"pod": 0, "pods": 1, "drainMs": 5000, "togetherMs": 13000}]


def test_variables_are_the_same_sequence_in_every_run(lab, server):
    config = lab.configure(executor="constant-arrival-rate", rate=200, durationMs=1000)
    lab.run(config=config)
    first, server.users, server._barriers = server.users, {}, {}
    lab.run(config=config)
    shared = first.keys() & server.users.keys()
    assert len(shared) > 150
    assert {i: first[i] for i in shared} == {i: server.users[i] for i in shared}
    assert all(1 <= user <= 10000 for user in first.values())
    assert len(set(first.values())) > 0.9 * len(first), "the ids must spread"


def test_body_and_headers_are_rendered_for_every_request(lab, server):
    request = {
        "method": "POST",
        "body": '{"id": ${request_id}, "device": "d-${user_id}"}',
        "headers": {"Content-Type": "application/json", "X-Request-Id": "${request_id}"},
    }
    lab.run(config=lab.configure(request=request, virtualUsers=1))
    bodies = [json.loads(body) for body in server.bodies]
    assert [body["id"] for body in bodies] == server.ids
    assert [int(h["x-request-id"]) for h in server.headers] == server.ids
    assert {h["content-type"] for h in server.headers} == {"application/json"}
    assert all(b["device"] == f"d-{server.users[b['id']]}" for b in bodies)


def test_a_body_longer_than_an_environment_variable_arrives_as_it_was_written(lab, server):
    text = "$(HOME) $$ \N{SNOWMAN}" * 10_000
    config = lab.configure(
        request={"method": "POST", "body": f"{text}${{padding}}"},
        extra={"paddingBytes": 1000},
        virtualUsers=1,
    )
    lab.run(config=config)
    assert {body.decode() for body in server.bodies} == {text + "x" * 1000}


@pytest.mark.measured
def test_the_offered_rate_is_achieved(lab, server):
    load = {"executor": "constant-arrival-rate", "rate": 300, "virtualUsers": None}
    measure = lab.run(config=lab.configure(**load, durationMs=2000)).document["scenarios"][
        "measure"
    ]
    assert measure["droppedIterations"] == 0
    assert measure["requests"] == len(server.ids) == pytest.approx(600, rel=0.02)


@pytest.mark.measured
def test_arrivals_that_find_no_user_are_counted_as_dropped(lab, server):
    server.delay = 0.2
    load = {"executor": "constant-arrival-rate", "rate": 100, "maxVirtualUsers": 5}
    measure = lab.run(config=lab.configure(**load, durationMs=2000)).document["scenarios"][
        "measure"
    ]
    assert measure["droppedIterations"] > 100
    assert measure["droppedIterations"] + measure["requests"] == pytest.approx(200, abs=3)


def test_requests_that_time_out_are_failed_and_flood_no_log(lab, server):
    server.delay = 5
    config = lab.configure(extra={"timeoutMs": 200}, durationMs=1000)
    ended = lab.run(config=config)
    measure = ended.document["scenarios"]["measure"]
    assert measure["failed"] == measure["status"]["err"] == measure["requests"] > 8
    assert ended.document["counters"]["accepted"] == 0
    assert ended.stderr == ""


def test_requests_cut_at_the_end_are_counted_as_interrupted(lab, server):
    server.delay = 30
    config = lab.configure(
        extra={"timeoutMs": 30000}, warmupMs=1000, durationMs=1000, gracefulStopMs=500
    )
    scenarios = lab.run(config=config).document["scenarios"]
    cut = {name: (s["requests"], s["interruptedIterations"]) for name, s in scenarios.items()}
    assert cut == {"warmup": (0, 4), "measure": (0, 4)}


def test_a_service_that_is_never_ready_aborts_with_a_message(lab, server):
    server.ready = False
    trial = lab.configure()
    trial["deadlines"]["readyMs"] = 1000
    ended = lab.run(config=trial)
    assert ended.code == 108
    assert ended.document["exit_code"] == 108
    assert "select-003-a1, pod 0: the service was not ready after 1000 ms" in (
        ended.document["error"] + ended.stderr
    )
    assert "/healthz gave 503" in ended.stderr
    assert server.health_checks > 10
    assert (server.ids, server.finished) == ([], [])


def test_a_steward_that_refuses_aborts_with_its_message(lab, server):
    server.refusals = [(408, {"detail": "1 of 2 pods arrived"})]
    ended = lab.run(config=lab.configure())
    assert ended.code == 108
    assert "1 of 2 pods arrived" in ended.stderr
    assert server.ids == []


def test_a_steward_that_is_away_for_a_moment_is_asked_again(lab, server):
    server.refusals = [(503, {}), (502, {})]
    ended = lab.run(config=lab.configure())
    assert ended.code == 0, ended.stderr
    assert server.refusals == []


def test_fewer_users_than_pods_are_refused_at_once(lab, server):
    ended = lab.run(config=lab.configure(pods=8, virtualUsers=4))
    assert ended.code == 107
    assert "4 virtual users cannot be shared by 8 pods" in ended.stderr
    assert ended.stdout == ""
    assert server.health_checks == 0


def test_a_warm_up_that_k6_cannot_do_is_refused(lab):
    ended = lab.run(config=lab.configure(warmupMs=300))
    assert ended.code == 107
    assert "k6 loads for no less than 1 s" in ended.stderr


@pytest.mark.measured
def test_a_ramp_of_no_length_is_full_load_at_once(lab, server):
    load = {"executor": "ramping-arrival-rate", "rate": 100, "rampUpMs": 0}
    measure = lab.run(config=lab.configure(**load)).document["scenarios"]["measure"]
    assert measure["requests"] == pytest.approx(100, abs=2)


def test_a_pause_of_the_generator_is_told(lab, server):
    process = lab.start(config=lab.configure(durationMs=3000))
    wait_for_load(server)
    process.send_signal(signal.SIGSTOP)
    time.sleep(1)
    process.send_signal(signal.SIGCONT)
    ended = lab.end(process)
    assert ended.code == 0, ended.stderr
    told = ended.document["scenarios"]["measure"]["generator"]
    assert 700_000 < told["longestPauseUs"] < 3_000_000  # stopped between readings 250 ms apart
    assert told["clockStepUs"] < 20_000  # nobody set the clock: a pause is none


def test_sigterm_ends_with_a_document_that_says_so(lab, server):
    process = lab.start(config=lab.configure(durationMs=20000))
    wait_for_load(server)
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    ended = lab.end(process)
    assert time.monotonic() - began < 5
    assert ended.code == 105
    assert (ended.document["exit_code"], ended.document["complete"]) == (105, True)
    assert ended.document["error"]
    assert server.finished == [], "a run cut short waits for no account"


def test_sigkill_leaves_no_complete_document(lab, server):
    process = lab.start(config=lab.configure(durationMs=20000))
    wait_for_load(server)
    process.kill()
    ended = lab.end(process)
    assert ended.code == -signal.SIGKILL
    assert ended.lines("loadlab_result") == []


def wait_for_load(server) -> None:
    deadline = time.monotonic() + 60
    while len(server.ids) < 50:
        assert time.monotonic() < deadline, "the load never began"
        time.sleep(0.05)
