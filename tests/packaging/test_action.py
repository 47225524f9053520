"""The action that measures in a pipeline: its script, by programs that note what they hear."""

import re
from pathlib import Path

import pytest
import yaml

from tests.packaging.action_tools import PROGRAMS, run_action


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


@pytest.mark.parametrize(
    ("stands", "again", "expected", "said"),
    [
        ("", "true", 0, ""),
        ("isTrue", "true", 0, ""),
        ("isTrue", "false", 1, "sleep ended before, and its results are not of this run"),
        ("isFalse", "true", 1, "sleep is being measured in default for somebody else"),
        ("is", "true", 1, "sleep is being measured in default for somebody else"),
    ],
    ids=["none", "ended", "ended, and it stays", "running", "not begun"],
)
def test_the_results_are_of_this_run(
    repository: Path, tmp_path: Path, stands: str, again: str, expected: int, said: str
):
    """The same file under the same tags is an experiment that is over."""
    done, asked, _ = run_action(repository, tmp_path, STANDS=stands, AGAIN=again, RUN="0", GATE="0")

    assert done.returncode == expected, done.stderr
    assert said in done.stderr
    assert ("kubectl delete" in asked) is (stands == "isTrue" and not said)
    assert ("loadlab run" in asked) is not bool(said)


@pytest.mark.parametrize(
    ("refused", "made"),
    [("get namespace", True), ("", False)],
    ids=["not there", "there"],
)
def test_a_namespace_is_made_where_it_is_not_there(
    repository: Path, tmp_path: Path, refused: str, made: bool
):
    done, asked, _ = run_action(
        repository, tmp_path, RUN="0", GATE="0", **({"REFUSES": refused} if refused else {})
    )

    assert done.returncode == 0, done.stderr
    assert ("kubectl create default" in asked) is made


def test_rights_in_one_namespace_are_enough(repository: Path, tmp_path: Path):
    """They see no namespace, may make none, and may not read the definitions."""
    kubectl = PROGRAMS["kubectl"].replace('"$REFUSES"*)', '"get crd"*|*" namespace "*|"auth "*)')
    done, asked, _ = run_action(repository, tmp_path, kubectl=kubectl, RUN="0", GATE="0")

    assert done.returncode == 0, done.stderr
    assert "kubectl create" not in asked


def test_what_takes_too_long_is_ended(repository: Path, tmp_path: Path):
    _, asked, _ = run_action(repository, tmp_path, RUN="2", GATE="2")

    assert asked.splitlines()[-1] == 'kubectl patch {"spec":{"terminate":true}}'


def test_a_cancelled_job_ends_its_experiment(repository: Path, tmp_path: Path):
    done, asked, _ = run_action(repository, tmp_path, ends_after="loadlab run", RUN="forever")

    assert done.returncode == 2
    assert asked.splitlines()[-1] == 'kubectl patch {"spec":{"terminate":true}}'


@pytest.mark.parametrize(
    ("usable", "nodes", "keep", "goes"),
    [
        (3, "", "false", True),
        (3, "", "true", False),
        (0, "id", "false", False),
        (3, "id", "", False),
    ],
    ids=["its own", "kept", "up before", "stopped, and somebody's"],
)
def test_a_cluster_of_its_own_goes_when_it_is_over(
    repository: Path, tmp_path: Path, usable: int, nodes: str, keep: str, goes: bool
):
    make = PROGRAMS["make"] + f'\ncase "$*" in *status) exit {usable} ;; esac'
    docker = f'case "$1" in ps) echo {nodes} ;; esac'
    told = {"LOADLAB_CLUSTER": "kind", "KEEP": keep, "RUN": "0", "GATE": "0"}
    done, asked, _ = run_action(repository, tmp_path, make=make, docker=docker, **told)

    assert done.returncode == 0, done.stderr
    assert asked.rstrip().endswith(" down") is goes


BUILT = "\n  localhost/search:1\nlocalhost/search:2 \n\n"


def test_images_of_the_runner_are_in_the_cluster_before_anything_asks_for_them(
    repository: Path, tmp_path: Path
):
    told = {"LOADLAB_CLUSTER": "kind", "IMAGES": BUILT, "RUN": "0", "GATE": "0"}
    done, asked, _ = run_action(repository, tmp_path, **told)

    assert done.returncode == 0, done.stderr
    (archive,) = re.findall(r"docker save --output (\S+) localhost/search:1 localhost/sea.+", asked)
    steps = (" install\n", f" {archive} ", f"loadlab_cluster load {archive}\n", "kubectl apply")
    assert sorted(steps, key=asked.index) == list(steps)
    assert not Path(archive).exists()


@pytest.mark.parametrize(
    ("cluster", "docker", "said"),
    [
        ("kind", "exit 1", "no image localhost/search:1 in this machine's Docker: build it"),
        ("kind", '[ "$1" = image ]', "could not be saved"),
        ("current", "exit 0", "push localhost/search:1 localhost/search:2 where your cluster"),
    ],
    ids=["not built", "Docker fails", "no kind"],
)
def test_images_that_cannot_come_into_the_cluster_end_the_job(
    repository: Path, tmp_path: Path, cluster: str, docker: str, said: str
):
    told = {"LOADLAB_CLUSTER": cluster, "IMAGES": BUILT, "RUN": "0", "GATE": "0"}
    done, asked, _ = run_action(repository, tmp_path, docker=docker, **told)

    assert done.returncode == 1
    assert said in done.stderr
    assert "kubectl apply" not in asked


def test_without_images_no_docker_is_asked(repository: Path, tmp_path: Path):
    _, asked, _ = run_action(repository, tmp_path, LOADLAB_CLUSTER="kind", RUN="0", GATE="0")

    assert "docker image" not in asked
    assert "docker save" not in asked


def test_every_input_of_the_action_reaches_its_script(repository: Path):
    folder = repository / ".github/actions/measure"
    action = yaml.safe_load((folder / "action.yml").read_text())
    script = (folder / "measure.sh").read_text()
    (step,) = (each for each in action["runs"]["steps"] if each.get("id") == "measure")

    handed = re.findall(r"inputs\.([\w-]+)", " ".join(step["env"].values()))
    assert set(handed) == set(action["inputs"]) - {"artifact"}  # which the upload takes
    assert [name for name in step["env"] if f"${{{name}" not in script] == []


def test_where_nobody_can_tell_whether_it_was_measured_nothing_is(repository: Path, tmp_path: Path):
    done, asked, _ = run_action(repository, tmp_path, REFUSES="get loadexperiment sleep")

    assert done.returncode == 1
    assert "it is not known whether sleep is in default already" in done.stderr
    assert "loadlab run" not in asked


def test_artifacts_of_two_experiments_have_two_names(repository: Path, tmp_path: Path):
    run_action(repository, tmp_path, RUN="0", GATE="0", GITHUB_JOB="perf", JOB_INDEX="1")

    names = [line for line in (tmp_path / "output").read_text().split() if "artifact" in line]
    assert names == ["artifact=loadlab-results-perf-1", "artifact=loadlab-sleep-perf-1"]


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
