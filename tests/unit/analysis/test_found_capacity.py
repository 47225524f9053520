"""What is told of each cell: what it carries, what fails, and why it is known no better."""

from typing import Any

import pytest

from loadlab.analysis.found_capacity import failing_rates, found_capacities
from loadlab.analysis.search import arms_to_analyse
from loadlab.catalogue import Factor
from loadlab.model.resources import Experiment, Trial
from loadlab.model.status import CellCapacity, SearchEnd, StepOutcome, TrialPhase
from loadlab.model.status.conditions import Reason
from loadlab.plan import Plan, make_plan
from tests.manifests import Json
from tests.unit.analysis.wells_trials import IMAGES

TITLE = "sync/workers=1/poolSize=10"
HELD: Json = {"outcome": "Held"}
FAILED: Json = {"outcome": "Failed", "reason": "p(95)<200", "resource": "ServiceCpu"}
UNDECIDED: Json = {"outcome": "Inconclusive", "reason": "rate<0.01", "resource": "Load"}
NOT_OFFERED: Json = {"outcome": "NotOffered", "reason": "k6 made 900 of 1,000/s"}


def plan_of(rates: list[int], ended: str | None, **load: Any) -> Plan:
    search = {"purpose": "Capacity", "search": {}}
    body = {
        "metadata": {"name": "demo", "namespace": "lab", "uid": "uid-demo"},
        "spec": {
            "workload": "select",
            "variants": [{"name": "sync"}],
            "load": search | load,
            "successCriteria": [
                {"name": "tail", "metric": "http_req_duration", "threshold": "p(95)<200"}
            ],
        },
        "status": {
            "chosen": {"seed": 1, "loads": [{"cell": TITLE, "rates": rates, "ended": ended}]}
        },
    }
    return make_plan(Experiment.model_validate(body), IMAGES)


def trials_of(plan: Plan, said: list[Json | None]) -> list[Trial]:
    """The plan's first trials, each with what it says; void where that is nothing."""
    return [
        Trial.model_validate(
            plan.trial_manifest(planned)
            | {"status": {"phase": "Succeeded" if step else "Invalid", "step": step}}
        )
        for planned, step in zip(plan.trials, said, strict=False)
    ]


def found(
    *steps: tuple[int, Json | None], ended: str | None = "Found", **load: Any
) -> CellCapacity:
    plan = plan_of([rate for rate, _ in steps], ended, **load)
    (only,) = found_capacities(plan, trials_of(plan, [step for _, step in steps]))
    return only


def message(*steps: tuple[int, Json | None], ended: str | None = "Found") -> str:
    told = found(*steps, ended=ended).message
    assert told.startswith(TITLE)
    return told.removeprefix(TITLE)


USUAL = [(400, HELD), (440, FAILED), (400, HELD), (440, FAILED)]


def test_what_holds_and_what_fails_is_told_with_its_limit():
    assert found(*USUAL) == CellCapacity(
        cell=TITLE,
        at_least=400,
        below=440,
        below_outcome=StepOutcome.FAILED,
        at_least_trials=2,
        below_trials=2,
        reason="p(95)<200",
        limited_by="ServiceCpu",
        trials=4,
        ended=SearchEnd.FOUND,
        message=f"{TITLE} carries at least 400/s; 440/s fails (p(95)<200), limited by ServiceCpu",
    )


def test_rates_are_told_in_requests_a_second():
    each = found(*[(60 * rate, step) for rate, step in USUAL], timeUnit="1m")

    assert (each.at_least, each.below) == (400, 440)


def test_what_limits_it_is_what_a_failed_trial_at_that_rate_says():
    each = found((440, HELD), (440, UNDECIDED), (440, FAILED), (400, HELD), (480, UNDECIDED))

    assert (each.below, each.below_outcome) == (440, StepOutcome.FAILED)
    assert (each.reason, each.limited_by) == ("p(95)<200", "ServiceCpu")


def test_a_void_trial_says_nothing_and_is_counted():
    each = found((400, HELD), (440, None), (440, FAILED))

    assert (each.trials, each.below_trials) == (3, 1)


def test_a_trial_that_no_longer_fits_could_not_be_offered():
    plan = plan_of([400, 800], "Found")
    held, other = trials_of(plan, [HELD, None])
    unfit = other.status.model_copy(update={"reason": Reason.NO_LONGER_FITS})

    (each,) = found_capacities(plan, [held, other.model_copy(update={"status": unfit})])

    assert (each.below, each.below_outcome) == (800, StepOutcome.NOT_OFFERED)


