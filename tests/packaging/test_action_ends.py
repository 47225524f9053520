"""The action that measures in a pipeline: what is used wrongly, and what breaks off half-way."""

from pathlib import Path

import pytest

from tests.packaging.action_tools import PROGRAMS, run_action

ENDED = 'kubectl patch {"spec":{"terminate":true}}'


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FAIL_ON", "regression", "fail-on is criteria, regressed or inconclusive, not regression"),
        ("TIMEOUT", "soon", "timeout is a number of seconds, or such as 30m, not soon"),
        ("TIMEOUT", "0", "timeout is a number of seconds"),
        ("KEEP", "yes", "keep is true or false, not yes"),
        ("AGAIN", "no", "again is true or false, not no"),
    ],
)
def test_a_wrong_word_is_refused_before_anything_is_done(
    repository: Path, tmp_path: Path, name: str, value: str, said: str
):
    done, asked, _ = run_action(repository, tmp_path, RUN="0", GATE="0", **{name: value})

    assert (done.returncode, asked) == (1, "")
    assert said in done.stderr


@pytest.mark.parametrize("timeout", ["7200", "0.5", "90s", "1h30m"])
def test_a_duration_is_no_wrong_word(repository: Path, tmp_path: Path, timeout: str):
    done, _, _ = run_action(repository, tmp_path, RUN="0", GATE="0", TIMEOUT=timeout)

    assert done.returncode == 0, done.stderr


def test_files_of_an_earlier_step_are_not_taken_for_this_ones(repository: Path, tmp_path: Path):
    """A step after this one publishes junit.xml, and all of the folder is uploaded."""
    results = tmp_path / "results"
    results.mkdir()
    ours = ("table.md", "results.json", "results.csv", "junit.xml")
    for name in (*ours, "somebodys.txt"):
        (results / name).write_text("of an earlier step")
    done, _, _ = run_action(repository, tmp_path, EXPERIMENT="nothing.yaml")

    assert done.returncode == 1
    assert [file.name for file in results.iterdir()] == ["somebodys.txt"]


def test_a_folder_for_results_with_a_blank_that_is_relative(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    done, _, _ = run_action(repository, tmp_path, RUN="0", GATE="0", RESULTS="my results")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "my results" / "junit.xml").exists()


def test_nothing_is_applied_of_a_file_that_is_refused_in_part(repository: Path, tmp_path: Path):
    """The experiment would run on for nobody, beside a ConfigMap that may not be made."""
    refused = "apply --dry-run=server"
    done, asked, _ = run_action(repository, tmp_path, RUN="0", GATE="0", REFUSES=refused)

    assert done.returncode == 1
    assert "could not be applied" in done.stderr
    assert asked.count("kubectl apply") == 1


def test_a_job_that_is_cancelled_while_it_applies_ends_its_experiment(
    repository: Path, tmp_path: Path
):
    slow = '\ncase "$*" in "apply --server-side"*) echo applying >> "$SAID"; sleep 1 ;; esac'
    kubectl = PROGRAMS["kubectl"] + slow
    done, asked, _ = run_action(
        repository, tmp_path, kubectl=kubectl, ends_after="applying", RUN="0", GATE="0"
    )

    assert done.returncode == 2
    assert asked.splitlines()[-1] == ENDED


def test_a_job_that_is_cancelled_while_its_cluster_comes_up_leaves_none(
    repository: Path, tmp_path: Path
):
    """Half of one would fail each later job of a runner that is not thrown away."""
    make = """
echo "make $*" >> "$SAID"
case "$*" in *status) exit 3 ;; *install) echo installing >> "$SAID"; sleep 60 & wait ;; esac
"""
    done, asked, _ = run_action(
        repository, tmp_path, make=make, ends_after="installing", LOADLAB_CLUSTER="kind"
    )

    assert done.returncode == 2
    assert asked.rstrip().endswith(" down")


def test_a_table_that_is_too_long_for_a_summary_is_cut(repository: Path, tmp_path: Path):
    """GitHub shows nothing of one above 1 MiB. The shell's environment is too small for it."""
    loadlab = PROGRAMS["loadlab"].replace('echo "${TABLE-the table}"', "yes row | head -n 300000")
    done, _, summary = run_action(repository, tmp_path, loadlab=loadlab, RUN="0", GATE="0")

    assert done.returncode == 0
    assert len(summary) < 1024 * 1024
    assert summary.endswith("row\n\n\nThe rest is in table.md of the results.\n")
    assert (tmp_path / "results" / "table.md").stat().st_size == 1_200_000


def test_what_goes_on_after_it_could_not_be_followed_is_ended(repository: Path, tmp_path: Path):
    """An API server out of reach for a while: the experiment would keep the next one waiting."""
    done, asked, _ = run_action(repository, tmp_path, RUN="1", GATE="2")

    assert done.returncode == 1
    assert asked.splitlines()[-1] == ENDED
