"""A pilot that mostly failed, or whose worker fell behind, sets no rate for the others."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.work_done import WorkDone
from loadlab.model.resources import Experiment, Trial
from loadlab.model.status.conditions import ConditionType, find
from loadlab.plan import Plan, make_plan
from loadlab.plan.expected import ExpectedWork
from loadlab.progress.conditions import Transition
from loadlab.progress.decision import Announce, Decision
from loadlab.progress.observed import Observed
from loadlab.progress.pilots import choose_rates
from loadlab.validity.judged_trial import JudgedTrial, dump_trial
from tests.unit.analysis.test_summary import VALID, measured
from tests.unit.progress.test_pilots import IMAGES


@dataclass
class Pilot:
    carried: float
    failed: float = 0.0
    written: float | None = None  # of what was accepted


def planned(pilots: dict[str, Pilot], factors: dict[str, Any], **load: Any) -> Plan:
    metadata = {"name": "demo", "namespace": "lab", "uid": "u"}
    spec = {
        "workload": "select",
        "variants": [{"name": name} for name in pilots],
        "factors": factors,
        "load": {"purpose": "Compare", "duration": "10s", "warmup": "1s"} | load,
    }
    return make_plan(Experiment.model_validate({"metadata": metadata, "spec": spec}), IMAGES)


def status_of(pilot: Pilot) -> dict[str, Any]:
    row = {"class": "4xx", "text": "429 Too Many Requests", "requests": 99, "share": pilot.failed}
    status = {"phase": "Succeeded", "requestsPerSecond": pilot.carried, "failures": [row]}
    return status if pilot.written is None else status | {"measurement": put_off(pilot.written)}


def put_off(written: float) -> dict[str, Any]:
    found = measured(100.0)
    usage = ComponentUsage(cpu_micros_per_request=100.0)
    values: dict[str, Any] = {
        "components": {"service": usage, "worker": usage},
        "counts": RequestCounts(seconds=10.0, client=1000.0, server=1000, load=1000.0),
        "work": WorkDone(persisted=round(1000 * written)),
        "load": replace(found.load, expected=ExpectedWork(write_share=1.0)),
    }
    return dump_trial(JudgedTrial(replace(found, **values), VALID))


def chosen_by(
    pilots: dict[str, Pilot], factors: dict[str, Any] | None = None, **load: Any
) -> Decision:
    plan = planned(pilots, factors or {}, **load)
    trials = {
        each.name: Trial.model_validate(
            plan.trial_manifest(each) | {"status": status_of(pilots[each.cell.variant])}
        )
        for each in plan.preliminary
    }
    status = plan.context.experiment.status
    return choose_rates(plan, status, Observed(trials=trials), Transition(1, 0.0))


def rates(decision: Decision) -> dict[str, tuple[float | None, int | None, int]]:
    assert decision.status.chosen is not None
    return {
        load.cell.partition("/")[0]: (load.carries, load.rate, load.tier)
        for load in decision.status.chosen.loads
    }


def said(decision: Decision) -> str:
    return "; ".join(each.message for each in decision.actions if isinstance(each, Announce))


def why_failed(decision: Decision) -> str:
    found = find(decision.status.conditions, ConditionType.FAILED)
    return f"{found.reason}: {found.message}" if found else ""


FLOODED = Pilot(3.0, failed=0.99)


def test_one_flooded_pilot_ends_no_comparison_of_the_others() -> None:
    """3/s of it were the slowest of all: 1/s takes 1,000 s, and the experiment failed."""
    decision = chosen_by({"sync": Pilot(800.0), "async": FLOODED, "asyncpg": Pilot(1000.0)})

    assert why_failed(decision) == ""
    assert rates(decision) == {
        "sync": (800.0, 400, 1),
        "async": (None, 400, 1),
        "asyncpg": (1000.0, 400, 1),
    }
    assert (
        "async/workers=1/poolSize=10 is offered 400 per 1s, as 99% of its pilot's requests failed "
        "(429 Too Many Requests); "
    ) in said(decision) + "; "
    assert said(decision).count("failed") == 1


def test_where_all_pilots_failed_so_the_end_says_how() -> None:
    decision = chosen_by({"sync": FLOODED, "async": FLOODED})

    assert why_failed(decision).startswith("TooFewRequests: ")
    assert "sync/workers=1/poolSize=10: 99% of its pilot's requests failed (429" in why_failed(
        decision
    )


def test_what_succeeded_sets_the_rate_where_nothing_else_is_known() -> None:
    both = Pilot(500.0, failed=0.9)

    assert rates(chosen_by({"sync": both, "async": both})) == {
        "sync": (500.0, 250, 1),
        "async": (500.0, 250, 1),
    }


@pytest.mark.parametrize("others", [Pilot(800.0), FLOODED])
def test_a_given_rate_is_offered_whatever_failed(others: Pilot) -> None:
    decision = chosen_by({"sync": others, "async": FLOODED}, {"rate": [200]})

    carried = None if others is FLOODED else 800.0
    assert rates(decision) == {"sync": (carried, None, 1), "async": (None, None, 1)}


def test_what_a_worker_did_not_write_was_not_carried() -> None:
    """Half of what is accepted may be above what is ever written."""
    decision = chosen_by({"sync": Pilot(1000.0, written=0.4), "async": Pilot(900.0, written=0.99)})

    assert rates(decision) == {"sync": (400.0, 200, 1), "async": (900.0, 200, 1)}


def test_at_a_given_rate_an_answer_takes_as_long_whatever_is_written() -> None:
    decision = chosen_by({"sync": Pilot(1000.0, written=0.4)}, {"rate": [200]})

    assert rates(decision) == {"sync": (1000.0, None, 1)}
