"""What one trial says of the rate that it was offered."""

from dataclasses import replace

import pytest

from loadlab.analysis.crashes import LONGEST_STEP
from loadlab.analysis.step import bounds_a_search, step_of
from loadlab.analysis.threshold import parse_threshold
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.resources import Experiment
from loadlab.model.status import AttemptRecord, LoadTrialStatus, StepOutcome, TrialStep
from loadlab.plan import Plan, make_plan
from loadlab.validity.judge import judge
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Family, Judgement, Reason, ReasonKind, invalid, suspect
from tests.manifests import Json
from tests.unit.analysis.wells_trials import IMAGES
from tests.unit.validity.open_loads import OpenLoad, queue, trial_of

TITLE = "sync/workers=1/poolSize=10"
CRITERIA = [
    {"name": "errors", "metric": "http_req_failed", "threshold": "rate<0.01"},
    {"name": "tail", "metric": "http_req_duration", "threshold": "p(95) < 200"},
]


def plan_of(criteria: list[Json] = CRITERIA, **load: object) -> Plan:
    """A plan whose pilot trial found what the cell carries."""
    body = {
        "metadata": {"name": "demo", "namespace": "lab", "uid": "uid-demo"},
        "spec": {
            "workload": "select",
            "variants": [{"name": "sync"}],
            "factors": {"rate": [1000]} if "executor" in load else {},
            "load": load or {"purpose": "Capacity", "search": {}},
            "successCriteria": criteria,
        },
        "status": {"chosen": {"seed": 1, "loads": [{"cell": TITLE, "rates": [1000]}]}},
    }
    return make_plan(Experiment.model_validate(body), IMAGES)


def told(measurement: TrialMeasurement, judgement: Judgement | None = None) -> TrialStep | None:
    plan = plan_of()
    trial = JudgedTrial(measurement, judgement or judge(measurement))
    return step_of(plan, plan.trials[0], trial, LoadTrialStatus())


@pytest.fixture
def offered(healthy: TrialMeasurement) -> TrialMeasurement:
    """1,000 requests a second for 30 s, each answered in 10 ms."""
    load = replace(healthy.load, open_model=True, rate_per_second=1000.0, virtual_users=200)
    return replace(healthy, load=load)


def slower(measurement: TrialMeasurement, ms: int) -> TrialMeasurement:
    return replace(measurement, latency=Histogram.of([1000 * ms] * measurement.requests))


def test_a_rate_under_which_all_criteria_hold_is_held(offered):
    assert told(offered) == TrialStep(outcome=StepOutcome.HELD)


def test_a_rate_under_which_an_earlier_attempt_crashed_is_not_held(offered):
    plan, said = plan_of(), "the service ended by itself during the run: exit code 3"
    crashed = AttemptRecord(attempt=1, reason="ServiceCrashed", message=said)
    status = LoadTrialStatus(attempt=2, former_attempts=(crashed,))

    found = step_of(plan, plan.trials[0], JudgedTrial(offered, judge(offered)), status)

    assert found == TrialStep(outcome=StepOutcome.FAILED, reason=f"in 1 of 2 attempts {said}")


def test_a_broken_criterion_is_named(offered):
    found = told(slower(offered, 300))

    assert found is not None
    assert (found.outcome, found.reason) == (StepOutcome.FAILED, "p(95) < 200")


@pytest.mark.parametrize(("cpus", "limit"), [(1.4, "ServiceCpu"), (0.2, "")])
def test_a_rate_that_fails_was_not_limited_by_the_load(offered, cpus, limit):
    """Nothing was full, and the rate was kept: that is not all that was asked for."""
    usage = replace(offered.components["service"], cpus_used=cpus)
    load = replace(offered.load, cpu_limits={"service": 2.0})
    components = offered.components | {"service": usage}

    found = told(slower(replace(offered, load=load, components=components), 300))

    assert found == TrialStep(outcome=StepOutcome.FAILED, reason="p(95) < 200", resource=limit)


@pytest.mark.parametrize(
    ("failed", "outcome"),
    [(0, StepOutcome.HELD), (300, StepOutcome.HELD), (301, StepOutcome.FAILED),
     (14_400, StepOutcome.FAILED)],
)  # fmt: skip
def test_answers_that_failed_are_no_rate_that_is_carried(offered, failed, outcome):
    """48 % told 503 at once held p(95)<200, and "carries at least 1,000/s" was said of 520."""
    plan = plan_of(CRITERIA[1:])
    trial = replace(offered, failed=failed, status={"2xx": 30_000 - failed, "5xx": failed})
    found = step_of(plan, plan.trials[0], JudgedTrial(trial, Judgement()), LoadTrialStatus())

    assert found is not None
    assert found.outcome is outcome
    told = f"{failed / 30_000:.1%} of the requests failed"
    assert found.reason == (told if outcome is StepOutcome.FAILED else "")


