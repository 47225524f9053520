"""Whatever stands in a spec, the operator answers: accepted, or refused with a reason.

`LOADLAB_EXAMPLES=5000` draws that many new ones; without it they are always the same.
"""

import asyncio
import json
import os

from hypothesis import HealthCheck, event, given, settings

from loadlab.kube.api import Manifest
from loadlab.model.resources import Experiment
from loadlab.plan import make_plan
from tests.reconcile.laboratory import IMAGES, Laboratory
from tests.reconcile.specs import broken_specs, likely_specs

EXAMPLES = os.environ.get("LOADLAB_EXAMPLES")
ANY = settings(
    max_examples=int(EXAMPLES or "150"),
    derandomize=EXAMPLES is None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
LONGEST_NAME = 63  # of a label's value, and of a Service


def answered(spec: Manifest) -> Laboratory:
    """Look at it twice, as a first pass accepts it and the second begins to build."""
    lab = Laboratory()
    lab.submit()
    lab.experiment()["spec"] = spec

    async def twice() -> None:
        await lab.reconcile()
        await lab.reconcile()

    asyncio.run(twice())
    return lab


@ANY
@given(likely_specs())
def test_every_manifest_of_an_accepted_spec_can_be_sent(spec):
    lab = answered(spec)
    accepted = lab.condition("Accepted")["status"] == "True"
    event("accepted" if accepted else lab.condition("Accepted")["reason"])
    if not accepted:
        assert lab.condition("Accepted")["message"]
        assert lab.leftovers() == set()
        return
    plan = make_plan(Experiment.model_validate(lab.experiment()), IMAGES)
    one_each = {trial.cell.variant: trial for trial in plan.trials}.values()
    for trial in one_each:
        for manifest in plan.run_manifests(trial, attempt=1):
            json.dumps(manifest, allow_nan=False)
            assert len(manifest["metadata"]["name"]) <= LONGEST_NAME


@ANY
@given(broken_specs())
def test_nonsense_is_answered_in_the_first_pass(spec):
    lab = answered(spec)
    event(lab.condition("Accepted")["reason"])
    assert lab.status()["phase"] in {"Failed", "Preparing"}
    assert lab.condition("Accepted")["message"]
