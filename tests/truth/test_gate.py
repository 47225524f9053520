"""The gate of a pipeline, by the sample: the same image twice, and one that costs a tenth more."""

import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.e2e.cluster_tools import ENVIRONMENT, SAMPLES, Lab, condition, find_program, run
from tests.truth.samples import submit_sample

pytestmark = pytest.mark.truth

SERVICE = SAMPLES / "own-service"
REPLICATES = 10
REGRESSED = 3  # exit code
# Looked through as the others are, and found by no shelf: a tenth of what a request costs.
MORE = '\nPRODUCTS += [{"shelf": -1}] * 3_000\n\napp = '


def test_it_fails_for_the_dearer_image_and_for_no_other(lab: Lab, measured, tmp_path: Path):
    dearer = Path(shutil.copytree(SERVICE, tmp_path / "dearer"))
    source = (SERVICE / "app.py").read_text()
    (dearer / "app.py").write_text(source.replace("\napp = ", MORE, 1))
    build(SERVICE, "search:1")

    build(SERVICE, "search:2")
    same, said, _ = gate(lab, "same", tmp_path)
    build(dearer, "search:2")
    other, of_other, failures = gate(lab, "dearer", tmp_path)

    print(said, of_other, sep="\n")
    measured(11, f"the same image twice: exit code {same}; the dearer one: {other}, {failures}")
    assert same == 0, said
    assert other == REGRESSED, of_other
    (costs,) = [failure for failure in failures if "cpuMicros" in failure]
    assert "variant=after" in costs or "after/" in costs
    assert "[" in costs  # the interval


def build(folder: Path, name: str) -> None:
    run(sys.executable, "-m", "loadlab_cluster", "image", folder, name, timeout=300)


def gate(lab: Lab, name: str, folder: Path) -> tuple[int, str, list[str]]:
    """Run the sample: the gate's exit code, what it printed, and the failures of its JUnit file."""
    submit_sample(lab, "two-images", name, replicates=REPLICATES)
    status = lab.wait(name, 500)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    junit = folder / f"{name}.xml"
    done = subprocess.run(
        [find_program("loadlab") or "loadlab", "gate", name, "-n", lab.namespace, "--junit", junit],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=False,
    )
    failed = [
        f"{case.get('name')}: {failure.get('message')}"
        for case in ElementTree.parse(junit).iter("testcase")
        for failure in case.iter("failure")
    ]
    return done.returncode, done.stdout + done.stderr, failed
