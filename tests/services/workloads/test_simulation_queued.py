"""simulation/queued from request to row: the API publishes, a Celery worker computes."""

import os
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import anyio
import httpx
import psycopg
import pytest

from loadlab_services.settings import ServiceSettings, StewardSettings
from loadlab_services.workloads.simulation.fibonacci import fibonacci
from loadlab_services.workloads.simulation.results import create
from tests.services.serving import PATIENCE_SECONDS, working
from tests.services.stewards import access, steward

pytestmark = pytest.mark.integration
OpenApp = Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]]
RUN = f"simulation-{os.getpid()}-001-a1"


@pytest.fixture
def told(orders_url: str, amqp_url: str) -> dict[str, str]:
    create(orders_url)
    known = {"workload": "simulation", "variant": "queued", "run_id": RUN}
    return known | {"database_url": orders_url, "amqp_url": amqp_url}


def rows(url: str) -> dict[str, list[int]]:
    with psycopg.connect(url) as connection:
        found = connection.execute("select key, request_id, n, fib from simulation_results")
        return {str(key): numbers for key, *numbers in found}


async def test_what_was_accepted_is_computed_once_and_accounted_for(
    open_app: OpenApp,
    told: dict[str, str],
    amqp_metrics_port: int,
    unused_port: Callable[[], int],
) -> None:
    settings = StewardSettings.model_validate(
        told | access(RUN) | {"amqp_metrics_port": amqp_metrics_port}
    )
    async with steward(settings) as asked, open_app(ServiceSettings.model_validate(told)) as client:
        await asked.post(f"/runs/{RUN}/arrive", json={"pod": 0, "pods": 1})
        answers = [
            await client.post(f"/simulation?user_id={n}&fib=12&request_id={n}")
            for n in range(1, 11)
        ]
        assert [answer.status_code for answer in answers] == [202] * 10
        assert rows(told["database_url"]) == {}
        with working(told, unused_port()):
            deadline = time.monotonic() + PATIENCE_SECONDS
            while len(rows(told["database_url"])) < len(answers):
                assert time.monotonic() < deadline
                await anyio.sleep(0.05)
            account = await asked.post(
                f"/runs/{RUN}/finish", json={"pod": 0, "pods": 1, "drainMs": 60_000}, timeout=90
            )
    found = rows(told["database_url"])
    for number, answer in enumerate(answers, start=1):
        n = min(answer.json()["total"], 12)
        assert found[answer.json()["key"]] == [number, n, fibonacci(n)]
    said = account.json()
    assert (said["persisted"], said["distinct"], said["idSum"]) == (10, 10, 55)
    assert said["drained"]


async def test_the_queries_are_those_of_the_other_variants(
    open_app: OpenApp, told: dict[str, str]
) -> None:
    other = ServiceSettings.model_validate(told | {"variant": "async"})
    async with open_app(other) as plain, open_app(ServiceSettings.model_validate(told)) as client:
        for user in range(1, 6):
            expected = (await plain.get(f"/simulation?user_id={user}")).json()
            answer = (await client.post(f"/simulation?user_id={user}")).json()
            del expected["fib"], answer["key"]
            assert answer == expected


async def test_while_the_broker_is_away_the_answer_is_503(
    open_app: OpenApp, told: dict[str, str], unused_port: Callable[[], int]
) -> None:
    away = told | {"amqp_url": f"amqp://guest:guest@127.0.0.1:{unused_port()}/"}
    async with open_app(ServiceSettings.model_validate(away)) as client:
        answer = await client.post("/simulation?user_id=1")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
