"""What GitHub runs is pinned, and everything pinned is looked after."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

# Of versions that belong together and stand in cluster/versions.env.
BY_HAND = {"/cluster/hyperkube", "/cluster/kind"}


def test_every_action_is_pinned_by_its_digest(repository):
    """A version is a tag that its owner, or who took the account, can move."""
    files = (repository / ".github").glob("*/**/*.y*ml")
    named = [use for file in files for use in re.findall(r"uses: *(.+)", file.read_text())]
    used = [use for use in named if not use.startswith("./")]
    pinned = r"[\w/-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+"

    assert len(used) > 8
    assert [use for use in used if not re.fullmatch(pinned, use)] == []
    assert len({use.partition("@")[0] for use in used}) == len(set(used)), "one version of each"


def watched(repository, ecosystem: str) -> set[str]:
    config = yaml.safe_load((repository / ".github" / "dependabot.yml").read_text())
    entries = [e for e in config["updates"] if e["package-ecosystem"] == ecosystem]
    return {d for e in entries for d in e.get("directories", [e.get("directory")])}


def folders(repository, tracked, name: str) -> set[str]:
    found = {"/" + str(f.parent.relative_to(repository)) for f in tracked if f.name == name}
    return {"/" if folder == "/." else folder for folder in found}


def test_newer_go_modules_are_proposed(repository, tracked):
    assert watched(repository, "gomod") == folders(repository, tracked, "go.mod") - BY_HAND


def test_newer_base_images_are_proposed(repository, tracked):
    recipes = folders(repository, tracked, "Dockerfile")
    standins = {each for each in recipes if each.startswith("/cluster/")}  # nothing from a registry

    assert watched(repository, "docker") == recipes - standins


def test_newer_packages_and_actions_are_proposed(repository):
    assert watched(repository, "pip") == {"/requirements"}
    assert watched(repository, "github-actions") == {"/"}


PROGRAMS = {
    "make": 'echo "make $*" >> "$SAID"',
    "kubectl": 'case "$1" in create) echo sleep ;; esac',
    "loadlab": """
echo "loadlab $1" >> "$SAID"
case "$1" in run) exit "$RUN" ;; gate) exit "$GATE" ;; results) echo "the table" ;; esac
""",
}


@pytest.mark.parametrize(
    ("run", "gate", "expected"),
    [(0, 0, 0), (3, 3, 3), (0, 3, 3), (4, 4, 4), (1, 0, 1), (2, 0, 2)],
    ids=["passed", "criterion", "regressed", "inconclusive", "broke", "too late"],
)
def test_the_action_ends_as_the_gate_does(
    repository: Path, tmp_path: Path, run: int, gate: int, expected: int
):
    """With programs that end as they are told: a cluster takes a minute for each of these."""
    done, said, summary = run_action(repository, tmp_path, RUN=str(run), GATE=str(gate))

    assert done.returncode == expected, done.stderr
    assert f"exit-code={expected}" in (tmp_path / "output").read_text()
    assert summary == "the table\n"
    assert ("loadlab gate" in said) == (run not in {1, 2})


def test_what_is_wrong_with_the_action_is_said(repository: Path, tmp_path: Path):
    done, said, _ = run_action(repository, tmp_path, EXPERIMENT="nothing.yaml")

    assert done.returncode == 1
    assert "no such file: nothing.yaml" in done.stderr
    assert said == ""


def run_action(repository: Path, folder: Path, **environment: str):
    for name, script in PROGRAMS.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    for name in ("said", "summary", "output"):
        (folder / name).touch()
    told = {
        "EXPERIMENT": str(repository / "manifests/samples/sleep.yaml"),
        "LOADLAB_CLUSTER": "current",
        "RESULTS": str(folder / "results"),
        "SAID": str(folder / "said"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "PATH": f"{folder}:{os.environ['PATH']}",
    }
    copy = folder / "checkout/.github/actions/measure"  # beside no .venv of this one
    copy.mkdir(parents=True)
    script = (repository / ".github/actions/measure/measure.sh").read_text()
    (copy / "measure.sh").write_text(script)
    done = subprocess.run(
        ["bash", copy / "measure.sh"],
        env=told | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done, (folder / "said").read_text(), (folder / "summary").read_text()
