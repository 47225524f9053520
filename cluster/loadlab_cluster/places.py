"""Folders outside of a cluster's own, which its programs make at places that nobody can choose.

`down` removes those that were not there before `up`: a kubelet's wholly, and of those that other
programs share what is empty.
"""

import json
import os
import shutil
import socket
import stat
from collections.abc import Iterable
from pathlib import Path

from loadlab_cluster.mounts import mounts_under

OF_KUBELET = tuple(map(Path, ("/var/lib/kubelet", "/var/lib/cni", "/var/log/containers")))
OF_CONTAINERD = (Path("/run/containerd"),)  # of its shims
OF_BUILDAH = tuple(map(Path, ("/etc/cni", "/run/containers")))
KEY = Path("/etc/docker/key.json")  # Debian's Docker writes it, whatever --data-root says
OF_DOCKER = (*map(Path, ("/run/docker", "/opt/containerd")), KEY)


class Places:
    """Remembers in a file which of some places a cluster creates."""

    def __init__(self, note: Path, places: Iterable[Path]) -> None:
        self._note = note
        self._places = tuple(places)

    def remember(self) -> None:
        """Note what is not there yet, unless that was done."""
        if not self._note.exists():
            self._note.parent.mkdir(parents=True, exist_ok=True)
            whole = self._note.with_suffix(".part")  # a disk may be full half-way
            whole.write_text(json.dumps([str(p) for p in self._places if not p.exists()]))
            whole.rename(self._note)

    def remove(self) -> None:
        """Remove what was noted, and the note."""
        for path in self._noted():
            if path in OF_KUBELET:
                remove_a_kubelets(path)
            elif path == KEY:
                path.unlink(missing_ok=True)
            else:
                remove_unused(path)
        self._note.unlink(missing_ok=True)

    def _noted(self) -> list[Path]:
        """Of a note that cannot be read, nothing: what may be somebody's stays."""
        try:
            noted = json.loads(self._note.read_text())
        except (FileNotFoundError, ValueError):
            return []
        return [p for p in self._places if isinstance(noted, list) and str(p) in noted]


def remove_a_kubelets(folder: Path) -> None:
    """Remove all of a folder; where something is mounted, another kubelet's pods have data."""
    if not mounts_under(folder):  # those of ours are in the state folder
        shutil.rmtree(folder, ignore_errors=True)


def remove_unused(folder: Path) -> None:
    """Remove a folder of which nothing is in use: another Docker may have come since."""
    if folder.is_dir() and not has_used(folder):
        shutil.rmtree(folder, ignore_errors=True)


def has_used(folder: Path) -> bool:
    """Whether something in a folder may be needed; one that cannot be looked into may."""
    refused = list[OSError]()
    found = os.walk(folder, onerror=refused.append)
    inside = (Path(place) / name for place, folders, files in found for name in folders + files)
    if any(map(is_used, inside)):
        return True
    return any(not isinstance(error, FileNotFoundError) for error in refused)


def is_used(path: Path) -> bool:
    """Whether somebody may need it: no folder, no empty file, no socket at which nobody listens."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    if stat.S_ISSOCK(found.st_mode):
        return _is_listened_at(path)
    return not stat.S_ISDIR(found.st_mode) and (
        found.st_size > 0 or not stat.S_ISREG(found.st_mode)
    )


def _is_listened_at(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)  # else it waits for somebody who hangs
        try:
            client.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:  # of another kind than a stream, its path too long, or too many wait
            return True
    return True
