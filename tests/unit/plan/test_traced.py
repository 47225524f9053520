"""Trials behind the last block, one of each variant, in which requests are traced."""

import pytest

from loadlab.model.status.chosen import CellLoad, Chosen
from loadlab.model.status.conditions import Reason
from loadlab.model.trial import TrialRole
from loadlab.plan import Plan, PlanError, PlannedTrial, make_plan
from loadlab.plan.generator import trial_configuration
from loadlab.plan.traced import untraced_variants
from tests.manifests import Json

TWO = [{"name": "sync"}, {"name": "async"}]
ONE_SECOND: Json = {"seconds": 1}


@pytest.fixture
def planned(experiment, images):
    def plan(*, chosen: Chosen | None = None, **spec: object) -> Plan:
        made = experiment(**{"variants": TWO, "trace": ONE_SECOND, **spec})
        status = made.status.model_copy(update={"chosen": chosen})
        return make_plan(made.model_copy(update={"status": status}), images)

    return plan


def environment(plan: Plan, trial: PlannedTrial) -> dict[str, str]:
    deployment = plan.run_manifests(trial, attempt=1)[1]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return {variable["name"]: variable.get("value", "") for variable in container["env"]}


def test_each_variant_has_one_behind_the_last_block_and_its_first_cell(planned):
    plan = planned(factors={"workers": [2, 1]}, replicates=2)

    assert [trial.role for trial in plan.traced] == [TrialRole.TRACED] * 2
    assert plan.in_order[-2:] == plan.traced
    cells = {trial.cell.variant: trial.cell for trial in reversed(plan.trials)}
    assert [trial.cell for trial in plan.traced] == [cells["sync"], cells["async"]]
    assert [trial.name.rpartition("-")[2] for trial in plan.traced] == ["t001", "t002"]


def test_unless_it_is_asked_for_nothing_is_traced_and_told(planned):
    plan = planned(trace=None)

    assert plan.traced == ()
    assert {"TRACE_SECONDS", "TRACE_AFTER_MS"} & environment(plan, plan.trials[0]).keys() == set()


def test_none_of_the_measured_trials_traces(planned):
    plan = planned()

    for trial in (*plan.preliminary, *plan.trials):
        told = environment(plan, trial)
        assert {"TRACE_SECONDS", "TRACE_AFTER_MS"} & told.keys() == set()


def test_it_traces_in_the_midst_of_a_load_of_seconds(planned):
    plan = planned(trace={"seconds": 3}, load={"duration": "5m", "warmup": "1m"})

    load = trial_configuration(plan.context, plan.traced[0].run(1))["load"]
    told = environment(plan, plan.traced[0])

    assert (load["warmupMs"], load["durationMs"]) == (2000, 5000)
    assert (told["TRACE_SECONDS"], told["TRACE_AFTER_MS"]) == ("3", "3000")


def test_a_ramp_is_over_when_it_begins(planned):
    plan = planned(load={"executor": "ramping-vus", "rampUp": "1m"})

    load = trial_configuration(plan.context, plan.traced[0].run(1))["load"]
    assert load["rampUpMs"] == 3000
    assert environment(plan, plan.traced[0])["TRACE_AFTER_MS"] == "6000"


def test_it_is_no_trial_of_the_budget_and_part_of_the_plan(planned):
    plan = planned(replicates=2, maxTrials=4)

    assert (len(plan.trials), plan.most_trials, len(plan.traced)) == (4, 4, 2)
    assert plan.fingerprint != planned(replicates=2, maxTrials=4, trace=None).fingerprint


def test_an_image_without_instruments_has_none(planned):
    own = {"name": "own", "image": "own:1"}
    told = {"name": "told", "image": "own:1", "instrumentsPort": 9100}
    plan = planned(variants=[own, told, *TWO], load={"request": {"path": "/"}})

    assert [trial.cell.variant for trial in plan.traced] == ["told", "sync", "async"]
    assert untraced_variants(plan.context) == ("own",)


def test_a_script_has_none(planned):
    script = {"configMap": {"name": "mine", "key": "load.js"}}
    load = {"executor": "Script", "script": script}
    told = {"name": "told", "image": "own:1", "instrumentsPort": 9100}
    plan = planned(workload="custom", variants=[told], load=load)

    assert plan.traced == ()
    assert untraced_variants(plan.context) == ("told",)


def test_its_resource_says_what_it_is_for(planned):
    plan = planned()

    spec = plan.trial_manifest(plan.traced[1])["spec"]

    assert (spec["role"], spec["replicate"], spec["position"]) == ("Traced", 0, 2)


LOADS = tuple(
    CellLoad(cell=f"{name}/workers=1/poolSize=10", carries=900, rate=400, tier=1)
    for name in ("sync", "async")
)


@pytest.mark.parametrize(
    ("spec", "chosen"),
    [
        ({"load": {"purpose": "Compare"}}, {"loads": LOADS}),
        ({"precision": {"halfWidth": "5%", "figure": "p95Ms"}, "replicates": 3}, {"replicates": 7}),
    ],
    ids=["rates", "replicates"],
)
def test_they_come_when_no_more_trials_do(planned, spec, chosen):
    seed = Chosen(seed=1)
    before, after = (
        planned(chosen=each, **spec) for each in (seed, seed.model_copy(update=chosen))
    )

    assert before.traced == ()
    assert len(after.traced) == 2
    assert before.fingerprint == after.fingerprint


def test_its_requests_have_numbers_of_their_own(planned):
    asked = {"request": {"path": "/orders/${request_id}"}, "duration": "10s"}
    spec = {
        "workload": "custom",
        "variants": [{"name": "own", "image": "a:1", "instrumentsPort": 9}],
    }
    plan = planned(load=asked, retry={"attempts": 2}, replicates=3, **spec)

    runs = [trial.run(attempt) for trial in plan.in_order for attempt in (1, 2)]
    first = [trial_configuration(plan.context, run)["ids"]["measure"] for run in runs]

    assert first == sorted(first)
    assert len(set(first)) == len(first)


def test_its_variables_are_ours(planned):
    env = [{"name": "TRACE_SECONDS", "value": "5"}]

    with pytest.raises(PlanError, match="env TRACE_SECONDS is set by LoadLab") as refused:
        planned(variants=[{"name": "sync", "env": env}])
    assert refused.value.reason is Reason.INVALID_SPEC
