"""Folders at places that nobody chooses: what `down` removes, and what it leaves to others."""

import errno
import json
import os
import socket
from pathlib import Path

import pytest

from loadlab_cluster.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """`theirs` is there before `up`, `ours` is not."""
    (tmp_path / "theirs" / "s").mkdir(parents=True)
    found = Places(tmp_path / "state" / "created.json", [tmp_path / "theirs", tmp_path / "ours"])
    found.remember()
    (tmp_path / "ours" / "s").mkdir(parents=True)
    return found


@pytest.fixture
def ours(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path / "ours")  # a socket's path has 107 bytes at most
    return tmp_path / "ours"


def test_what_up_made_goes_and_what_was_there_stays(places, tmp_path) -> None:
    (tmp_path / "ours" / "lock").touch()
    places.remember()  # a second `up` finds its own, and keeps the note
    places.remove()

    assert [path.name for path in sorted(tmp_path.iterdir())] == ["state", "theirs"]
    assert not (tmp_path / "state" / "created.json").exists()


def test_a_file_with_content_is_somebodys(places, ours) -> None:
    (ours / "config.toml").write_text("version = 2\n")
    places.remove()

    assert (ours / "s").is_dir()


def test_a_fifo_or_a_link_is_somebodys(places, ours) -> None:
    os.mkfifo(ours / "fifo")
    places.remove()

    assert (ours / "fifo").exists()


@pytest.mark.parametrize("answers", [True, False])
def test_a_socket_is_somebodys_while_somebody_listens(places, ours, answers) -> None:
    """containerd's shims leave theirs; another Docker's, installed since, is used."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s/containerd.sock")
        if answers:
            server.listen()
        places.remove()

    assert ours.exists() is answers


@pytest.mark.timeout(20)
def test_a_socket_at_which_somebody_hangs_is_somebodys(places, ours) -> None:
    """A connection waits where as many wait already: `down` would never end."""
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as first:
        server.bind("s/containerd.sock")
        server.listen(0)
        first.connect("s/containerd.sock")
        places.remove()

    assert ours.exists()


def test_a_folder_that_cannot_be_looked_into_is_somebodys(places, ours, monkeypatch) -> None:
    """Such as one that another program mounted for its own user."""
    (ours / "lock").touch()
    look = os.scandir

    def refuse(folder):
        if str(folder) == str(ours / "s"):
            raise PermissionError(errno.EACCES, "refused", str(folder))
        return look(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    places.remove()

    assert (ours / "lock").exists()


@pytest.mark.parametrize("mounted", [True, False])
def test_the_data_of_another_kubelets_pods_stay(places, ours, monkeypatch, mounted: bool) -> None:
    """Of one that was installed since `up`: what is mounted there is a volume."""
    (ours / "s" / "data").write_text("somebody's")
    monkeypatch.setattr("loadlab_cluster.places.OF_KUBELET", (ours,))
    monkeypatch.setattr("loadlab_cluster.places.mounts_under", lambda _: ["/s"] * mounted)
    places.remove()

    assert (ours / "s" / "data").exists() is mounted


@pytest.mark.parametrize("text", ["", '["/tm', "7", "{}", "[7]"])
def test_a_note_that_was_cut_off_or_is_of_another_release_stops_nothing(
    places, tmp_path, text: str
) -> None:
    (tmp_path / "state" / "created.json").write_text(text)
    places.remove()

    assert (tmp_path / "ours").exists()
    assert not (tmp_path / "state" / "created.json").exists()


def test_what_a_note_names_beside_our_places_stays(places, tmp_path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "state" / "created.json").write_text(json.dumps([str(tmp_path / "home")]))
    places.remove()

    assert (tmp_path / "home").exists()


def test_a_disk_that_is_full_leaves_no_half_of_a_note(tmp_path, monkeypatch) -> None:
    def write_half(file: Path, text: str) -> None:
        with file.open("w") as half:
            half.write(text[:3])
        raise OSError(errno.ENOSPC, "No space left on device", str(file))

    monkeypatch.setattr(Path, "write_text", write_half)
    with pytest.raises(OSError, match="No space"):
        Places(tmp_path / "created.json", [tmp_path / "ours"]).remember()

    assert not (tmp_path / "created.json").exists()


def test_without_a_note_nothing_goes(tmp_path) -> None:
    (tmp_path / "ours").mkdir()
    Places(tmp_path / "created.json", [tmp_path / "ours"]).remove()

    assert (tmp_path / "ours").exists()
