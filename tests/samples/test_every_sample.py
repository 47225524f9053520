"""Each sample runs as it is written, to a result of which every trial is a part."""

import time
from contextlib import nullcontext

import pytest
import yaml

from tests.e2e.cluster_tools import Lab, condition, get
from tests.manifests import Json
from tests.measuring import Measured
from tests.samples.surroundings import SURROUNDINGS
from tests.samples.table import FOLDER, FOLDERS, SAMPLES, folder_of

pytestmark = pytest.mark.samples
MOST_SECONDS = 1100


@pytest.mark.parametrize("sample", SAMPLES)
def test_sample(sample: str, lab: Lab, measured: Measured):
    documents = list(yaml.safe_load_all((FOLDER / f"{sample}.yaml").read_text()))
    (experiment,) = (it for it in documents if it["kind"] == "LoadExperiment")
    if "separateGenerator" in str(experiment) and len(get("nodes")["items"]) < 2:
        pytest.skip("needs two nodes")
    name = experiment["metadata"]["name"]

    with SURROUNDINGS.get(sample, nullcontext)(lab):
        began = time.monotonic()
        lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(documents))
        status = lab.wait(name, MOST_SECONDS)
        took = time.monotonic() - began
        left = lab.leftovers(name)

    trials = status.get("trials", {})
    said = f"{took:.0f} s, {status.get('verdict')}, {trials}, {len(status.get('results', []))} rows"
    measured(1 + list(FOLDERS).index(folder_of(sample)), f"{said}; {_reasons(status)}")
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    assert trials["lost"] == trials["failed"] == 0, trials
    assert all(row["requests"] > 0 for row in status["results"])
    assert left == []


def _reasons(status: Json) -> str:
    """Why figures of it are not sound, each said once."""
    reasons = {str(reason) for row in status.get("results", []) for reason in row["reasons"]}
    return ", ".join(sorted(reasons))[:300] or "sound"
