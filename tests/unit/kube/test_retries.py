"""Reads are asked again where the API server refuses them for the moment; writes are not."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from kubernetes.aio.client import ApiClient, Configuration

from loadlab.kube.api import Kind
from loadlab.kube.client import ApiCluster
from loadlab.kube.errors import ClusterError, UnavailableError
from loadlab.kube.retries import ReadRetries
from loadlab.kube.timeouts import Timeouts
from tests.unit.kube.api_server import Answer, ApiServer, is_silent, refuses, says
from tests.unit.kube.verbs import OBJECT, VERBS

READS = sorted(name for name, verb in VERBS.items() if verb.method == "GET")
WRITES = sorted(VERBS.keys() - set(READS))
FOR_NOW = {429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout"}


def patient_client(url: str) -> ApiClient:
    configuration = Configuration(host=url)
    configuration.retries = ReadRetries()
    return ApiClient(configuration)


@pytest.fixture
async def patient(server: ApiServer) -> AsyncIterator[ApiCluster]:
    async with patient_client(server.url) as api:
        yield ApiCluster(api)


def first(refusal: Answer, times: int, then: Answer) -> Answer:
    """Refuse so many requests, then answer."""
    left = times

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal left
        left -= 1
        return await (refusal if left >= 0 else then)(request)

    return answer


@pytest.mark.parametrize("verb", READS)
async def test_a_read_that_is_refused_twice_is_asked_a_third_time(patient, server, verb):
    server.answer = first(refuses(503, "ServiceUnavailable"), 2, says(200, OBJECT))

    await VERBS[verb].call(patient)

    assert len(server.seen) == 3
    assert server.seen[0] == server.seen[1] == server.seen[2]


@pytest.mark.parametrize("status", FOR_NOW)
async def test_whoever_keeps_refusing_is_believed(patient, server, status):
    server.answer = refuses(status, FOR_NOW[status])

    with pytest.raises(UnavailableError, match=f"{status} the server's own words"):
        await patient.get(Kind.SERVICE, "lab", "one")

    assert len(server.seen) == 3


@pytest.mark.parametrize("verb", WRITES)
async def test_a_write_is_sent_once(patient, server, verb):
    server.answer = refuses(503, "ServiceUnavailable")

    with pytest.raises(UnavailableError):
        await VERBS[verb].call(patient)

    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
async def test_what_waiting_does_not_better_is_asked_once(patient, server, status):
    server.answer = refuses(status, "Whatever")

    with pytest.raises(ClusterError):
        await patient.version()

    assert len(server.seen) == 1


async def test_what_has_no_answer_is_left_to_the_next_pass(server):
    server.answer = is_silent()

    async with patient_client(server.url) as api:
        in_a_hurry = ApiCluster(api, Timeouts(answer=0.1))
        with pytest.raises(UnavailableError):
            await in_a_hurry.get(Kind.SERVICE, "lab", "one")

    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("asked", "seconds"), [({}, 0.1), ({"Retry_After": "1"}, 1.0), ({"Retry_After": "60"}, 2.0)]
)
async def test_it_waits_as_long_as_it_is_told_within_reason(
    patient, server, monkeypatch, asked, seconds
):
    waited = []

    async def no_time(delay: float) -> None:
        waited.append(delay)

    monkeypatch.setattr("aiohttp_retry.client.asyncio.sleep", no_time)
    server.answer = first(says(429, "", **asked), 1, says(200, OBJECT))

    await patient.version()

    assert waited == [seconds]
