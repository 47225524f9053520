"""The virtual environment for development: .venv, from requirements/dev.txt with hashes."""

import sys

from loadlab_cluster.commands import run_logged
from loadlab_cluster.debian import VENV_PROGRAMS, ensure_packages
from loadlab_cluster.go_builds import hash_files
from loadlab_cluster.settings import REPOSITORY, Settings
from loadlab_cluster.terminal import step

VENV = REPOSITORY / ".venv"
REQUIREMENTS = REPOSITORY / "requirements" / "dev.txt"


def ensure_environment(settings: Settings) -> None:
    """Install it anew when the requirements or the project's metadata changed."""
    stamp = VENV / "loadlab-requirements"
    key = hash_files([REQUIREMENTS, REPOSITORY / "pyproject.toml"])
    if stamp.exists() and stamp.read_text() == key and (VENV / "bin" / "python").exists():
        return
    ensure_packages(VENV_PROGRAMS, settings)
    log = settings.logs / "venv.log"
    python = f"{VENV}/bin/python"
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "-q"]
    with step("Install the development environment into .venv", first=60, again=0):
        run_logged([sys.executable, "-m", "venv", VENV], log)
        run_logged([*pip, "--require-hashes", "-r", REQUIREMENTS], log)
        run_logged([*pip, "--no-deps", "-e", REPOSITORY], log)
    stamp.write_text(key)
