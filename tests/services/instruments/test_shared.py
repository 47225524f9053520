"""A board in a file: a place for each living process, taken over with its counts, or wiped."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loadlab_services.instruments import shared
from loadlab_services.instruments.shared import BoardFullError, join_board

JOIN = """
import sys
from pathlib import Path
from loadlab_services.instruments.shared import join_board
board, meter = join_board(Path(sys.argv[1]))
meter.start()
for line in sys.stdin:
    meter.cells[1] += 1
    print(sum(reading.requests for reading in board.read()), len(board.read()), flush=True)
"""


class Peer:
    """Another process on the board: it counts one request for every line it is sent."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", JOIN, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def count(self) -> tuple[int, int]:
        """Count one request; give the board's requests and its places that were taken."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        requests, places = self.process.stdout.readline().split()
        return int(requests), int(places)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def join(tmp_path: Path) -> Iterator[Callable[[], Peer]]:
    peers: list[Peer] = []

    def start() -> Peer:
        peers.append(Peer(tmp_path / "board"))
        return peers[-1]

    yield start
    for peer in peers:
        peer.kill()


def test_peers_add_up_and_a_replacement_goes_on_where_the_killed_one_stopped(
    join: Callable[[], Peer],
) -> None:
    first, second = join(), join()
    first.count()
    second.count()
    first.kill()

    third = join()

    assert third.count() == (3, 2)


def test_what_nobody_alive_has_counted_is_wiped(join: Callable[[], Peer]) -> None:
    former = join()
    former.count()
    former.kill()

    assert join().count() == (1, 1)


def test_a_process_has_one_place_however_often_it_joins(tmp_path: Path) -> None:
    _, meter = join_board(tmp_path / "board")
    _, again = join_board(tmp_path / "board")

    assert again is meter


def test_a_full_board_says_what_to_do(
    join: Callable[[], Peer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = join()
    peer.count()
    monkeypatch.setattr(shared, "PLACES", 1)

    with pytest.raises(BoardFullError, match="start fewer workers"):
        join_board(tmp_path / "board")