def test_a_criterion_on_failures_says_how_many_may(offered):
    tolerant = [{"name": "errors", "metric": "http_req_failed", "threshold": "rate<0.6"}]
    plan = plan_of([*tolerant, *CRITERIA[1:]])
    trial = replace(offered, failed=14_400, status={"2xx": 15_600, "5xx": 14_400})

    assert step_of(
        plan, plan.trials[0], JudgedTrial(trial, Judgement()), LoadTrialStatus()
    ) == TrialStep(outcome=StepOutcome.HELD)


def test_a_rate_that_is_not_carried_fails_with_its_bottleneck(offered):
    full = ComponentUsage(cpu_micros_per_request=4950.0, cpus_used=0.99)
    dropped = replace(
        slower(offered, 100),
        load=replace(offered.load, cpu_limits={"service": 1.0}),
        requests=6_000,
        iterations=6_000,
        dropped_iterations=24_000,
        mean_iteration_ms=100.0,
        components={"service": full},
        counts=None,
    )

    assert told(dropped) == TrialStep(
        outcome=StepOutcome.FAILED, reason="the rate was not carried", resource="ServiceCpu"
    )


SHORT = "k6 was short of CPU: raise spec.resources.k6, or give the node less other work"
GROWTH = "the median grew by 9.00 ms a second"


@pytest.mark.parametrize(
    ("family", "why"),
    [
        (Family.SERVICE, "the latency grew all through the window"),
        (
            Family.INSTRUMENT,
            f"the latency grew, and {SHORT}",
        ),
    ],
)
@pytest.mark.parametrize("beside", list(Family))
def test_a_latency_that_grows_is_that_of_no_rate_by_whose_doing_it_grew(
    family, why, beside, offered
):
    growth = suspect(ReasonKind.GROWING, GROWTH, family)
    few = suspect(ReasonKind.TOO_FEW_SAMPLES, "50 lie above the p95", beside)

    found = told(offered, Judgement((few, growth)))

    assert found == TrialStep(outcome=StepOutcome.INCONCLUSIVE, reason=why)


@pytest.mark.parametrize(("seconds", "carries"), [(7, 400), (30, 490)])
def test_a_search_and_a_comparison_call_the_same_trial_overloaded(seconds, carries, healthy):
    """500/s are offered, all of which was answered in the end."""
    trial = trial_of(healthy, OpenLoad(rate=500, seconds=seconds), queue(lambda: 1 / carries))
    found = told(trial)

    assert judge(trial).is_overloaded
    assert found is not None
    assert (found.outcome, found.reason) == (StepOutcome.FAILED, "the rate was not carried")


def test_what_k6_could_not_offer_is_told_and_fits_the_status(offered):
    short = invalid(ReasonKind.RATE_NOT_REACHED, "k6 made 900 of 1,000/s" + 300 * "!")

    found = told(offered, Judgement((short,)))

    assert found is not None
    assert found.outcome is StepOutcome.NOT_OFFERED
    assert len(found.reason) == LONGEST_STEP


@pytest.mark.parametrize(
    "reasons",
    [
        (invalid(ReasonKind.FOREIGN_CPU, "others used 0.5 CPU"),),
        (
            invalid(ReasonKind.RATE_NOT_REACHED, "k6 made 900 of 1,000/s"),
            invalid(ReasonKind.FOREIGN_CPU, "others used 0.5 CPU"),
        ),
        (
            suspect(ReasonKind.RATE_NOT_REACHED, "k6 made 990 of 1,000/s"),
            invalid(ReasonKind.GENERATOR_SATURATED, "k6 used all of its CPU"),
        ),
    ],
    ids=["void", "not offered beside others", "late and void"],
)
def test_a_trial_that_others_spoiled_says_nothing(reasons: tuple[Reason, ...], offered):
    assert told(offered, Judgement(reasons)) is None


@pytest.mark.parametrize(
    "given",
    [{"purpose": "Capacity"}, {"executor": "constant-arrival-rate"}],
    ids=["closed", "open"],
)
def test_without_a_search_a_trial_is_no_step(given: Json, offered):
    plan = plan_of(**given)

    assert (
        step_of(plan, plan.trials[0], JudgedTrial(offered, Judgement()), LoadTrialStatus()) is None
    )


@pytest.mark.parametrize(
    ("metric", "text", "bounds"),
    [
        ("http_req_duration", "p(95)<200", True),
        ("http_req_failed", "rate<=0", True),
        ("dropped_iterations", "count==0", True),
        ("http_req_duration", "p(95)>200", False),
        ("http_req_duration", "p(95)==200", False),
        ("http_req_failed", "rate!=0", False),
        ("http_reqs", "rate<900", False),
        ("http_reqs", "rate>100", False),
    ],
)
def test_a_search_needs_a_criterion_that_more_load_breaks(metric, text, bounds):
    assert bounds_a_search(parse_threshold(metric, text)) is bounds
