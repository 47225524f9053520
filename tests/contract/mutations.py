"""Breaks each contract between the packages in a copy of the tree, and sees a test catch it.

    .venv/bin/python tests/contract/mutations.py

Prints for each mutation the test that caught it and what it said; fails if one went unseen.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
NEEDED = (
    *("operator", "services", "loadgen", "docs/contracts", "manifests/samples", "pyproject.toml"),
    *("tests/contract", "tests/manifests.py"),
)


@dataclass(frozen=True)
class Mutation:
    """One change of one file, found below `folder` by the text that it changes."""

    title: str
    folder: str
    old: str
    new: str


MUTATIONS = (
    Mutation(
        "a snapshot's key renamed",
        "services/loadlab_services/instruments",
        '"inFlight": sum(',
        '"inflight": sum(',
    ),
    Mutation(
        "an environment variable dropped",
        "operator/loadlab/plan",
        '        "INSTRUMENTS_PORT": instruments_port,\n',
        "",
    ),
    Mutation(
        "a variant missing on one side",
        "services/loadlab_services/workloads",
        '        "asyncpg-tuned": Variant(f"{__name__}.asyncpg_tuned", _POSTGRES),\n',
        "",
    ),
    Mutation(
        "a trial-configuration field renamed in the script",
        "loadgen/scripts",
        "return load.gracefulStopMs + config",
        "return load.gracefulStop + config",
    ),
    Mutation(
        "a checksum's modulus changed",
        "services/loadlab_services",
        "(id * 48271) % 2147483647",
        "(id * 48271) % 2147483629",
    ),
)


def main() -> int:
    """Try all; 0 if the unchanged copy passes and every mutation is caught."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        copy_to(tree)
        if caught := failures(tree):
            print("the unchanged copy fails already:", *caught, sep="\n  ")
            return 1
        unseen = [mutation for mutation in MUTATIONS if not is_caught(mutation, tree)]
    return 1 if unseen else 0


def copy_to(tree: Path) -> None:
    """Copy what the contract tests look at."""
    for name in NEEDED:
        source, target = REPOSITORY / name, tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


def is_caught(mutation: Mutation, tree: Path) -> bool:
    """Apply a mutation, run the tests, and undo it."""
    file = next(f for f in files_below(tree / mutation.folder) if mutation.old in f.read_text())
    text = file.read_text()
    file.write_text(text.replace(mutation.old, mutation.new))
    caught = failures(tree)
    file.write_text(text)
    print(f"{mutation.title} ({file.relative_to(tree)}):")
    print(*(f"  {line}" for line in caught[:1] or ["NOT CAUGHT"]), sep="\n", flush=True)
    return bool(caught)


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the sources, in a fixed order."""
    return (f for f in sorted(folder.rglob("*")) if f.suffix in {".py", ".js"})


def failures(tree: Path) -> list[str]:
    """Run the contract tests of a copy; return each failed test with what it said."""
    paths = os.pathsep.join(str(tree / name) for name in ("operator", "services"))
    environment = os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-rfE", "--tb=short", "tests/contract"],
        cwd=tree,
        env=environment | {"COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^(?:FAILED|ERROR) (.*)$", done.stdout, re.MULTILINE)
    said = re.findall(r"^E {3,}(?!assert )(.*)$", done.stdout, re.MULTILINE)
    if done.returncode and not found:
        return [done.stdout[-500:] + done.stderr[-500:]]
    return [f"{test}\n    {' '.join(said[:2])}" if said else test for test in found]


if __name__ == "__main__":
    sys.exit(main())
