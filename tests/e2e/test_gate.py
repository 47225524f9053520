"""The regression gate: a version that costs a tenth more, and the same version twice."""

import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.e2e.cluster_tools import ENVIRONMENT, REPOSITORY, SAMPLES, Lab, condition, run
from tests.e2e.premises import measure

pytestmark = [pytest.mark.e2e, pytest.mark.measured, pytest.mark.timeout(600)]
LOADLAB = REPOSITORY / ".venv" / "bin" / "loadlab"
SERVICE = SAMPLES / "own-service"
FEWER, MORE = "range(20_000)", "range(22_500)"  # what a search looks through is most of its cost


def build(folder: Path, name: str) -> None:
    run(sys.executable, "-m", "loadlab_cluster", "image", folder, name, timeout=400)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two versions of one service; the later one asks for some 10 % more CPU a request."""
    dearer = tmp_path_factory.mktemp("dearer") / "service"
    shutil.copytree(SERVICE, dearer)
    code = (dearer / "app.py").read_text()
    assert code.count(FEWER) == 1
    (dearer / "app.py").write_text(code.replace(FEWER, MORE))
    build(SERVICE, "search:1")
    build(dearer, "search:2")


def gate(lab: Lab, name: str, after: str, junit: Path) -> tuple[int, str]:
    """Measure an image beside `search:1`, and return what the gate says and ends with."""
    spec = dict(yaml.safe_load((SAMPLES / "two-images.yaml").read_text())["spec"])
    spec["variants"][1]["image"] = after
    status, node = measure(lab, name, 300, **spec)
    done = subprocess.run(
        [LOADLAB, "gate", name, "-n", lab.namespace, "--junit", junit],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=False,
    )
    print(done.stdout, done.stderr)
    lab.delete(name)
    node.require()
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    return done.returncode, done.stdout


def test_a_tenth_dearer_fails_by_cell_ratio_and_interval(lab: Lab, images: None, tmp_path: Path):
    junit = tmp_path / "dearer.xml"
    code, _ = gate(lab, "dearer", "localhost/search:2", junit)

    assert code == 3
    failed = [c for c in ElementTree.parse(junit).iter("testcase") if c.find("failure") is not None]
    (cost,) = [c for c in failed if "cpuMicros of after/workers=1" in str(c.get("name"))]
    message = str(cost.find("failure").get("message"))  # type: ignore[union-attr]
    print(cost.get("name"), message)
    ratio, least, most = (float(n.strip("[],")) for n in message.split()[:3])
    assert 1 < least <= ratio <= most
    assert ratio == pytest.approx(1.1, abs=0.05)
    assert "Regressed" in message


def test_the_same_image_twice_passes(lab: Lab, images: None, tmp_path: Path):
    code, said = gate(lab, "same", "localhost/search:1", tmp_path / "same.xml")

    assert code == 0, said
    assert ElementTree.parse(tmp_path / "same.xml").find(".//failure") is None
