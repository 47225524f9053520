"""The thresholds of a script become criteria, judged over the replicates of each cell."""

from dataclasses import replace

import pytest

from loadlab.measurement.own_script import ScriptBound, ScriptFacts
from loadlab.model.resources import Experiment, Trial
from loadlab.model.status import CriterionOutcome, Verdict
from loadlab.plan import make_plan
from loadlab.validity.judged_trial import JudgedTrial, dump_trial, load_trial
from loadlab.validity.judgement import Judgement, ReasonKind, invalid
from tests.unit.analysis.analysed import analyze
from tests.unit.analysis.test_summary import IMAGES, VALID, measured

SPEC = {
    "workload": "custom",
    "variants": [{"name": "mine", "image": "mine:1"}],
    "replicates": 3,
    "load": {"script": {"configMap": {"name": "shop-load"}}},
}
TAIL = ScriptBound(metric="http_req_duration", threshold="p(97)<500")


def plan_of(**changes):
    metadata = {"name": "demo", "namespace": "lab", "uid": "uid-demo"}
    return make_plan(
        Experiment.model_validate({"metadata": metadata, "spec": SPEC | changes}), IMAGES
    )


def analysed(*scripts, judgement=VALID, generator=None, **changes):
    """Analyse an experiment whose trials told so, one after the other."""
    plan = plan_of(**changes)
    trials = []
    for planned, bounds in zip(plan.trials, scripts, strict=True):
        trial = replace(measured(1000.0), script=ScriptFacts(bounds=bounds))
        trial = replace(trial, generator=replace(trial.generator, **(generator or {})))
        stored = dump_trial(JudgedTrial(trial, judgement))
        manifest = plan.trial_manifest(planned)
        status = {"phase": "Succeeded", "measurement": stored}
        trials.append(Trial.model_validate(manifest | {"status": status}))
    return analyze(plan, trials)


def waited(value, threshold="avg<100", metric="waited"):
    return (ScriptBound(metric=metric, threshold=threshold, value=value),)


def test_a_bound_on_k6s_own_latency_is_judged_as_a_criterion():
    own = {"name": "own", "metric": "http_reqs", "threshold": "count>10"}
    status = analysed(*[(TAIL,)] * 3, successCriteria=[own])

    assert [(c.name, c.threshold) for c in status.criteria] == [
        ("own", "count>10"), ("script-1", "http_req_duration p(97)<500"),
    ]  # fmt: skip
    assert status.criteria[1].outcome is CriterionOutcome.PASSED
    assert float(status.criteria[1].value) == pytest.approx(10, rel=0.01)
    assert status.verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ((50.0, 52.0, 51.0), CriterionOutcome.PASSED),
        ((150.0, 152.0, 151.0), CriterionOutcome.FAILED),
        ((95.0, 105.0, 99.0), CriterionOutcome.INCONCLUSIVE),
        ((40.0, 60.0, 98.0), CriterionOutcome.INCONCLUSIVE),  # [20, 190]: too noisy to pass
        ((1.0, 2.0, 4.0), CriterionOutcome.PASSED),
    ],
)
def test_a_time_of_its_own_is_judged_by_the_interval_of_the_replicates(values, outcome):
    status = analysed(*map(waited, values))

    (criterion,) = status.criteria
    assert (criterion.threshold, criterion.outcome) == ("waited avg<100", outcome)
    assert criterion.cell.startswith("mine")
    assert status.verdict.value == {"Passed": "Passed", "Failed": "Failed"}.get(
        outcome.value, "Inconclusive"
    )


def checked(passed, of, threshold):
    return (
        ScriptBound(metric="checks", threshold=threshold, value=passed / of, checks=(passed, of)),
    )


@pytest.mark.parametrize(
    ("share", "outcome"), [(0.95, CriterionOutcome.PASSED), (0.5, CriterionOutcome.FAILED)]
)
def test_the_share_of_checks_that_passed_is_a_criterion(share, outcome):
    status = analysed(*[checked(round(share * 1000), 1000, "rate>0.9")] * 3)

    (criterion,) = status.criteria
    assert (criterion.threshold, criterion.outcome) == ("checks rate>0.9", outcome)


@pytest.mark.parametrize(("length", "end"), [(52, "m avg<100"), (53, "m avg<1…")])
def test_a_threshold_is_told_with_sixty_characters(length, end):
    """So many of a metric's name, and ` avg<100` after it."""
    status = analysed(*[waited(50.0, metric="m" * length)] * 3)

    (criterion,) = status.criteria
    assert len(criterion.threshold) == 60
    assert criterion.threshold.endswith(end)


def test_thresholds_are_told_in_the_order_of_the_script():
    bounds = tuple(bound for n in range(11) for bound in waited(50.0, metric=f"time_{n}"))
    status = analysed(*[bounds] * 3)

    assert [criterion.name for criterion in status.criteria] == [
        f"script-{number}" for number in range(1, 12)
    ]


def test_replicates_of_another_script_say_nothing_of_the_first_ones_bound():
    status = analysed(waited(50.0), waited(900.0, "avg<1000"), waited(50.0))

    (criterion,) = status.criteria
    assert (criterion.outcome, criterion.value) == (CriterionOutcome.PASSED, "50")


@pytest.mark.parametrize(
    ("threshold", "value", "metric", "outcome"),
    [
        ("avg<80", 150.0, "login_time", CriterionOutcome.INCONCLUSIVE),
        ("avg<70", 150.0, "login_time", CriterionOutcome.FAILED),
        ("avg<200", 150.0, "login_time", CriterionOutcome.PASSED),
        ("min<80", 150.0, "login_time", CriterionOutcome.FAILED),
    ],
)
def test_a_busy_generator_lengthens_a_time_of_its_own_as_it_does_latencies(
    threshold, value, metric, outcome
):
    status = analysed(*[waited(value, threshold, metric)] * 3, generator={"cpu_share": 0.95})

    (criterion,) = status.criteria
    assert criterion.outcome is outcome
    assert criterion.note.startswith("k6 was short") is (outcome is CriterionOutcome.INCONCLUSIVE)


def test_trials_that_cannot_be_used_decide_nothing():
    judgement = Judgement((invalid(ReasonKind.FOREIGN_CPU, "others"),))
    status = analysed(*[waited(50.0)] * 3, judgement=judgement)

    (criterion,) = status.criteria
    assert criterion.outcome is CriterionOutcome.INCONCLUSIVE


def test_one_replicate_of_three_that_has_a_time_decides_nothing():
    status = analysed(waited(50.0), (), ())

    (criterion,) = status.criteria
    assert (criterion.outcome, criterion.value) == (CriterionOutcome.INCONCLUSIVE, "50")
    assert criterion.note.startswith("1 of 3 replicates alone could be used")


def test_what_a_script_asks_for_is_stored_with_its_trial():
    script = ScriptFacts(bounds=(TAIL, *waited(3.5)), unsupported=("a: b",), ignored=("vus",))
    trial = JudgedTrial(replace(measured(10.0), script=script), VALID)

    assert load_trial(dump_trial(trial)).measurement.script == script


def test_without_a_script_there_are_the_experiments_criteria_only():
    assert analysed((), (), ()).criteria == ()
