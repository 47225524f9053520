"""At saturation p95 is users divided by throughput: it decides nothing."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from loadlab.analysis.best import Choice, choose
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.pairs import Terms
from loadlab.catalogue import Cell, Factor
from loadlab.measurement.histogram import Histogram
from loadlab.model.resources import Experiment, Trial
from loadlab.plan import make_plan
from loadlab.validity.judged_trial import JudgedTrial, dump_trial
from tests.unit.analysis.analysed import analyze
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.analysis.test_best import NOISE
from tests.unit.analysis.test_summary import IMAGES, VALID, measured

Users = Mapping[int, tuple[float, float]]  # CPU per request and p95 by the users of a closed loop


def saturated(cells: Users) -> list[Replicate]:
    return [
        sized(Cell(variant="sync", virtual_users=users), block, 500 * noise, cpu * noise, p95)
        for place, (users, (cpu, p95)) in enumerate(cells.items())
        for block in range(5)
        for noise in (NOISE[(block + place) % 5],)
    ]


def chosen(cells: Users) -> Choice:
    replicates = saturated(cells)
    return choose(rows_of(replicates), replicates, Terms(latency=False))


def test_users_who_wait_longer_at_the_same_rate_are_no_worse_a_cell() -> None:
    """The fewest users were the best, with 0.25 of the others' p95: 16 of 64 users wait so long."""
    found = chosen({16: (500.0, 40.0), 64: (500.0, 160.0)}).best

    assert found is not None
    assert len(found.tied_with) == 1
    assert (found.lead, found.alternatives) == (None, ())


def test_cost_decides_there_whatever_is_known_of_the_tails() -> None:
    found = chosen({16: (500.0, 40.0), 64: (400.0, 160.0)}).best

    assert found is not None
    assert found.cell == "sync/virtualUsers=64"
    assert found.lead is not None
    assert (found.lead.figure, found.alternatives) == ("cpuMicros", ())


@pytest.mark.parametrize(
    ("load", "leads"), [({"purpose": "Capacity"}, False), ({"executor": "constant-vus"}, True)]
)
def test_the_purpose_of_the_load_says_whether_tails_decide(
    load: Mapping[str, str], leads: bool
) -> None:
    spec = {
        "workload": "select",
        "variants": [{"name": "sync"}],
        "replicates": 5,
        "factors": {"virtualUsers": [16, 64]},
        "load": load,
    }
    metadata = {"name": "demo", "namespace": "lab", "uid": "uid-demo"}
    plan = make_plan(Experiment.model_validate({"metadata": metadata, "spec": spec}), IMAGES)
    trials = []
    for planned in plan.trials:
        users = planned.cell.number(Factor.VIRTUAL_USERS) or 0
        waited = Histogram.of([int(users) * 2500 + planned.replicate] * 5000)
        result = dump_trial(JudgedTrial(replace(measured(500.0), latency=waited), VALID))
        status = {"status": {"phase": "Succeeded", "measurement": result}}
        trials.append(Trial.model_validate(plan.trial_manifest(planned) | status))

    best = analyze(plan, trials).best

    assert best is not None
    assert (best.lead is not None) == leads
