"""Server-sent events: their form, and that a reader is sent what is new to it and no more."""

import asyncio
import json
from typing import Any

import pytest

from loadlab.cli.dashboard import app
from loadlab.cli.dashboard.app import MOST_STREAMS
from loadlab.cli.dashboard.board import MOST_LISTED, Board
from loadlab.cli.dashboard.curves import Curve, Said
from loadlab.cli.dashboard.entries import Entry, entry_of
from loadlab.cli.dashboard.events import Reader, stream
from tests.unit.cli.dashboard.conftest import Pages, until
from tests.unit.cli.dashboard.resources import EVIL, experiment, running

KEY = ("lab", "select")


def reader(board: Board, *panels: tuple[str, str]) -> Reader:
    return Reader(board, panels, lambda _: "about 1 min 5 s left")


def read(news: list[bytes]) -> list[tuple[str, Any]]:
    found = []
    for each in news:
        name, data, *rest = each.decode().split("\n")
        assert rest == ["", ""]
        assert name.startswith("event: ")
        assert data.startswith("data: ")
        found.append((name[7:], json.loads(data[6:])))
    return found


def test_a_first_round_tells_all_and_the_next_what_is_new(board: Board) -> None:
    board.put(entry_of(running()))
    board.put(entry_of(experiment("b", "Pending")))
    one = reader(board)

    first = dict(read(one.news()))
    assert [row["name"] for row in first["rows"]["rows"]] == ["select", "b"]
    assert first["rows"]["isAll"]
    assert first["api"]["away"]
    assert one.news() == []

    board.put(entry_of(running(done=4)))
    board.remove(("lab", "b"))
    (rows,) = read(one.news())
    assert (rows[1]["rows"][0]["progress"], rows[1]["gone"]) == ("4/9", ["lab/b"])
    assert not rows[1]["isAll"]


def test_a_panel_is_told_its_entry_its_time_and_its_seconds(board: Board) -> None:
    board.put(entry_of(running()))
    board.curves[KEY] = Curve("run-a1")
    board.curves[KEY].note("a", 1, Said(900.0, 0.0, 8.1, "measurement"))
    one = reader(board, KEY)

    found = dict(read(one.news()))
    assert found["panel"]["entry"]["trial"] == "4 of 9"
    assert found["panel"]["remaining"] == "about 1 min 5 s left"
    assert found["seconds"]["rows"] == [[1, 900.0, 0.0, 8.1, "measurement"]]
    assert "rows" not in found  # the list is for those who show it

    board.curves[KEY].note("a", 2, Said(950.0, 0.0, 8.0, "measurement"))
    (seconds,) = read(one.news())
    assert seconds[1]["rows"] == [[2, 950.0, 0.0, 8.0, "measurement"]]
    assert not seconds[1]["isNew"]

    board.curves[KEY] = Curve("run-a2")
    (seconds,) = read(one.news())
    assert seconds[1] == {
        "key": "lab/select",
        "run": "run-a2",
        "rows": [],
        "note": "",
        "isNew": True,
    }


def test_a_panel_of_what_is_not_there_says_so(board: Board) -> None:
    assert dict(read(reader(board, KEY).news()))["panel"]["entry"] is None


@pytest.mark.parametrize("text", [EVIL, "a\n\nevent: end\ndata: {}", "a\r\rdata: x", "\u2028"])
def test_a_text_cannot_end_an_event(board: Board, text: str) -> None:
    board.put(Entry("lab", "select", "u", "1", message=text))

    ((_, told),) = [each for each in read(reader(board).news()) if each[0] == "rows"]

    assert told["rows"][0]["message"] == text


async def test_a_slow_reader_is_sent_the_latest_and_nothing_in_between(board: Board) -> None:
    board.put(entry_of(running(done=0)))
    sent = stream(reader(board, KEY))
    await anext(sent), await anext(sent)

    for done in range(1, 9):
        board.put(entry_of(running(done=done)))

    (panel,) = read([await anext(sent)])
    assert panel[1]["entry"]["progress"] == "8/9"


async def test_all_are_told_when_it_ends(board: Board) -> None:
    sent = stream(reader(board))
    await anext(sent), await anext(sent)

    board.close()

    assert [each async for each in sent][-1] == b"event: end\ndata: {}\n\n"


def test_the_board_is_bounded(board: Board) -> None:
    for index in range(MOST_LISTED + 5):
        board.put(Entry("lab", f"x{index}", "", ""))

    assert (len(board.entries), board.left_out) == (MOST_LISTED, 5)


async def test_so_many_read_at_once_and_one_that_goes_makes_room(
    pages: Pages, board: Board
) -> None:
    pages.dashboard.streams = MOST_STREAMS
    refused = await pages.get("/events")
    assert (refused.status_code, refused.text) == (503, "Too many pages are open.\n")

    pages.dashboard.streams = MOST_STREAMS - 1
    board.close()
    answer = await pages.get("/events?e=lab/select")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.endswith("event: end\ndata: {}\n\n")
    assert pages.dashboard.streams == MOST_STREAMS - 1


async def test_a_reader_that_takes_nothing_is_let_go(
    pages: Pages, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "SEND_SECONDS", 0.05)
    answer = await app.Addresses(pages.dashboard).events(["lab/select"])
    ended = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        await answer({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)
    assert pages.dashboard.streams == 0


async def test_one_that_goes_is_no_longer_counted(pages: Pages) -> None:
    answer = await app.Addresses(pages.dashboard).events(["lab/select"])
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        """Take it."""

    scope = {"type": "http", "asgi": {"spec_version": "2.3"}}
    reading = asyncio.create_task(answer(scope, receive, send))
    await until(lambda: pages.dashboard.streams == 1)
    gone.set()
    await reading

    assert pages.dashboard.streams == 0
