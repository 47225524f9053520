"""Every sample of a team's own service is accepted as it stands."""

from pathlib import Path

import pytest
import yaml

from loadlab.model.resources import Experiment
from loadlab.plan import make_plan
from tests.manifests import Json

ROOT = Path(__file__).parents[3]
SAMPLES = sorted((ROOT / "manifests" / "samples" / "own").glob("*.yaml"))
GUIDE = ROOT / "docs" / "how-to" / "measure-your-own-service.md"


def experiments(sample: Path) -> list[Json]:
    documents = yaml.safe_load_all(sample.read_text())
    return [document for document in documents if document["kind"] == "LoadExperiment"]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_a_sample_is_planned_and_the_guide_names_it(sample, images):
    (manifest,) = experiments(sample)
    metadata = manifest["metadata"] | {"namespace": "team", "uid": "u"}

    plan = make_plan(Experiment.model_validate(manifest | {"metadata": metadata}), images)

    assert plan.run_manifests(plan.trials[0], attempt=1)
    assert sample.name in GUIDE.read_text()
