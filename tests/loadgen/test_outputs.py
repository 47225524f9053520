"""k6's own outputs, from the real k6: what they send, and that a receiver's troubles harm no trial.

The generator is told what the operator plans. Both streams go into one pipe, as into a pod's log.
"""

import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from loadlab.measurement.pod_log import PodReport, read_pod_log
from tests.loadgen.conftest import FLAGS, LOADGEN, Lab, environment_of
from tests.loadgen.receiver import KINDS, SECRET, output_to, planned, receiving, unpack_snappy
from tests.manifests import Json

pytestmark = pytest.mark.integration
TOKEN = "t-1"
GRACE_SECONDS = 5  # of a generator's pod
LONG = "x" * 100_000  # a line that reaches a log in parts
Started = subprocess.Popen[str]


@pytest.fixture
def start(lab: Lab) -> Callable[..., Started]:
    def start(outputs: Json, secret: str = SECRET, **load: Any) -> Started:
        flags, told, more = planned(outputs, secret)
        config = lab.configure(extra=more, **{"durationMs": 2000, **load})
        lab.server.snapshot_padding = LONG
        process = subprocess.Popen(
            [lab.k6, "run", *FLAGS, *flags, LOADGEN / "scripts" / "scenario.js"],
            env=environment_of(config) | told | {"LOADLAB_TOKEN": TOKEN},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        lab.processes.append(process)
        return process

    return start


def until_result(process: Started) -> Iterator[tuple[float, str]]:
    """What a pod's log has until the operator collects it, each line with its time."""
    assert process.stdout is not None
    for line in process.stdout:
        yield time.monotonic(), line
        if line.startswith(f'{TOKEN} {{"loadlab_result"'):
            return


def end_as_a_pod(process: Started) -> str:
    """End it as the operator does once the result is read; return what it says meanwhile."""
    process.terminate()
    try:
        return process.communicate(timeout=GRACE_SECONDS)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


def read_report(lab: Lab, log: str) -> PodReport:
    """The report, of which nothing is missing: each request that was answered is in it."""
    report = read_pod_log("k6-0", log, token=TOKEN)
    assert report.problem is None, log[-2000:]
    assert report.document is not None
    measured = report.document.scenarios["measure"]
    assert (measured.requests, measured.failed) == (len(lab.server.ids), 0)
    assert measured.requests > 100
    return report


@pytest.mark.parametrize("kind", KINDS)
def test_a_receiver_gets_samples_that_are_known_by_their_trial(lab, start, kind):
    with receiving(200) as receiver:
        process = start(output_to(receiver.address, kind))
        log, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    read_report(lab, log)
    sent = receiver.bodies if kind == "opentelemetry" else map(unpack_snappy, receiver.bodies)
    said = b"".join(sent)
    for text in ("k6_http_reqs", "k6_http_req_duration", "loadlab_experiment", "demo", "measure"):
        assert text.encode() in said, text
    assert b"loadlab_pod" in said
    assert {h["authorization"] for h in receiver.headers} == {f"Bearer {SECRET}"}
    assert {h["x-scope-orgid"] for h in receiver.headers} == {"lab $(HOME)"}
    assert "s3cr" not in log


@pytest.mark.parametrize("status", [400, 503, 0])
@pytest.mark.parametrize("kind", KINDS)
def test_a_receiver_that_refuses_or_hangs_changes_nothing(lab, start, kind, status):
    with receiving(status) as receiver:
        process = start(output_to(receiver.address, kind))
        lines = list(until_result(process))
        rest = end_as_a_pod(process)

    assert receiver.bodies
    log = "".join(line for _, line in lines)
    read_report(lab, log)
    (accounted,) = (at for at, line in lines if '{"loadlab_account"' in line)
    assert lines[-1][0] - accounted < 3  # nobody waits for a receiver before
    assert "s3cr" not in log + rest
    assert len(log) + len(rest) < 5 * len(LONG)
    assert all(line.startswith(TOKEN) for line in log.splitlines() if "loadlab_" in line)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_there_changes_nothing(lab, start, kind):
    process = start(output_to("127.0.0.1:9", kind))
    log, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    read_report(lab, log)


def test_without_their_secret_outputs_go_on_without_its_header(lab, start):
    with receiving(200) as receiver:
        process = start(output_to(receiver.address, "opentelemetry"), secret="")
        log, _ = process.communicate(timeout=60)

    read_report(lab, log)
    assert "header Authorization is not sent" in log
    assert receiver.headers
    assert not [sent for sent in receiver.headers if "authorization" in sent]
