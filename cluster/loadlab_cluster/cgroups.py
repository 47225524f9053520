"""The one cgroup that holds every pod of a node, on cgroup v1 and v2.

The embedded node's has its name; our own Docker's, which holds the kind nodes, another one.
"""

import contextlib
from pathlib import Path

from loadlab_cluster.settings import NAME

ROOT = Path("/sys/fs/cgroup")
V2_CONTROLLERS = ("cpu", "cpuset", "io", "memory", "pids", "hugetlb")


def is_v2(root: Path = ROOT) -> bool:
    """Whether this machine has the unified hierarchy."""
    return (root / "cgroup.controllers").exists()


def pod_cgroups(root: Path = ROOT, *, name: str = NAME) -> list[Path]:
    """The folder in every hierarchy, whether it exists or not."""
    if is_v2(root):
        return [root / name]
    hierarchies = (path for path in sorted(root.iterdir()) if not path.is_symlink())
    return [path / name for path in hierarchies if (path / "cgroup.procs").exists()]


def ensure_cgroups(root: Path = ROOT) -> None:
    """Create the folders: the kubelet wants its root to be there."""
    if is_v2(root):
        for controller in V2_CONTROLLERS:
            # One that the kernel lacks, or that may not be given on, is the kubelet's to name.
            with contextlib.suppress(OSError):
                (root / "cgroup.subtree_control").write_text(f"+{controller}")
    for folder in pod_cgroups(root):
        folder.mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):  # v1 starts a cpuset empty
            if (folder / name).exists() and not is_v2(root):
                (folder / name).write_text((folder.parent / name).read_text())


def pod_processes(root: Path = ROOT, *, name: str = NAME) -> set[int]:
    """Every process of every pod."""
    found: set[int] = set()
    for folder in pod_cgroups(root, name=name):
        for path in folder.rglob("cgroup.procs"):
            with contextlib.suppress(OSError):
                found.update(int(line) for line in path.read_text().split())
    return found


def remove_cgroups(root: Path = ROOT, *, name: str = NAME) -> None:
    """Remove the folders from the leaves up; one that is still in use stays."""
    for folder in pod_cgroups(root, name=name):
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir():
                with contextlib.suppress(OSError):
                    path.rmdir()
        with contextlib.suppress(OSError):
            folder.rmdir()
