"""How many blocks a half width takes: Stein's two stages, held against scipy."""

import math
import random
import statistics
from typing import Any

import pytest

from loadlab.analysis.blocks import block_noise
from loadlab.analysis.estimate import LogEstimate
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.precision import judge_precision, plan_precision
from loadlab.catalogue import Cell
from loadlab.model.resources import Experiment
from loadlab.model.status import LoadOutcome, PrecisionResult, ResultRow
from loadlab.plan import Images, Plan, make_plan
from tests.unit.analysis.claims import rows_of, sized

# By degrees of freedom, what scipy.stats.t.ppf answers for 0.975.
T = {2: 4.302652729911275, 4: 2.7764451051977987, 5: 2.5705818366147395}
T |= {6: 2.4469118487916806, 11: 2.200985160082949}
IMAGES = Images(services="s:1", k6="k6:1", postgres="p:1", redis="r:1", rabbitmq="mq:1")
TWICE = {"comparison": {"controlTwice": True}}
WANTED = {"figure": "cpuMicros", "halfWidth": "5%", "maxReplicates": 30}


def plan_of(
    wanted: dict[str, Any] | None = None, *, chosen: int | None = None, **fields: Any
) -> Plan:
    spec = {
        "workload": "select",
        "variants": [{"name": "sync"}, {"name": "async"}],
        "precision": WANTED | (wanted or {}),
        **fields,
    }
    status = {"chosen": {"seed": 1, "replicates": chosen}} if chosen else {}
    metadata = {"name": "demo", "namespace": "lab", "uid": "u"}
    resource = {"metadata": metadata, "spec": spec, "status": status}
    return make_plan(Experiment.model_validate(resource), IMAGES)


def replicates_of(logs: list[float], variants: int = 2) -> list[Replicate]:
    """Make cells of which the last has these logarithms of CPU over that of the others."""
    cells = [Cell(variant=name, workers=1) for name in ("sync", "async")[:variants]]
    return [
        sized(cell, block, 1000.0, 100.0 * math.exp(log if cell is cells[-1] else 0.0), 5.0)
        for cell in cells
        for block, log in enumerate(logs, start=1)
    ]


def planned(logs: list[float], plan: Plan | None = None, variants: int = 2) -> PrecisionResult:
    replicates = replicates_of(logs, variants)
    wanted = plan or plan_of(replicates=len(logs))
    found = plan_precision(wanted, rows_of(replicates), replicates)
    assert found is not None
    return found


def judged(logs: list[float], plan: Plan, former: PrecisionResult | None = None) -> PrecisionResult:
    replicates = replicates_of(logs)
    found = judge_precision(plan, former, rows_of(replicates), replicates)
    assert found is not None
    return found


@pytest.mark.parametrize("pilot", [3, 5, 7, 12])
@pytest.mark.parametrize("seed", range(5))
def test_the_number_of_blocks_is_steins(pilot: int, seed: int) -> None:
    chance = random.Random(seed)
    logs = [chance.gauss(0.2, 0.08) for _ in range(pilot)]
    spread = statistics.stdev(logs)
    expected = math.ceil((T[pilot - 1] * spread / math.log1p(0.05)) ** 2)

    assert planned(logs).needed == max(expected, pilot)


def test_a_noisier_pair_says_how_many() -> None:
    """Three blocks of cells alike: the guard of the noisier pair asks for more than the pool."""
    quiet, noisy = [0.0, 0.01, 0.02], [0.0, 0.1, 0.2]
    names = [Cell(variant="sync", workers=n) for n in (1, 2, 3)]
    replicates = [
        sized(cell, block, 1.0, math.exp(log), 1.0)
        for cell, logs in zip(names, ([0.0] * 3, quiet, noisy), strict=True)
        for block, log in enumerate(logs, start=1)
    ]
    plan = plan_of(replicates=3, maxTrials=1000)
    found = plan_precision(plan, rows_of(replicates), replicates)
    noise = block_noise(
        [dict.fromkeys((1, 2, 3), 0.0), *({1: a, 2: b, 3: c} for a, b, c in (quiet, noisy))]
    )

    assert found is not None
    assert found.needed == LogEstimate.of_difference(noisy, noise).blocks_for(math.log1p(0.05))

    end = judge_precision(plan, None, rows_of(replicates), replicates)
    half = LogEstimate.of_difference(noisy, noise).half()

    assert end is not None
    assert half is not None
    assert end.achieved == pytest.approx(math.expm1(half))


def test_blocks_of_which_a_cell_lost_its_trial_are_made_up_for() -> None:
    complete = planned([0.0, 0.1, 0.2, 0.3]).needed
    replicates = replicates_of([0.0, 0.1, 0.2, 0.3])
    later = [Replicate(r.cell, r.block + 1, r.trial) for r in replicates]  # block 1 is lost
    found = plan_precision(plan_of(replicates=5), rows_of(later), later)

    assert complete is not None
    assert found is not None
    assert found.needed == complete + 1


