"""The repository, its generator and both lines of Helm."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from tests.manifests import Json

REPOSITORY = Path(__file__).resolve().parents[2]
CHART = REPOSITORY / "charts" / "loadlab"
# The name of the release and the namespace, as `make demo` and the README give them.
RELEASE = ("loadlab", "--namespace=loadlab-system")
# A Helm built without version flags takes Kubernetes for 1.20 unless told.
KUBERNETES = "--kube-version=1.34.0"


def read_all(text: str) -> list[Json]:
    """The documents of a manifest by libyaml, which takes a tenth of the time."""
    return list(yaml.load_all(text, Loader=yaml.CSafeLoader))


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    command = ["git", "ls-files", "-z"]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    files = [REPOSITORY / name for name in done.stdout.split("\0") if name]
    return [file for file in files if file.is_file() and not file.is_symlink()]


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", REPOSITORY / "charts" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session", params=["helm3", "helm4"])
def helm(request: pytest.FixtureRequest) -> str:
    """Path of a Helm that was built from Go modules; the first use builds it."""
    command = [sys.executable, "-m", "loadlab_cluster", "path", request.param]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "cluster")}
    done = subprocess.run(
        command, env=environment, cwd=REPOSITORY, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def run_helm(helm: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [helm, *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    return run


@pytest.fixture
def render(run_helm) -> Callable[..., list[Json]]:
    def render(*options: str) -> list[Json]:
        done = run_helm("template", *RELEASE, str(CHART), KUBERNETES, *options)
        assert done.returncode == 0, done.stderr
        return [document for document in read_all(done.stdout) if document]

    return render


@pytest.fixture(scope="session")
def installed() -> list[Json]:
    """The objects of manifests/install.yaml."""
    text = (REPOSITORY / "manifests" / "install.yaml").read_text()
    return read_all(text)
