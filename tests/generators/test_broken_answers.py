"""An answer that breaks off in its body is no good one, and no user has a cookie of before."""

import pytest

from loadlab.measurement.documents import Scenario
from loadlab.measurement.without_answer import waited_of
from loadlab.plan.expected import LoadFacts
from tests.generators.broken_service import breaking
from tests.generators.conftest import TOOLS, Pods

pytestmark = pytest.mark.integration
USERS = 4
LOAD = {"warmupMs": 0, "durationMs": 2000, "virtualUsers": USERS}


@pytest.mark.parametrize("tool", ["wrk", "locust", "locust-http"])
def test_an_answer_that_breaks_off_has_failed(pods: Pods, tool: str) -> None:
    with breaking(each=10) as (service, pods.target):
        ended = pods.run(tool, pods.configure("/", request={"method": "GET"}, load=LOAD))

    assert ended.code == 0, ended.document.get("error")
    measured = ended.measured
    assert measured["failed"] == measured["status"]["err"] > 20
    assert measured["failed"] == pytest.approx(service.broken, abs=USERS)
    assert measured["interruptedIterations"] <= USERS


def test_hey_tells_of_no_answer_that_breaks_off(pods: Pods) -> None:
    """Its client's error in reading a body is dropped by hey itself."""
    with breaking(each=10) as (_, pods.target):
        measured = pods.run(
            "hey", pods.configure("/", request={"method": "GET"}, load=LOAD)
        ).measured

    assert measured["failed"] == 0


@pytest.mark.parametrize("tool", ["hey", "locust", "locust-http"])
def test_a_body_that_does_not_end_in_time_is_a_time_out(pods: Pods, tool: str) -> None:
    with breaking(each=10, stall=3.0) as (service, pods.target):
        config = pods.configure("/", request={"method": "GET"}, load=LOAD, timeoutMs=1000)
        ended = pods.run(tool, config)

    assert ended.code == 0, ended.document.get("error")
    measured = ended.measured
    assert measured["failed"] == measured["status"]["err"] == service.broken >= USERS
    assert measured["iteration_duration"]["max"] >= 1_000_000
    scenario = Scenario.model_validate(measured)
    (split,) = (each for each in scenario.splits if each.status_class == "err")
    load = LoadFacts(open_model=False, virtual_users=USERS, duration_seconds=2.0, timeout_ms=1000.0)
    assert waited_of(scenario, split, load).requests == service.broken


@TOOLS
def test_no_request_has_a_cookie_of_the_one_before(pods: Pods, tool: str) -> None:
    with breaking(each=0) as (service, pods.target):
        pods.run(tool, pods.configure("/", request={"method": "GET"}, load=LOAD))

    assert service.answers > 100
    assert service.cookies == 0
