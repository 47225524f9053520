"""What cells carry at least, and by what it was limited."""

import pytest

from loadlab.analysis.capacity import with_capacity
from loadlab.analysis.pilots import Limit
from loadlab.model.resources import Experiment
from loadlab.model.status import (
    Figure,
    LatencyMs,
    LoadOutcome,
    ReplicateCounts,
    ResultRow,
    Standing,
    Validity,
)
from loadlab.plan import Images, Plan, make_plan
from tests.manifests import Json

IMAGES = Images(services="s:1", k6="k6:1", postgres="p:1", redis="r:1", rabbitmq="mq:1")
LOADS: list[Json] = [
    {"cell": "sync/workers=1/poolSize=10", "carries": 100.0, "rate": 50, "tier": 1},
    {"cell": "async/workers=1/poolSize=10", "carries": 3000.0, "rate": 1500, "tier": 2},
    {"cell": "asyncpg/workers=1/poolSize=10", "rate": 50, "tier": 1},
]


def plan_of(load: Json, chosen: Json | None = None, **fields: Json) -> Plan:
    variants = [{"name": name} for name in ("sync", "async", "asyncpg")]
    spec = {"workload": "select", "variants": variants, "load": load, **fields}
    metadata = {"name": "demo", "namespace": "lab", "uid": "u"}
    status = {"chosen": chosen} if chosen else {}
    return make_plan(
        Experiment.model_validate({"metadata": metadata, "spec": spec, "status": status}), IMAGES
    )


@pytest.fixture
def compared() -> Plan:
    return plan_of({"purpose": "Compare"}, {"seed": 1, "loads": LOADS})


def rows_of(plan: Plan, speed: Figure | None = None) -> list[ResultRow]:
    return [
        ResultRow(
            cell=cell,
            replicates=ReplicateCounts(planned=1, valid=1),
            requests=1,
            requests_per_second=speed,
            validity=Validity.VALID,
        )
        for cell in plan.cells
    ]


def test_compared_cells_carry_what_their_pilots_did(compared):
    limits = {LOADS[0]["cell"]: Limit.SERVICE, LOADS[2]["cell"]: Limit.USERS}
    found = [row.capacity for row in with_capacity(compared, rows_of(compared), limits)]

    assert found == [
        Figure(mean=100.0, standing=Standing.BOUND, why="Pilot"),
        Figure(mean=3000.0, standing=Standing.BOUND, why="PilotUnknown"),
        None,
    ]


@pytest.mark.parametrize(
    ("answer_ms", "load", "why"),
    [
        (249.9, LoadOutcome.KEPT, "Pilot"),
        (250.1, LoadOutcome.KEPT, "PilotUsers"),
        (240.0, LoadOutcome.OVERLOADED, "PilotUsers"),
    ],
)
def test_users_who_waited_for_each_other_did_not_limit_a_pilot(answer_ms, load, why, compared):
    """50 users who carry 100/s wait 500 ms each, where nothing was seen to be full."""
    sync = rows_of(compared)[0]
    latency = LatencyMs(avg=answer_ms, min=1, med=1, max=1, p90=1, p95=1, p99=1, p999=1)
    row = sync.model_copy(update={"latency_ms": latency, "load": load})

    found, *_ = with_capacity(compared, [row], {LOADS[0]["cell"]: Limit.USERS})

    assert found.capacity == Figure(mean=100.0, standing=Standing.BOUND, why=why)


def test_in_a_closed_loop_they_carry_what_was_measured_with_its_interval():
    plan = plan_of({"purpose": "Capacity"})
    speed = Figure(mean=900.0, low=880.0, high=920.0)

    (first, *_) = with_capacity(plan, rows_of(plan, speed))

    assert first.capacity == speed.as_lower_bound("ClosedLoop")


@pytest.mark.parametrize("speed", [None, Figure(mean=900.0).as_unsound("QueueBehind")])
def test_in_a_closed_loop_what_is_no_rate_is_no_bound(speed: Figure | None) -> None:
    plan = plan_of({"purpose": "Capacity"})

    (first, *_) = with_capacity(plan, rows_of(plan, speed))

    assert first.capacity == speed


def test_without_a_purpose_nothing_is_said_of_it():
    plan = plan_of({})

    rows = rows_of(plan, Figure(mean=1.0))

    assert list(with_capacity(plan, rows)) == rows
