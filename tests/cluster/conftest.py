"""Makes cluster/loadlab_cluster importable, and keeps the lifecycle tests out of shared runs.

They take the cluster down, so they run only where LOADLAB_CLUSTER_TEST is set: `make test-cluster`
and the last layer of `make test`.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "cluster"))

from loadlab_cluster.settings import Settings, load_settings  # noqa: E402  after the path

IS_KIND = os.environ.get("CLUSTER") == "kind"
LIFECYCLES = {"test_lifecycle.py": not IS_KIND, "test_kind_lifecycle.py": IS_KIND}
MAY_TAKE_DOWN = bool(os.environ.get("LOADLAB_CLUSTER_TEST"))
collect_ignore = [file for file, fits in LIFECYCLES.items() if not (fits and MAY_TAKE_DOWN)]


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
