"""Makes cluster/loadlab_cluster importable, and keeps the lifecycle tests out of shared runs.

They take the cluster down, so they run only where LOADLAB_CLUSTER_TEST is set: `make test-cluster`
and the last layer of `make test`.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "cluster"))

from loadlab_cluster.clusters import chosen_kind  # noqa: E402  after the path
from loadlab_cluster.settings import Settings, load_settings  # noqa: E402

LIFECYCLES = {"test_lifecycle.py": "embedded", "test_kind_lifecycle.py": "kind"}


def ignored(settings: Settings, environment: Mapping[str, str]) -> list[str]:
    """The lifecycles that are not of the cluster which `make` means here: none of one's own."""
    if not environment.get("LOADLAB_CLUSTER_TEST"):
        return sorted(LIFECYCLES)
    chosen = chosen_kind(settings, environment)
    return [file for file, kind in LIFECYCLES.items() if kind != chosen]


collect_ignore = ignored(load_settings(), os.environ)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose folders belong to the test."""
    environment = {"XDG_CACHE_HOME": str(tmp_path), "LOADLAB_STATE": str(tmp_path / "state")}
    return load_settings(environment)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """A machine that has the programs which a test gives it, and no others."""
    folder = tmp_path / "machine"
    folder.mkdir()
    for shell in ("sh", "cat"):
        (folder / shell).symlink_to(f"/bin/{shell}")
    monkeypatch.setenv("PATH", str(folder))

    def add(name: str, script: str) -> Path:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        return folder / name

    return add
