"""Work that a queue puts off costs what it costs when it is done, per row that was written."""

import copy
import json
from typing import Any

import pytest

from loadlab.measurement.pod_log import PodReport, read_pod_log
from loadlab.measurement.trial import measure_trial
from loadlab.measurement.values import TrialMeasurement
from loadlab.plan.expected import ExpectedWork, LoadFacts
from tests.unit.conftest import START, document_of, log_of, with_failures

WRITES = LoadFacts(
    open_model=False,
    virtual_users=4,
    duration_seconds=10.0,
    writes=True,
    expected=ExpectedWork(write_share=1.0),
)
MIXED = LoadFacts(
    open_model=False,
    virtual_users=4,
    duration_seconds=10.0,
    writes=True,
    expected=ExpectedWork(write_share=0.5),
)


def snapshot(edge: str, at: float, **components: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    body = {"edge": edge, "takenAt": START + at, "components": components, "errors": {}}
    return "loadlab_snapshot", body


def cpu(seconds: float, **counters: int) -> dict[str, Any]:
    return {"cpuSeconds": seconds, **counters}


# 1,000 are accepted while measuring; 400 of them are written by then, and all after the drain.
BEGUN = snapshot(
    "start", 0, service=cpu(1, requests=0), worker=cpu(5, persisted=50), postgres=cpu(3)
)
ENDED = snapshot(
    "end", 10, service=cpu(1.5, requests=1000), worker=cpu(5.4, persisted=450), postgres=cpu(3.2)
)
DRAINED = snapshot(
    "drained", 15, service=cpu(1.9, requests=1000), worker=cpu(6, persisted=1050), postgres=cpu(3.5)
)
DONE = ("loadlab_account", {"drained": True, "drainSeconds": 5, "persisted": 1000})


def measured(
    load: LoadFacts, *lines: tuple[str, dict[str, Any]], refused: int = 0
) -> TrialMeasurement:
    document = with_failures(document_of([2000] * 1000), refused)
    report: PodReport = read_pod_log("k6-0", log_of(document, *lines))
    found = measure_trial([report], 1, load)
    assert isinstance(found, TrialMeasurement)
    return found


def costs(trial: TrialMeasurement) -> dict[str, float | None]:
    parts = ("service", "worker", "postgres")
    return {
        name: usage and round(usage, 3)
        for name in parts
        if name in trial.components
        for usage in [trial.components[name].cpu_micros_per_request]
    }


def test_all_are_counted_until_the_drain_and_shared_out_over_rows() -> None:
    trial = measured(WRITES, BEGUN, ENDED, DRAINED, DONE)

    assert costs(trial) == {"service": 900.0, "worker": 1000.0, "postgres": 500.0}
    assert trial.costs_per_row
    assert not trial.leaves_out_costs


def test_among_reads_they_are_shared_out_over_all_requests() -> None:
    trial = measured(MIXED, BEGUN, ENDED, DRAINED, DONE)

    assert costs(trial) == {"service": 900.0, "worker": 1000.0, "postgres": 500.0}
    assert not trial.costs_per_row


def with_answered(edge: tuple[str, dict[str, Any]], requests: int) -> tuple[str, dict[str, Any]]:
    changed = copy.deepcopy(edge)
    changed[1]["components"]["service"]["requests"] = requests
    return changed


def test_what_a_full_queue_refuses_is_no_row_but_costs_cpu() -> None:
    """3,000 of 4,000 were told 503: the service seemed to take 225 µs a row, and takes 900."""
    told = [BEGUN, *(with_answered(edge, 4000) for edge in (ENDED, DRAINED))]
    trial = measured(WRITES, *told, DONE, refused=3000)

    assert costs(trial) == {"service": 900.0, "worker": 1000.0, "postgres": 500.0}


def test_among_reads_what_is_refused_is_in_no_denominator() -> None:
    told = [BEGUN, *(with_answered(edge, 4000) for edge in (ENDED, DRAINED))]

    assert costs(measured(MIXED, *told, DONE, refused=3000))["worker"] == 1000.0


def test_rows_of_before_are_in_one_denominator_and_not_in_the_other() -> None:
    """1,000 rows are written and 800 requests answered: 200 were accepted before."""
    edges = [BEGUN, *(with_answered(edge, 800) for edge in (ENDED, DRAINED))]

    assert costs(measured(WRITES, *edges, DONE))["worker"] == 1000.0
    assert costs(measured(MIXED, *edges, DONE))["worker"] == 1250.0


def test_a_store_that_had_nothing_to_do_cost_nothing() -> None:
    idle = copy.deepcopy((BEGUN, ENDED, DRAINED))
    for _, body in idle:
        body["components"]["postgres"] = cpu(3)
    trial = measured(WRITES, *idle, DONE)

    assert costs(trial)["postgres"] == 0.0
    assert not trial.leaves_out_costs


@pytest.mark.parametrize("load", [WRITES, MIXED])
def test_of_a_few_rows_none_was_accepted_before(load: LoadFacts) -> None:
    few = copy.deepcopy((BEGUN, ENDED, DRAINED))
    for (_, body), done in zip(few, (50, 60, 70), strict=True):
        body["components"]["worker"]["persisted"] = done
        body["components"]["service"]["requests"] = done

    assert not measured(load, *few, DONE).leaves_out_costs


def test_a_service_that_counts_nothing_accepted_nothing_before() -> None:
    silent = copy.deepcopy((BEGUN, ENDED, DRAINED))
    for (_, body), done in zip(silent, (50, 60, 70), strict=True):
        body["components"]["worker"]["persisted"] = done
        del body["components"]["service"]["requests"]

    assert not measured(WRITES, *silent, DONE).leaves_out_costs


@pytest.mark.parametrize(("before", "is_bound"), [(50, False), (76, False), (77, True)])
def test_rows_accepted_before_lack_what_the_service_did_for_them(
    before: int, *, is_bound: bool
) -> None:
    """26 of 1,000 rows, of whose 2,400 µs the service has 900: less than 1 % is missing."""
    edges = [
        with_answered(edge, count)
        for edge, count in ((BEGUN, before), (ENDED, 1000 + before), (DRAINED, 1000 + before))
    ]
    trial = measured(WRITES, *edges, DONE)

    assert costs(trial)["worker"] == 1000.0
    assert trial.leaves_out_costs is is_bound


@pytest.mark.parametrize(("before", "is_bound"), [(70, False), (71, True)])
def test_one_percent_of_the_cost_may_be_missing(before: int, *, is_bound: bool) -> None:
    """20 of 1,000 rows, of whose 1,000 µs the service has 500: exactly that."""
    rows = worker(5, 50), worker(5.1, 450), worker(5.25, 1050)
    stores = cpu(3), cpu(3.1), cpu(3.25)
    served = (1, before), (1.3, 1000 + before), (1.5, 1000 + before)
    edges = [
        snapshot(edge, at, service=cpu(spent, requests=answered), worker=row, postgres=store)
        for edge, at, (spent, answered), row, store in zip(
            ("start", "end", "drained"), (0, 10, 15), served, rows, stores, strict=True
        )
    ]

    assert measured(WRITES, *edges, DONE).leaves_out_costs is is_bound


def test_what_a_service_of_unknown_cpu_did_before_is_missing_in_no_cost() -> None:
    """2 µs a row are the worker's alone, of which nothing is missing."""
    edges = [
        snapshot(edge, at, service={"requests": answered}, worker=worker(spent, rows))
        for edge, at, answered, spent, rows in (
            ("start", 0, 100, 5, 50),
            ("end", 10, 1100, 5.001, 450),
            ("drained", 15, 1100, 5.002, 1050),
        )
    ]
    trial = measured(WRITES, *edges, DONE)

    assert costs(trial) == {"service": None, "worker": 2.0}
    assert not trial.leaves_out_costs


def worker(seconds: float, rows: int) -> dict[str, Any]:
    return cpu(seconds, persisted=rows)


def test_a_refused_write_of_the_warm_up_is_no_row_of_it() -> None:
    edges = [with_answered(edge, count) for edge, count in ((BEGUN, 90), (ENDED, 1090))]
    edges[0][1]["components"]["service"]["failed"] = 40

    assert not measured(WRITES, *edges, with_answered(DRAINED, 1090), DONE).leaves_out_costs


def test_a_worker_that_writes_what_was_accepted_before_is_no_dearer_for_it() -> None:
    """Not drained: 2,000 rows beside 1,000 requests; 0.4 s of CPU are 200 µs for each, at least."""
    busy = copy.deepcopy(ENDED)
    busy[1]["components"]["worker"]["persisted"] = 2050
    trial = measured(WRITES, BEGUN, busy)

    assert costs(trial)["worker"] == 200.0
    assert trial.leaves_out_costs
    assert trial.costs_per_row


@pytest.mark.parametrize(
    "lines",
    [
        (BEGUN, ENDED, DONE),
        (BEGUN, ENDED, DRAINED),
        (BEGUN, ENDED, DRAINED, ("loadlab_account", DONE[1] | {"drained": False})),
        (BEGUN, ENDED, DRAINED, ("loadlab_account", DONE[1] | {"pending": 1})),
        (BEGUN, ENDED, snapshot("drained", 15, worker=cpu(6, persisted=1050)), DONE),
        (BEGUN, ENDED, snapshot("drained", 15, worker=cpu(6), postgres=cpu(3.5)), DONE),
        (BEGUN, ENDED, snapshot("drained", 15, worker=cpu(4, persisted=9), postgres=cpu(4)), DONE),
    ],
    ids=["not looked at", "no account", "not drained", "pending", "store silent", "rows unknown",
         "worker restarted"],
)  # fmt: skip
def test_what_is_not_known_to_be_done_leaves_a_lower_bound(
    lines: tuple[tuple[str, dict[str, Any]], ...],
) -> None:
    trial = measured(WRITES, *lines)

    assert trial.leaves_out_costs
    assert costs(trial)["worker"] == 400.0


def test_without_a_worker_nothing_is_put_off() -> None:
    bare = json.loads(json.dumps([BEGUN, ENDED, DRAINED]))
    for _, body in bare:
        del body["components"]["worker"]

    trial = measured(WRITES, *((key, body) for key, body in bare), DONE)

    assert not trial.leaves_out_costs
    assert costs(trial) == {"service": 500.0, "postgres": 200.0}
