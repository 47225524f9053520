"""`make requirements`: the pinned files of requirements/, from pyproject.toml.

What is pinned stays as it is while pyproject.toml allows it; `--upgrade` or `--upgrade-package
NAME` asks for newer ones.
"""

from collections.abc import Sequence
from pathlib import Path

from loadlab_cluster.commands import WORK_SECONDS, Argument, read_output
from loadlab_cluster.dev_environment import VENV
from loadlab_cluster.settings import REPOSITORY, Settings
from loadlab_cluster.terminal import say, step

FOLDER = REPOSITORY / "requirements"
HEADER = "# Written by `make requirements` from pyproject.toml; edit that one.\n"
# file → what of pyproject.toml it holds; the images' files hold no development tool
SELECTIONS = {
    "operator": ("--extra", "operator"),
    "services": ("--extra", "services"),
    "generators": ("--extra", "generators"),
    "dev": ("--all-extras", "--group", "dev"),
}
# Of the images and of development; hashes, so that an index can hand out nothing else.
FIXED = ("--python-version", "3.11", "--generate-hashes", "--no-header", "--quiet")


def plan_requirements(name: str, target: Path, options: Sequence[str] = ()) -> list[Argument]:
    """The command that pins one file; `target` may hold the pins that are to stay."""
    # The file's path as given stands in every comment: it must be no path of this machine.
    compile_pins = (
        VENV / "bin" / "uv",
        "--directory",
        REPOSITORY,
        "pip",
        "compile",
        "pyproject.toml",
    )
    return [*compile_pins, *SELECTIONS[name], *FIXED, *options, "--output-file", target]


def write_requirements(settings: Settings, options: Sequence[str]) -> None:
    """Pin every file anew; it is replaced only once all of its pins are found."""
    for name in SELECTIONS:
        pinned = FOLDER / f"{name}.txt"
        unfinished = settings.cache / pinned.name
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        before = pinned.read_text()
        unfinished.write_text(before)
        with step(f"Pin requirements/{pinned.name}", first=10, again=2):
            read_output(plan_requirements(name, unfinished, options), seconds=WORK_SECONDS)
        after = HEADER + unfinished.read_text()
        unfinished.unlink()
        pinned.write_text(after)
        say("  unchanged" if after == before else "  changed: look at git diff, then make venv")
