"""The wheel and the source distribution, and the checksums of everything that people download."""

import hashlib
import shutil

from loadlab_cluster.commands import Argument, read_output, run_logged
from loadlab_cluster.dev_environment import VENV, ensure_environment
from loadlab_cluster.release.plan import Release
from loadlab_cluster.settings import REPOSITORY, Settings
from loadlab_cluster.terminal import step

SUMS = "SHA256SUMS"


def build_distributions(release: Release, settings: Settings) -> None:
    """Build wheel and sdist from the commit that is checked out; untracked files stay out.

    Their times are the commit's, so that the same commit gives the same files.
    """
    ensure_environment(settings)
    release.files.mkdir(parents=True, exist_ok=True)
    committed = read_output(["git", "-C", REPOSITORY, "log", "-1", "--format=%ct"]).strip()
    uv: list[Argument] = [VENV / "bin" / "uv", "build", "--quiet"]
    with step("Build the wheel and the source distribution", first=10, again=5):
        log = settings.logs / "release-python.log"
        run_logged(
            [*uv, "--out-dir", release.files, REPOSITORY], log, env={"SOURCE_DATE_EPOCH": committed}
        )
    (release.files / ".gitignore").unlink(missing_ok=True)  # of uv: it would hide what is uploaded


def write_checksums(release: Release) -> None:
    """Write SHA256SUMS, to be read by `sha256sum --check`."""
    files = sorted(f for f in release.files.iterdir() if f.is_file() and f.name != SUMS)
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (release.files / SUMS).write_text("".join(lines))


def start_anew(release: Release) -> None:
    """Remove what an earlier release left: its files would be taken for this one's."""
    shutil.rmtree(release.folder, ignore_errors=True)
