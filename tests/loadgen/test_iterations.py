"""A number of iterations is the load: the measurement ends with the last of them."""

import signal
import time

import pytest

pytestmark = pytest.mark.integration
USERS = 4
WITHIN_MS = 20_000


def load(iterations: int, **more: int) -> dict[str, int]:
    return {"iterations": iterations, "durationMs": WITHIN_MS, "warmupMs": 1400, **more}


def window_seconds(measure):
    return (measure["lastSampleUs"] - measure["firstStartUs"]) / 1e6


def test_as_many_are_made_as_were_asked_for_beside_the_warm_up(lab, server):
    server.delay = 0.02
    ended = lab.run(config=lab.configure(**load(203)))

    assert ended.code == 0, ended.stderr
    scenarios = ended.document["scenarios"]
    measure = scenarios["measure"]
    assert measure["requests"] == measure["iterations"] == 203
    assert measure["droppedIterations"] == measure["interruptedIterations"] == 0
    assert sorted(i for i in server.ids if i < 1_000_000_000) == list(range(1, 204))
    assert scenarios["warmup"]["requests"] == len(server.ids) - 203 > 0
    assert window_seconds(measure) < WITHIN_MS / 1000 / 2


def test_both_snapshots_frame_them_and_the_account_follows(lab, server):
    server.delay = 0.05
    ended = lab.run(config=lab.configure(**load(100)))

    start, end, drained = ended.lines("loadlab_snapshot")
    measure = ended.document["scenarios"]["measure"]
    assert [each["edge"] for each in (start, end, drained)] == ["start", "end", "drained"]
    assert start["takenAt"] == pytest.approx(measure["firstStartUs"] / 1e6, abs=0.5)
    assert 0 <= end["takenAt"] - measure["lastSampleUs"] / 1e6 < 1.0
    assert len(ended.lines("loadlab_account")) == len(server.finished) == 1


def test_one_that_fails_has_ended_too(lab, server):
    server.delay = 1.5
    config = lab.configure(**load(8, warmupMs=0)) | {"timeoutMs": 500}
    ended = lab.run(config=config)

    measure = ended.document["scenarios"]["measure"]
    assert measure["failed"] == measure["iterations"] == 8
    assert window_seconds(measure) < 5
    assert len(ended.lines("loadlab_account")) == 1


def test_what_does_not_end_in_time_leaves_fewer_and_is_accounted_for(lab, server):
    server.delay = 0.4
    config = lab.configure(**load(1000, warmupMs=0, durationMs=1500))
    ended = lab.run(config=config)

    measure = ended.document["scenarios"]["measure"]
    assert 8 <= measure["iterations"] <= 20
    assert measure["iterations"] + measure["droppedIterations"] == 1000
    start, end, _ = ended.lines("loadlab_snapshot")
    assert end["takenAt"] - start["takenAt"] == pytest.approx(1.5, abs=0.5)
    assert len(ended.lines("loadlab_account")) == 1


def test_a_pod_that_is_told_to_go_before_waits_for_no_account(lab, server):
    server.delay = 0.2
    process = lab.start(config=lab.configure(**load(10_000, warmupMs=0)))
    while len(server.arrivals) < 2 * USERS:
        assert process.poll() is None, "the pod ended"
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    ended = lab.end(process)

    assert ended.code == 105
    assert ended.lines("loadlab_account") == server.finished == []


def test_each_of_several_steps_belongs_to_one_iteration(lab):
    steps: list[dict[str, object]] = [
        {"name": name, "method": "GET", "path": "/ping", "headers": {}, "body": None, "weight": 1}
        | {"writes": False}
        for name in ("first", "second")
    ]
    config = lab.configure(**load(30, warmupMs=0)) | {"requests": steps, "inOrder": True}
    measure = lab.run(config=config).document["scenarios"]["measure"]

    assert (measure["iterations"], measure["requests"]) == (30, 60)


def test_several_pods_are_refused(lab):
    ended = lab.run(config=lab.configure(pods=2, **load(100)))

    assert ended.code == 107
    assert "load.iterations are not shared by 2 pods" in ended.stderr + ended.stdout
