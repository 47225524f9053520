"""Plans: what is created for whom, what is refused, and that the same spec plans the same."""

import contextlib
import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadlab.base.names import FINGERPRINT_ANNOTATION
from loadlab.catalogue import WORKLOADS
from loadlab.model.status.conditions import Reason
from loadlab.plan import PlanError, make_plan

GOLDEN = Path(__file__).parents[2] / "golden"
GOLDEN_SPECS = {
    file.stem: yaml.safe_load(file.read_text())
    for file in sorted((GOLDEN / "specs").glob("*.yaml"))
}


@pytest.mark.parametrize("name", GOLDEN_SPECS)
def test_manifests_are_the_golden_ones(name, experiment, images):
    """`UPDATE_GOLDEN=1` writes them anew; read the difference before you commit it."""
    plan = make_plan(experiment(**GOLDEN_SPECS[name]), images)
    manifests = [
        *plan.store_manifests(),
        *plan.preparation_manifests(),
        plan.trial_manifest(plan.trials[0]),
        *plan.run_manifests(plan.trials[0], attempt=1),
    ]
    plain = json.loads(json.dumps(manifests))  # without YAML anchors
    text = yaml.safe_dump_all(plain, sort_keys=False, width=100)
    path = GOLDEN / f"{name}.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)

    assert path.read_text() == text


def test_the_same_spec_plans_the_same_bytes(experiment, images):
    first, second = (make_plan(experiment(replicates=2), images) for _ in range(2))

    assert first == second
    assert first.fingerprint == second.fingerprint


def test_a_plan_is_hashed_once_and_only_where_its_fingerprint_is_read(
    experiment, images, monkeypatch
):
    """Of those that wait in the queue nobody reads it, and it takes longer than all the rest."""
    hashed: list[bytes] = []

    def counted(text: bytes) -> Any:
        hashed.append(text)
        return sha256(text)

    monkeypatch.setattr("loadlab.plan.plan.sha256", counted)
    plan = make_plan(experiment(), images)
    assert not hashed

    marks = {m["metadata"]["annotations"][FINGERPRINT_ANNOTATION] for m in plan.store_manifests()}

    assert marks == {plan.fingerprint}
    assert len(hashed) == 1


@pytest.mark.parametrize(
    "change",
    [{"replicates": 2}, {"factors": {"workers": [2]}}, {"load": {"duration": "31s"}}],
    ids=["replicates", "levels", "load"],
)
def test_a_changed_spec_changes_the_fingerprint(change, experiment, images):
    assert (
        make_plan(experiment(), images).fingerprint
        != make_plan(experiment(**change), images).fingerprint
    )


@pytest.mark.parametrize(("given", "told"), [(None, None), ("500m", "0.5")])
def test_the_steward_is_told_what_others_may_use_before_a_load(given, told, experiment, images):
    placement = {} if given is None else {"foreignCpu": given}
    manifests = make_plan(experiment(placement=placement), images).preparation_manifests()
    (steward,) = (m for m in manifests if m["kind"] == "Deployment")
    (container,) = steward["spec"]["template"]["spec"]["containers"]
    named = {variable["name"]: variable.get("value") for variable in container["env"]}

    assert named.get("FOREIGN_CPUS") == told


REFUSALS = {
    Reason.NO_TRIALS: {"exclude": [{"variant": "asyncpg"}]},
    Reason.TOO_MANY_TRIALS: {"factors": {"workers": [1, 2]}, "replicates": 3, "maxTrials": 5},
    Reason.POOL_TOO_LARGE: {"factors": {"workers": [4], "poolSize": [25]}},
    Reason.NAME_TOO_LONG: {"name": "x" * 41},
    Reason.INVALID_NAME: {"name": "shop.v1"},
    Reason.INVALID_EXPECTATION: {
        "expectations": [
            {"name": "x", "metric": "failedRate", "of": {"variant": "sync"}, "atMost": 0.1}
        ]
    },
    Reason.INVALID_SPEC: {"postgres": {"settings": {"max_connections": "many"}}},
}


@pytest.mark.parametrize(("reason", "change"), REFUSALS.items(), ids=REFUSALS.keys())
def test_what_cannot_run_is_refused_with_its_reason(reason, change, experiment, images):
    with pytest.raises(PlanError) as caught:
        make_plan(experiment(**change), images)

    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("workload", "variant", "says"),
    [
        ("wells", "def", "there are list, details, ping"),
        ("items", "cached", "there are read, write, hit, miss"),
        ("select", "sync", "all are alike"),
    ],
)
def test_an_expectation_names_a_request_that_is_sent(workload, variant, says, experiment, images):
    wrong = {"name": "x", "metric": "latencyMs.p99", "request": "png", "atMost": 1}
    spec = {"workload": workload, "variants": [{"name": variant}]}

    with pytest.raises(PlanError, match=f"has no request png of its own: {says}"):
        make_plan(experiment(**spec, expectations=[wrong | {"of": {"variant": variant}}]), images)


