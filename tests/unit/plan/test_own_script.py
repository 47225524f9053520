"""A k6 script of the user's own: mounted, told where the service is, and kept from our tokens."""

import json

import pytest

from loadlab.plan import PlanError, make_plan
from loadlab.plan.expected import load_facts
from tests.manifests import Json

OWN: Json = {"workload": "custom", "variants": [{"name": "mine", "image": "mine:1"}]}
SCRIPT: Json = {"configMap": {"name": "shop-load", "key": "test.js"}, "function": "browse"}


def scripted(script: Json | None = None, **load: object) -> Json:
    return OWN | {"load": {"script": SCRIPT | (script or {})} | load}


def planned(experiment, images, spec: Json):
    plan = make_plan(experiment(**spec), images)
    trial = plan.trials[0]
    found: Json = plan.run_manifests(trial, attempt=1)[-1]["spec"]["template"]["spec"]
    return plan, trial, found


def test_all_keys_of_the_config_map_are_files_beside_the_script(experiment, images):
    _, _, pod = planned(experiment, images, scripted())

    (volume,), (container,) = pod["volumes"], pod["containers"]
    (mount,) = container["volumeMounts"]
    assert volume == {"name": mount["name"], "configMap": {"name": "shop-load"}}
    assert mount["readOnly"]
    assert container["args"][-1] == "/scripts/own.js"
    trial = json.loads(next(v["value"] for v in container["env"] if v["name"] == "TRIAL_0"))
    path = f"{mount['mountPath']}/test.js"
    assert trial["script"] == {"path": path, "function": "browse", "scenarios": False}


def test_what_it_logs_comes_by_the_pipe_of_the_lines_that_are_read_back(experiment, images):
    """Else it may stand between two parts of a long one: a snapshot, a document."""
    _, _, pod = planned(experiment, images, scripted())

    assert "--log-output=stdout" in pod["containers"][0]["args"]


def test_its_variables_may_refer_to_the_service_and_to_no_token(experiment, images):
    env = [{"name": "BASE_URL", "value": "$(LOADLAB_TARGET)/api"}]
    _, _, pod = planned(experiment, images, scripted({"env": env}))

    names = [variable["name"] for variable in pod["containers"][0]["env"]]
    # Kubernetes puts in what stands before, and leaves $(LOADLAB_TOKEN) as it is.
    assert names[:2] == ["LOADLAB_TARGET", "BASE_URL"]
    assert {"LOADLAB_TOKEN", "STEWARD_TOKEN", "TRIAL_0"} < {*names[2:]}


@pytest.mark.parametrize(
    "name",
    [
        "K6_OUT",
        "OTEL_SDK_DISABLED",
        "LOADLAB_TARGET",
        "STEWARD_TOKEN",
        "TRIAL_1",
        "HTTPS_PROXY",
        "GODEBUG",
        "k6_vus",
    ],
)
def test_a_variable_that_would_configure_k6_is_refused(name, experiment, images):
    with pytest.raises(PlanError, match=rf"load\.script\.env: {name} is for LoadLab or k6"):
        make_plan(experiment(**scripted({"env": [{"name": name, "value": "x"}]})), images)


def test_a_calibration_says_nothing_of_a_script(experiment, images):
    with pytest.raises(PlanError, match=r"load\.calibration .* leave it out"):
        make_plan(experiment(**scripted(calibration="5s")), images)


@pytest.mark.parametrize(
    ("field", "value"),
    [("thinkTime", "1s"), ("timeout", "5s"), ("redirects", "Follow")],
)
def test_what_the_script_says_itself_is_said_nowhere_else(field, value, experiment, images):
    with pytest.raises(PlanError, match=rf"leave load\.request\.{field} out"):
        make_plan(experiment(**scripted(request={field: value})), images)


@pytest.mark.parametrize(("executor", "preliminary"), [("Script", 0), ("constant-vus", 1)])
def test_scenarios_of_a_script_settle_nothing(executor, preliminary, experiment, images):
    plan, trial, _ = planned(experiment, images, scripted(executor=executor))

    facts = load_facts(plan.context, trial.cell, trial.load)
    assert len(plan.preliminary) == preliminary
    assert (facts.own_script, facts.own_scenarios) == (True, executor == "Script")
    assert facts.timeout_ms == 60_000
