"""Curves of what somebody looks at, from the generators' own lines."""

import asyncio
from contextlib import ExitStack

import pytest

from loadlab.cli.dashboard.board import Board
from loadlab.cli.dashboard.following import COUNTS_AT_END, MOST_FOLLOWED, TOO_MANY, Followed
from loadlab.kube.client import ApiCluster
from tests.unit.cli.dashboard.conftest import until
from tests.unit.cli.dashboard.live_api import LiveApi
from tests.unit.cli.dashboard.resources import line, pod, running, trial

KEY = ("lab", "select")
RUN = f"{trial('select', 4)}-a1"
POD = f"{RUN}-k6-x"


@pytest.fixture
async def followed(api: LiveApi, watched: Board, cluster: ApiCluster) -> Followed:
    api.put(running())
    await until(lambda: KEY in watched.entries)
    return Followed(cluster, watched, every=0.02)


async def test_a_curve_grows_second_by_second(
    api: LiveApi, watched: Board, followed: Followed
) -> None:
    api.pods = [pod(RUN)]
    api.say(POD, line(RUN, 1, 900, p95Us=8120), b"what a script prints", line(RUN, 2, 1900))

    with followed.while_looked_at((KEY,)):
        await until(lambda: KEY in watched.curves and watched.curves[KEY].changes == 2)
        curve = watched.curves[KEY]
        assert curve.rows(0) == [
            [1, 900.0, 0.0, 8.12, "measurement"],
            [2, 1000.0, 0.0, None, "measurement"],
        ]
        api.say(POD, line(RUN, 3, 2950))
        await until(lambda: curve.changes == 3)

    assert curve.rows(2) == [[3, 1050.0, 0.0, None, "measurement"]]
    assert KEY not in watched.curves  # nobody looks any more
    asked = "managed-by=loadlab,loadlab.dev/experiment=select,loadlab.dev/component=k6"
    assert f"app.kubernetes.io/{asked}" in api.selectors


async def test_lines_without_the_runs_token_are_nobodys(
    api: LiveApi, watched: Board, followed: Followed
) -> None:
    api.pods = [pod(RUN)]
    api.say(POD, line("another-run", 1, 10**9), line(RUN, 1, 900))

    with followed.while_looked_at((KEY,)):
        await until(lambda: KEY in watched.curves and watched.curves[KEY].changes == 1)

        assert watched.curves[KEY].rows(0)[0][1] == 900


async def test_the_next_attempt_has_a_curve_of_its_own(
    api: LiveApi, watched: Board, followed: Followed
) -> None:
    api.pods = [pod(RUN)]
    api.say(POD, line(RUN, 1, 900))

    with followed.while_looked_at((KEY,)):
        await until(lambda: KEY in watched.curves)
        again = f"{trial('select', 4)}-a2"
        api.pods.append(pod(again, created="2026-11-20T14:05:00Z"))
        await until(lambda: watched.curves[KEY].run == again)


async def test_a_log_that_has_not_begun_or_breaks_off_is_asked_for_again(
    api: LiveApi, watched: Board, followed: Followed
) -> None:
    api.pods = [pod(RUN)]

    with followed.while_looked_at((KEY,)):
        await until(lambda: api.seen.count(("GET", f"/api/v1/namespaces/lab/pods/{POD}/log")) > 1)
        api.say(POD, line(RUN, 1, 900))
        await until(lambda: watched.curves[KEY].changes == 1)
        api.go_down()
        await asyncio.sleep(0.05)
        api.is_down = False
        api.say(POD, line(RUN, 2, 1800))
        await until(lambda: watched.curves[KEY].changes == 2)


async def test_who_may_not_read_logs_is_told(
    api: LiveApi, watched: Board, followed: Followed
) -> None:
    api.pods, api.refused["log"] = [pod(RUN)], 403

    with followed.while_looked_at((KEY,)):
        await until(lambda: "403 Forbidden" in watched.notes.get(KEY, ""))


async def test_a_generator_that_tells_no_counts_is_named(
    api: LiveApi, watched: Board, followed: Followed
) -> None:
    api.pods = [pod(RUN)]
    api.say(POD, line(RUN, 1), line(RUN, 2))

    with followed.while_looked_at((KEY,)):
        await until(lambda: watched.notes.get(KEY) == COUNTS_AT_END)


async def test_a_log_is_read_once_however_many_look(
    api: LiveApi, watched: Board, followed: Followed
) -> None:
    api.pods = [pod(RUN)]
    api.say(POD, line(RUN, 1, 900))
    api.end(POD)

    with followed.while_looked_at((KEY,)), followed.while_looked_at((KEY,)):
        await until(lambda: KEY in watched.curves and watched.curves[KEY].changes == 1)
        await asyncio.sleep(0.2)

        assert api.seen.count(("GET", f"/api/v1/namespaces/lab/pods/{POD}/log")) == 1


async def test_only_so_many_are_followed_at_once(watched: Board, followed: Followed) -> None:
    keys = tuple(("lab", f"x{index}") for index in range(MOST_FOLLOWED + 1))

    with followed.while_looked_at(keys[-1:]), followed.while_looked_at(keys[:-1]):
        assert [key for key in keys if watched.notes.get(key)] == [keys[-2]]
        assert watched.notes[keys[-2]] == TOO_MANY
    assert watched.notes == {}


async def test_one_that_waited_is_followed_once_there_is_room(
    watched: Board, followed: Followed
) -> None:
    keys = tuple(("lab", f"x{index}") for index in range(MOST_FOLLOWED))

    with ExitStack() as first:
        first.enter_context(followed.while_looked_at(keys))
        with followed.while_looked_at((KEY,)):
            assert watched.notes[KEY] == TOO_MANY
            first.close()
            assert watched.notes[KEY] == ""
            await until(lambda: KEY in followed._tasks)
