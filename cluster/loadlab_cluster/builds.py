"""buildah: how it is called, and what it leaves of builds that are over."""

import contextlib
import shutil

from loadlab_cluster import daemons
from loadlab_cluster.commands import Argument, succeeds
from loadlab_cluster.mounts import mounts_under
from loadlab_cluster.settings import Settings


def buildah(settings: Settings, *words: Argument) -> list[Argument]:
    """The command line of a buildah that keeps everything in folders of ours."""
    folders = [f"--root={settings.buildah_root}", f"--runroot={settings.build_run}"]
    return ["buildah", *folders, "--storage-driver=overlay", *words]


def build_leftovers(settings: Settings) -> list[str]:
    """What is there of builds that are over, one line each; nothing while one is under way."""
    if _is_building(settings):
        return []
    found = [f"mount {path}" for path in _mounts(settings)]
    return found + [f"folder {path}" for path in (settings.build_run,) if path.exists()]


def forget_builds(settings: Settings) -> None:
    """Remove containers and mounts of builds that are over; images and layers are cache.

    buildah 1.28 leaves the containers of stages that a later one only copies from, mounted.
    """
    if _is_building(settings):
        return
    if shutil.which("buildah") and settings.buildah_root.exists():
        succeeds(buildah(settings, "rm", "--all"))
    for mount in _mounts(settings):
        succeeds(["umount", "-l", mount])
    shutil.rmtree(settings.build_run, ignore_errors=True)
    with contextlib.suppress(OSError):  # it is not there, or holds something else
        settings.build_run.parent.rmdir()


def _mounts(settings: Settings) -> list[str]:
    return [*mounts_under(settings.buildah_root), *mounts_under(settings.build_run)]


def _is_building(settings: Settings) -> bool:
    return bool(daemons.processes_naming(f"--root={settings.buildah_root}"))
