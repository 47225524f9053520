"""The pods of a service as if they were one: what is added up, the worst, or unknown."""

import json
from typing import Any

import httpx
import pytest

from loadlab_services.instruments.cells import Board
from loadlab_services.instruments.snapshot import Source
from loadlab_services.settings import StewardSettings
from loadlab_services.steward import snapshot as steward_snapshot
from loadlab_services.steward.app_metrics import AppMetrics
from loadlab_services.steward.every_pod import PIDS, find_pods, lay_together
from loadlab_services.steward.stores import Stores
from tests.services.stewards import access, steward

RUN = "exp-001-a1"
CPUS = {"cpus": 1, "cpuSeconds": 100.0, "stealSeconds": 1.0}


def pod(requests: int, **more: Any) -> dict[str, Any]:
    return {
        "cpuSeconds": 1.5,
        "throttledSeconds": 0.0,
        "memoryBytes": 1000,
        "majorFaults": 20,
        "openFiles": 5,
        "requests": requests,
        "failed": 1,
        "poolWaitSeconds": {"sum": 0.5, "count": 2},
        "eventLoopLagSeconds": {"p50": 0.1, "p99": requests / 10, "max": 2.0},
        "processes": [{"pid": 7, "requests": requests}, {"pid": 8, "requests": 1}],
        "cpusAllowed": 1,
        "cpusOnline": 4,
        "allowedCpus": CPUS,
    } | more


def test_what_they_did_is_added_up_and_every_process_is_its_own():
    together = lay_together([pod(10), pod(30)])

    assert together["requests"] == 40
    assert together["cpuSeconds"] == 3.0
    assert together["majorFaults"] == 40
    assert together["poolWaitSeconds"] == {"sum": 1.0, "count": 4}
    assert together["eventLoopLagSeconds"] == {"p50": 0.1, "p99": 3.0, "max": 2.0}
    assert [p["pid"] for p in together["processes"]] == [7, 8, PIDS + 7, PIDS + 8]
    assert [p["requests"] for p in together["processes"]] == [10, 1, 30, 1]


def test_cpus_that_pods_share_count_once_and_their_own_are_added():
    shared = lay_together([pod(1), pod(1, allowedCpus=CPUS | {"cpuSeconds": 100.01})])
    own = lay_together([pod(1), pod(1, allowedCpus=CPUS | {"cpuSeconds": 3.0})])

    assert (shared["cpusAllowed"], shared["allowedCpus"]["cpus"]) == (1, 1)
    assert own["cpusAllowed"] == 2
    assert own["cpusOnline"] == 4
    assert own["allowedCpus"] == {"cpus": 2, "cpuSeconds": 103.0, "stealSeconds": 2.0}


def test_what_one_does_not_tell_is_unknown_of_all():
    silent = pod(1)
    del silent["openFiles"], silent["poolWaitSeconds"], silent["allowedCpus"]

    assert (
        not {"openFiles", "poolWaitSeconds", "allowedCpus"} & lay_together([pod(1), silent]).keys()
    )


def test_the_documents_of_real_instruments_are_laid_together_whole():
    board = Board(processes=2)
    for number in range(2):
        board.meter(number).start()
    one = Source(board).snapshot()

    assert lay_together([one, one]).keys() == one.keys()


async def snapshot_of(monkeypatch, answers: dict[str, Any], pods: int) -> dict[str, Any]:
    async def found(_url: str) -> list[str]:
        return [f"http://{host}:9000" for host in answers]

    def answer(asked: httpx.Request) -> httpx.Response:
        body = json.dumps(answers[asked.url.host]).encode()
        return httpx.Response(200, stream=httpx.ByteStream(body))

    monkeypatch.setattr(steward_snapshot, "find_pods", found)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        return await steward_snapshot.take_snapshot(
            Stores(http),
            run=RUN,
            targets={"service": "http://exp-001-a1-pods:9000"},
            sessions={},
            app_metrics=AppMetrics(),
            pods=pods,
        )


async def test_a_snapshot_asks_every_pod(monkeypatch):
    taken = await snapshot_of(monkeypatch, {"a": pod(1), "b": pod(2)}, 2)

    assert taken["errors"] == {}
    assert taken["components"]["service"]["requests"] == 3


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"a": pod(1)}, "has 1 pods, and 2 were asked for"),
        ({"a": pod(1), "b": pod(1), "c": pod(1)}, "has 3 pods, and 2 were asked for"),
        ({"a": pod(1), "b": pod(1, processes=[])}, "does not serve yet"),
        ({"a": pod(1), "b": pod(1, failed="many")}, "answers no figures"),
        ({"a": pod(1), "b": pod(1, processes=[7])}, "answers no figures"),
        ({"a": pod(1), "b": []}, "something else than an object"),
    ],
    ids=["one is missing", "a stranger", "one starts", "words", "numbers", "a list"],
)
async def test_a_pod_that_is_missing_or_strange_is_an_error(monkeypatch, answers, said):
    taken = await snapshot_of(monkeypatch, answers, 2)

    assert taken["components"] == {}
    assert said in taken["errors"]["service"]


async def test_the_address_of_each_pod_is_found():
    assert await find_pods("http://127.0.0.1:9000") == ["http://127.0.0.1:9000"]
    assert await find_pods("http://[::1]:9000") == ["http://[::1]:9000"]


async def test_a_run_begins_once_every_pod_serves(monkeypatch):
    looks = iter(["1 of 2", "1 of 2", pod(1)])
    seen: list[int] = []

    async def ask(_http: Any, _url: str, pods: int) -> Any:
        seen.append(pods)
        return next(looks)

    monkeypatch.setattr("loadlab_services.steward.steward.ask_instruments", ask)
    target = {"own/replicas=2": {"service": "http://{run}-pods:1"}}
    known = {"workload": "sleep", "snapshot_pods": {"own/replicas=2": 2}}
    settings = StewardSettings.model_validate(access(RUN) | known | {"snapshot_targets": target})
    async with steward(settings) as client:
        await client.get(f"/runs/{RUN}/snapshot", params={"variant": "own/replicas=2"})
        answer = await client.post(f"/runs/{RUN}/arrive", json={"pod": 0, "pods": 1})

    assert answer.status_code == 200
    assert seen == [2, 2, 2]