@pytest.mark.parametrize(
    ("steps", "ended", "told"),
    [
        (
            [(400, HELD), (440, FAILED)],
            None,
            (
                " carries at least 400/s (in the one trial of it); 440/s fails (in the one trial "
                "of it) (p(95)<200), limited by ServiceCpu; the experiment ended before the search "
                "did"
            ),
        ),
        (
            [(400, HELD), (440, NOT_OFFERED), (400, HELD)],
            "Found",
            (
                " carries at least 400/s; 440/s could not be offered by k6, so that it may carry "
                "more: give k6 more CPU (resources.k6)"
            ),
        ),
        (
            [(400, HELD), (400, HELD), (440, UNDECIDED), (440, UNDECIDED)],
            "Found",
            " carries at least 400/s; 440/s is undecided (rate<0.01), limited by Load",
        ),
        (
            [(400, HELD), (400, HELD)],
            "MaxRate",
            " carries at least 400/s; load.search.maxRate allows no higher rate",
        ),
        (
            [(4, FAILED), (4, FAILED)],
            "MinRate",
            (
                " is not known to carry any rate that was tried; 4/s fails (p(95)<200), limited by "
                "ServiceCpu; no lower rate may be tried"
            ),
        ),
        (
            [(400, None), (400, None)],
            "NotMeasured",
            (
                ": no trial came to a result; trials of one rate were void or lost; its LoadTrials "
                "say why"
            ),
        ),
    ],
)
def test_it_is_told_in_words(steps, ended, told):
    assert message(*steps, ended=ended) == told


@pytest.mark.parametrize("end", [it for it in SearchEnd if it is not SearchEnd.FOUND])
def test_each_end_but_the_usual_one_is_explained(end):
    assert message(*USUAL, ended=end.value).startswith(message(*USUAL) + "; ")


def test_what_is_not_over_yet_is_not_counted():
    plan = plan_of([400, 800, 600], None)
    held, runs = trials_of(plan, [HELD, FAILED])
    running = runs.status.model_copy(update={"phase": TrialPhase.RUNNING})

    (each,) = found_capacities(plan, [held, runs.model_copy(update={"status": running})])

    assert (each.trials, each.at_least, each.below, each.below_outcome) == (1, 400, None, None)


@pytest.mark.parametrize(
    ("said", "rate"),
    [([HELD, FAILED], 400), ([FAILED, FAILED], 400), ([None, FAILED], 800), ([None], 400)],
    ids=["carried", "the lowest that fails", "the one that is known", "void"],
)
def test_the_row_of_a_cell_is_of_what_it_carries(said, rate):
    plan = plan_of([400, 800], None)
    trials = {trial.metadata.name: trial for trial in trials_of(plan, said)}

    assert [arm.cell.number(Factor.RATE) for arm in arms_to_analyse(plan, trials)] == [rate]


def test_a_cell_that_was_not_tried_has_no_row():
    assert arms_to_analyse(plan_of([400], None), {}) == ()


def test_without_a_search_each_cell_has_its_row():
    plan = plan_of([400], None, search=None)

    assert arms_to_analyse(plan, {}) == plan.arms


def test_without_a_search_there_is_nothing_to_tell():
    plan = plan_of([400], None, search=None)

    assert found_capacities(plan, []) == ()


@pytest.mark.parametrize(
    ("steps", "rate"),
    [
        (USUAL, 440),
        ([(400, HELD), (440, UNDECIDED), (480, FAILED), (440, UNDECIDED)], 480),
        ([(440, UNDECIDED), (440, FAILED), (480, FAILED)], 440),
        ([(400, HELD), (440, UNDECIDED)], None),
        ([(440, FAILED), (440, HELD), (440, HELD), (480, NOT_OFFERED)], None),
    ],
    ids=["usual", "undecided below", "failed once", "never", "held in most"],
)
def test_where_a_cell_was_seen_to_fail_is_above_what_was_undecided(steps, rate):
    plan = plan_of([60 * at for at, _ in steps], "Found", timeUnit="1m")

    found = failing_rates(plan, trials_of(plan, [step for _, step in steps]))

    assert found == ({} if rate is None else {TITLE: rate})
