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
    "kubectl": 'echo "kubectl $1 ${*: -1}" >> "$SAID"; [ "$1" != "$REFUSES" ]',
    "loadlab": """
echo "loadlab $1" >> "$SAID"
case "$*" in
  validate*) sed -n 's/^kind: LoadExperiment/sleep: accepted/p' "$2" ;;
  run*) exit "$RUN" ;;
  gate*) [ "$2" = sleep ] && echo "<testsuites/>" > "$8"; exit "$GATE" ;;
  results*-o*) echo "${TABLE-the table}" ;;
  results*) echo "sleep: Failed, NeverReady" ;;
esac
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
    assert "loadlab gate" in said
    assert (tmp_path / "results" / "junit.xml").read_text() == "<testsuites/>\n"


def test_of_an_experiment_without_results_the_summary_says_why(repository: Path, tmp_path: Path):
    """`results -o md` of none is one empty line."""
    done, _, summary = run_action(repository, tmp_path, RUN="1", GATE="1", TABLE="")

    assert done.returncode == 1
    assert summary == "    sleep: Failed, NeverReady\n"
    written = {file.name for file in (tmp_path / "results").iterdir()}
    assert written == {"table.md", "junit.xml"}


def test_what_stands_beside_the_experiment_is_applied_and_the_name_is_the_experiments(
    repository: Path, tmp_path: Path
):
    """A script in a ConfigMap, as manifests/samples/own has it."""
    file = repository / "manifests/samples/own/script.yaml"
    done, said, _ = run_action(repository, tmp_path, EXPERIMENT=str(file), RUN="0", GATE="0")

    assert done.returncode == 0, done.stderr
    assert said.index(f"kubectl apply {file}") < said.index("loadlab run")
    assert (tmp_path / "results" / "junit.xml").exists()


def test_another_experiment_of_that_name_is_not_taken_for_this_one(
    repository: Path, tmp_path: Path
):
    done, said, summary = run_action(repository, tmp_path, RUN="1", GATE="0", REFUSES="apply")

    assert done.returncode == 1
    assert "could not be applied" in done.stderr
    assert (summary, "loadlab gate" in said) == ("", False)


def test_several_experiments_in_a_file_are_refused(repository: Path, tmp_path: Path):
    file = tmp_path / "two.yaml"
    file.write_text("kind: LoadExperiment\n---\nkind: LoadExperiment\n")
    done, said, _ = run_action(repository, tmp_path, EXPERIMENT=str(file))

    assert done.returncode == 1
    assert "has several LoadExperiments" in done.stderr
    assert "loadlab run" not in said


def test_what_is_wrong_with_the_action_is_said(repository: Path, tmp_path: Path):
    done, said, _ = run_action(repository, tmp_path, EXPERIMENT="nothing.yaml")

    assert done.returncode == 1
    assert "no such file: nothing.yaml" in done.stderr
    assert said == ""


def run_action(repository: Path, folder: Path, **environment: str):
    for name, script in PROGRAMS.items():
        (folder / name).write_text(f"#!/usr/bin/env bash\n{script}\n")
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
