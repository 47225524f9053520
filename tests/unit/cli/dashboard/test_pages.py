"""The pages: what stands on them, and that nothing on them is anybody's markup."""

from typing import Any

import pytest

from loadlab.cli.dashboard.board import Board
from loadlab.cli.dashboard.entries import Entry, entry_of
from tests.unit.cli import test_compare
from tests.unit.cli.dashboard.conftest import Pages
from tests.unit.cli.dashboard.live_api import LiveApi
from tests.unit.cli.dashboard.resources import EVIL, SINCE, experiment, finished, running
from tests.unit.report.examples import full


async def test_the_list_has_each_experiment_with_phase_and_queue(
    pages: Pages, board: Board
) -> None:
    board.put(entry_of(running()))
    board.put(entry_of(experiment("later", "Pending", queuePosition=1)))

    text = (await pages.get("/")).text

    assert text.index('href="/t0ken/experiments/lab/select"') < text.index("experiments/lab/later")
    assert "1 ahead" in text
    assert "3/9" in text


async def test_a_hostile_text_stays_a_text_everywhere(pages: Pages, board: Board) -> None:
    failed = {"type": "Failed", "status": "True", "reason": "X", "message": EVIL}
    board.put(entry_of(experiment(phase="Failed", conditions=[failed | SINCE])))
    board.put(Entry(EVIL, EVIL, EVIL, EVIL, phase=EVIL, verdict=EVIL, queue=EVIL, progress=EVIL))
    board.away = EVIL

    for path in ("/", "/experiments/lab/select", "/side-by-side?e=lab/select&e=lab/b"):
        text = (await pages.get(path)).text

        assert "&lt;script&gt;" in text
        assert "<script>" not in text
        assert "<img" not in text


async def test_one_that_runs_has_curves_and_one_that_is_over_its_report(
    pages: Pages, board: Board
) -> None:
    board.put(entry_of(running("runs")))
    board.put(entry_of(finished("over")))

    live, over = [(await pages.get(f"/experiments/lab/{name}")).text for name in ("runs", "over")]

    assert '<div class="live">' in live
    assert '<div class="report" hidden>' in live
    assert '<div class="live" hidden>' in over
    assert ' src="/t0ken/experiments/lab/over/report"></iframe>' in over


async def test_the_report_is_the_one_of_the_command(pages: Pages, api: LiveApi) -> None:
    resource, api.trials = full()
    resource["metadata"]["namespace"] = "lab"
    api.put(resource)

    answer = await pages.get("/experiments/lab/wells/report")

    assert "<h1>wells</h1>" in answer.text
    assert answer.text.count('<figure class="trial') == 24
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].endswith("frame-ancestors 'self'; sandbox")


async def test_a_report_is_made_once_for_each_state(pages: Pages, api: LiveApi) -> None:
    trials = ("GET", "/apis/loadlab.dev/v1alpha1/namespaces/lab/loadtrials")
    api.put(finished())
    for _ in range(3):
        await pages.get("/experiments/lab/select/report")
    assert api.seen.count(trials) == 1

    api.put(finished())
    await pages.get("/experiments/lab/select/report")

    assert api.seen.count(trials) == 2


async def test_who_may_not_read_trials_gets_a_report_without_them(
    pages: Pages, api: LiveApi
) -> None:
    api.put(finished())
    api.refused["loadtrials"] = 403

    text = (await pages.get("/experiments/lab/select/report")).text

    assert "Without its trials" in text
    assert "403 Forbidden" in text


async def test_a_report_that_cannot_be_read_says_why(pages: Pages, api: LiveApi) -> None:
    api.put(finished())
    api.go_down()

    answer = await pages.get("/experiments/lab/select/report")

    assert (answer.status_code, "No report" in answer.text) == (502, True)


def measured(name: str, rate: float) -> dict[str, Any]:
    found = test_compare.experiment(name, test_compare.rows(rate, test_compare.ASYNC))
    finds = {"type": "Finished", "status": "True", "reason": "Completed"} | SINCE
    found["status"]["conditions"] = [finds]
    return found


async def test_two_that_are_over_have_ratios(pages: Pages, board: Board, api: LiveApi) -> None:
    for each in (measured("slower", 900), measured("before", 1000)):
        api.put(each)
        board.put(entry_of(each))

    text = (await pages.get("/side-by-side?e=lab/slower&e=lab/before")).text

    assert "lab/slower (here) over lab/before (there)" in text
    assert "<td>0.9 [0.89, 0.911]</td>" in text
    assert "<td>Regressed</td>" in text
    assert text.count('<article class="panel"') == 2


async def test_two_of_which_one_still_runs_have_none(pages: Pages, api: LiveApi) -> None:
    api.put(measured("over", 900))
    runs = measured("runs", 1000)
    runs["status"]["phase"] = "Running"
    api.put(runs)

    answer = await pages.get("/side-by-side?e=lab/over&e=lab/runs")

    assert answer.status_code == 200
    assert 'id="ratios"' not in answer.text
    assert 'id="ratios-now" hidden' in answer.text


async def test_two_that_cannot_be_compared_say_why(pages: Pages, api: LiveApi) -> None:
    for name in ("a", "b"):
        api.put(finished(name))

    text = (await pages.get("/side-by-side?e=lab/a&e=lab/b")).text

    assert "this release cannot read LoadExperiment lab/a" in text


@pytest.mark.parametrize(
    "path",
    [
        "/experiments/lab/..%2f..%2fsecrets",
        "/experiments/../x/report",
        "/experiments/LAB/select",
        "/experiments/lab/select%3Fwatch",
        "/static/..%2fapp.py",
        "/nowhere",
    ],
)
async def test_what_is_no_name_leads_nowhere(pages: Pages, api: LiveApi, path: str) -> None:
    answer = await pages.get(path)

    assert answer.status_code == 404
    assert api.seen == []


@pytest.mark.parametrize("query", ["", "?e=lab/a", "?e=lab/a&e=lab/a", "?e=lab/a&e=lab/b&e=lab/c"])
async def test_side_by_side_are_two(pages: Pages, query: str) -> None:
    answer = await pages.get(f"/side-by-side{query}")

    assert answer.status_code == 400
    assert "<main" in answer.text


async def test_one_that_is_not_there_is_said_to_be_missing(pages: Pages) -> None:
    assert "Not there" in (await pages.get("/experiments/lab/gone")).text
    assert (await pages.get("/experiments/lab/gone/report")).status_code == 404
