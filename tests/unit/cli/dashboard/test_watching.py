"""The board follows the API server: what comes, changes, goes, and when it is away."""

from loadlab.cli.dashboard.board import Board
from tests.unit.cli.dashboard.conftest import until
from tests.unit.cli.dashboard.live_api import LiveApi
from tests.unit.cli.dashboard.resources import experiment, finished, running

KEY = ("lab", "select")


async def test_what_comes_changes_and_goes_is_on_the_board(api: LiveApi, watched: Board) -> None:
    api.put(experiment(phase="Pending", queuePosition=2))
    await until(lambda: KEY in watched.entries)
    assert watched.entries[KEY].queue == "2 ahead"

    api.put(running())
    await until(lambda: watched.entries[KEY].phase == "Running")
    assert watched.entries[KEY].trial == "4 of 9"

    api.delete(*KEY)
    await until(lambda: KEY not in watched.entries)


async def test_an_api_server_that_was_away_is_asked_again(api: LiveApi, watched: Board) -> None:
    api.put(running())
    await until(lambda: KEY in watched.entries)

    api.go_down()
    await until(lambda: bool(watched.away))
    assert watched.away.endswith("is the cluster up, and the kubeconfig's context the right one?")
    api.is_down = False
    api.put(finished())

    await until(lambda: not watched.away)
    await until(lambda: watched.entries[KEY].is_over)


async def test_what_went_while_nobody_watched_is_not_shown(api: LiveApi, watched: Board) -> None:
    api.put(running())
    await until(lambda: KEY in watched.entries)

    api.go_down()
    await until(lambda: bool(watched.away))
    api.delete(*KEY)
    api.is_down = False

    await until(lambda: not watched.entries)


async def test_a_watch_that_is_too_old_begins_anew(api: LiveApi, watched: Board) -> None:
    lists = ("GET", "/apis/loadlab.dev/v1alpha1/loadexperiments")
    await until(lambda: api.seen.count(lists) >= 3)  # the watch is there, and can be cut
    before = api.seen.count(lists)

    api.cut_watches()
    await until(lambda: api.seen.count(lists) >= before + 3)  # its version, the list, the watch
    api.put(running())

    await until(lambda: KEY in watched.entries)


async def test_who_may_not_list_them_is_told(api: LiveApi, watched: Board) -> None:
    api.refused["loadexperiments"] = 403
    api.cut_watches()

    await until(lambda: "403 Forbidden" in watched.away)
    assert watched.away.endswith("name a namespace (-n) where you may list LoadExperiments")


async def test_nothing_is_written(api: LiveApi, watched: Board) -> None:
    api.put(running())
    await until(lambda: KEY in watched.entries)

    assert {verb for verb, _ in api.seen} == {"GET"}