@pytest.mark.parametrize(
    ("wanted", "fields", "blocks", "limit"),
    [
        ({"maxReplicates": 7}, {}, 7, "precision.maxReplicates"),
        ({"maxReplicates": 7}, {"maxTrials": 12}, 6, "maxTrials"),
        ({"maxReplicates": 7}, {"maxTrials": 13}, 6, "maxTrials"),  # and no half of a block
        ({"maxReplicates": 6}, {"maxTrials": 12}, 6, "precision.maxReplicates"),
        ({"maxReplicates": 7}, {"maxTrials": 18} | TWICE, 6, "maxTrials"),
        ({"maxReplicates": 100}, {"maxTrials": 1000}, None, None),
    ],
)
def test_what_may_be_spent_binds(wanted, fields, blocks, limit):
    found = planned([0.0, 0.1, 0.2, 0.05, 0.1], plan_of(wanted, **fields))

    assert found.limited_by == limit
    assert found.blocks == (blocks or found.needed)
    assert (f"as many as {limit} allows" in found.message) == (limit is not None)


def test_the_first_blocks_may_be_enough() -> None:
    found = planned([0.0, 0.001, 0.002, 0.001, 0.0])

    assert (found.needed, found.blocks, found.limited_by) == (5, 5, None)
    assert found.message == "cpuMicros within 5 % takes no more than the first 5 replicates"


@pytest.mark.parametrize("variants", [1, 2])
def test_a_cell_that_did_not_carry_its_load_asks_for_nothing(variants: int) -> None:
    replicates = replicates_of([0.0, 0.1, 0.2, 0.05, 0.1], variants)
    rows = [row.model_copy(update={"load": LoadOutcome.OVERLOADED}) for row in rows_of(replicates)]
    found = plan_precision(plan_of(), rows, replicates)

    assert found is not None
    assert (found.needed, found.blocks) == (None, 5)
    assert "has no interval in any cell after 5 replicates" in found.message


def test_without_a_control_the_mean_of_the_cell_counts() -> None:
    logs = [0.0, 0.1, 0.2, 0.05, 0.1]

    assert planned(logs, variants=1).needed == planned(logs).needed


def test_at_the_end_the_printed_interval_counts() -> None:
    logs = [0.0, 0.01, 0.02, 0.01, 0.0, 0.02]
    found = judged(logs, plan_of(replicates=3, chosen=6), planned(logs[:3]))
    half = T[5] * statistics.stdev(logs) / math.sqrt(6)
    by_pilot = T[2] * statistics.stdev(logs[:3]) / math.sqrt(6)

    assert found.achieved == pytest.approx(math.expm1(max(half, by_pilot)))
    assert found.message == "cpuMicros is known within 1.77 % after 6 replicates"


def test_what_was_not_reached_is_told_with_the_number_it_would_take() -> None:
    logs = [0.0, 0.1, 0.2, 0.05, 0.1]
    plan = plan_of({"maxReplicates": 5}, chosen=5)
    found = judged(logs, plan, planned(logs, plan))

    assert found.needed == planned(logs).needed
    assert found.message.endswith(f"; 5 % takes {found.needed}: raise precision.maxReplicates")


def test_more_than_anybody_makes_are_not_counted_out() -> None:
    found = planned([0.0, 0.9, -0.9, 0.4, 0.1], plan_of({"halfWidth": "0.1%"}))

    assert "takes more than 999 replicates" in found.message


@pytest.mark.parametrize(
    ("spread", "needed", "told"),
    [
        (1.527, 999, "1 % takes 999: set replicates higher"),
        (1.528, 1000, "1 % takes more than 999: ask for a wider precision.halfWidth"),
    ],
)
def test_no_more_than_999_are_told(spread: float, needed: int, told: str) -> None:
    logs = [spread * each for each in (0.0, 0.1, 0.2, 0.05, 0.1)]

    found = judged(logs, plan_of({"halfWidth": "1%"}, chosen=5))

    assert found.needed == needed
    assert found.message.endswith(f"; {told}")


def test_what_lies_too_far_apart_for_an_interval_is_not_called_known() -> None:
    found = judged([0.0, 0.9, -0.9, 0.4, 0.1], plan_of({"halfWidth": "0.1%"}, chosen=5))

    assert found.achieved is None
    assert found.message == (
        "cpuMicros is not known: 5 replicates lie too far apart for an interval; 0.1 % takes more "
        "than 999: ask for a wider precision.halfWidth"
    )


def test_an_experiment_that_ended_early_tells_what_it_has() -> None:
    found = judged([0.0, 0.01, 0.02], plan_of())

    assert (found.pilot, found.blocks) == (5, 5)
    assert "after 3 replicates" in found.message


def test_without_precision_there_is_nothing_to_tell() -> None:
    plan = plan_of()
    spec = plan.context.spec.model_copy(update={"precision": None})
    experiment = plan.context.experiment.model_copy(update={"spec": spec})
    plain = make_plan(experiment, IMAGES)
    rows: list[ResultRow] = []

    assert plan_precision(plain, rows, []) is None
    assert judge_precision(plain, None, rows, []) is None