def test_a_pool_that_fits_a_raised_max_connections_is_planned(experiment, images):
    fits = experiment(
        factors={"workers": [4], "poolSize": [25]},
        postgres={"settings": {"max_connections": "120"}},
    )

    assert make_plan(fits, images).trials


# A NUL is refused at the door, and a lone surrogate is in no JSON.
NOT_NUL = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
NUMBERS = [
    pytest.param(
        "postgres.settings.max_connections",
        lambda text: {"postgres": {"settings": {"max_connections": text}}},
        id="max_connections",
    ),
    pytest.param(
        "variants cached: env CACHE_TTL_MS",
        lambda text: {
            "workload": "items",
            "variants": [{"name": "cached", "env": [{"name": "CACHE_TTL_MS", "value": text}]}],
        },
        id="CACHE_TTL_MS",
    ),
]
ODD_NUMBERS = ["²", "①", "٣", "1_0", "+5", " 5", "5\n", "", "0", "-1", "5.0", "9" * 1000]


@pytest.mark.parametrize("text", ODD_NUMBERS, ids=ascii)
@pytest.mark.parametrize(("field", "change"), NUMBERS)
def test_what_only_python_takes_for_a_number_is_refused(field, change, text, experiment, images):
    with pytest.raises(PlanError, match=f"^{field} is .*: give a whole number from 1 to") as caught:
        make_plan(experiment(**change(text)), images)

    assert caught.value.reason is Reason.INVALID_SPEC
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(("field", "change"), NUMBERS)
@given(text=st.text(NOT_NUL, max_size=1000) | st.integers().map(str))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_for_a_number_is_planned_or_refused(field, change, text, experiment, images):
    asked = experiment(**change(text))
    if text.isascii() and text.isdigit() and 0 < len(text) < 5 and int(text) > 20:
        assert make_plan(asked, images).trials
        return
    with contextlib.suppress(PlanError):
        make_plan(asked, images)


def test_an_image_may_call_any_setting_of_its_own_by_our_names(experiment, images):
    env = [{"name": "CACHE_TTL_MS", "value": "for ever"}]
    mine = {"name": "mine", "image": "mine:1", "env": env}

    assert make_plan(experiment(variants=[mine]), images).trials


def told_variables(experiment, images) -> list[tuple[str, str, str]]:
    """What every built-in variant and an image beside them is told: workload, variant, name."""
    every = [(name, variant) for name, work in WORKLOADS.items() for variant in work.variants]
    found = []
    for workload, variant in (*every, *((name, "mine") for name in WORKLOADS)):
        plan = make_plan(experiment(**with_env(workload, variant)), images)
        deployment = plan.run_manifests(plan.trials[0], attempt=1)[1]
        (container, *_) = deployment["spec"]["template"]["spec"]["containers"]
        found += [(workload, variant, variable["name"]) for variable in container["env"]]
    return found


def with_env(workload: str, variant: str, *names: str) -> dict[str, object]:
    image = {} if variant in WORKLOADS[workload].variants else {"image": "mine:1"}
    env = [{"name": name, "value": "1"} for name in names]
    return {
        "workload": workload,
        "variants": [{"name": variant, "env": env} | image],
        "load": {"request": {"path": "/"}},
    }


def test_no_variant_may_set_a_variable_that_we_set(experiment, images):
    told = told_variables(experiment, images)

    assert {"RUN_ID", "DATABASE_URL", "REDIS_PASSWORD", "AMQP_URL", "WORKERS"} <= {
        name for _, _, name in told
    }
    for workload, variant, name in told:
        with pytest.raises(PlanError, match=f"variants {variant}: env {name} is set") as caught:
            make_plan(experiment(**with_env(workload, variant, "OTHER", name)), images)
        assert caught.value.reason is Reason.INVALID_SPEC


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("POOL_SIZE", "set factors.poolSize instead"),
        ("DATABASE_URL", "leave it out, or give it another name"),
    ],
)
def test_a_variable_of_ours_is_refused_with_what_to_do(name, remedy, experiment, images):
    with pytest.raises(PlanError, match=f"env {name} is set by LoadLab; {remedy}"):
        make_plan(experiment(**with_env("select", "sync", name)), images)


def test_an_image_may_take_the_name_of_what_it_is_not_told(experiment, images):
    spec = with_env("custom", "mine", "POOL_SIZE", "DATABASE_URL", "INSTRUMENTS_PORT", "CONSUMERS")

    assert make_plan(experiment(**spec), images).trials


def test_derived_names_fit_a_label(experiment, images):
    longest = experiment(
        "x" * 40,
        workload="ingest",
        variants=[{"name": "queued"}],
        maxTrials=1000,
        replicates=30,
        factors={"virtualUsers": list(range(1, 21))},
    )
    plan = make_plan(longest, images)
    names = [
        manifest["metadata"]["name"] for manifest in plan.run_manifests(plan.trials[-1], attempt=5)
    ]

    assert max(map(len, names)) <= 63
