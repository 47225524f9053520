"""What is sent for a cell: names, shares, variables, and parameters of the workload."""

import json
import re

import pytest

from loadlab.base.names import Component
from loadlab.catalogue import WORKLOADS
from loadlab.model.status.conditions import Reason
from loadlab.plan import PlanError, make_plan
from loadlab.plan.cells import cells_of
from loadlab.plan.requests import requests_of
from loadlab.plan.variants import resolve_variants, stores_of

BUILT_IN = [name for name, workload in WORKLOADS.items() if workload.variants]


def requests(experiment, **spec):
    found = experiment(**spec).spec
    cell = cells_of(found)[0]
    return requests_of(found, resolve_variants(found)[cell.variant], cell)


@pytest.mark.parametrize("workload", BUILT_IN)
def test_every_variable_of_a_request_is_known_and_bodies_are_json(experiment, workload):
    sent = requests(
        experiment, workload=workload, variants=[{"name": next(iter(WORKLOADS[workload].variants))}]
    )

    for request in (*sent.load, *filter(None, [sent.side])):
        text = request.path + (request.body or "")
        names = set(re.findall(r"\$\{(\w+)\}", text))
        assert names <= {"request_id", *sent.variables}
        if request.body:
            json.loads(re.sub(r"\$\{\w+\}", "1", request.body))


def test_the_share_of_writes_is_a_factor(experiment):
    def shares(percent):
        sent = requests(
            experiment,
            workload="items",
            variants=[{"name": "direct"}],
            factors={"writePercent": [percent]},
        )
        return {request.name: request.weight for request in sent.load}, sent.write_share

    assert shares(25) == ({"read": 75, "write": 25}, 0.25)
    assert shares(0) == ({"read": 100}, 0)
    assert shares(100) == ({"write": 100}, 1)


def test_payload_bytes_are_added_to_the_body(experiment):
    def sent(workload, variant, *levels):
        factors = {"payloadBytes": list(levels)} if levels else {}
        variants = [{"name": variant}]
        found = requests(experiment, workload=workload, variants=variants, factors=factors)
        (write,) = (request for request in found.load if request.writes)
        return found.padding_bytes, write.body.count("${padding}")

    for workload, variant in (("ingest", "pooled"), ("items", "direct")):
        assert sent(workload, variant) == (0, 0)
        assert sent(workload, variant, 1000) == (1000, 1)


@pytest.mark.parametrize(("levels", "highest"), [({}, 10_000), ({"userIds": [1]}, 1)])
def test_user_ids_spread_over_the_data_set_unless_fewer_are_asked_for(experiment, levels, highest):
    assert requests(experiment, factors=levels).variables == {"user_id": (1, highest)}


def test_light_pings_go_beside_the_pages_of_wells(experiment):
    sent = requests(experiment, workload="wells", variants=[{"name": "def"}])

    assert sent.side is not None
    assert (sent.side.name, sent.side_per_second) == ("ping", 20)


@pytest.mark.parametrize(
    ("workload", "variants", "stores"),
    [
        ("sleep", ["async"], []),
        ("select", ["sync", "async"], ["postgres"]),
        ("select", ["sync", "cached"], ["postgres", "redis"]),
        ("ingest", ["naive"], ["postgres"]),
        ("ingest", ["queued"], ["postgres", "redis"]),
        ("ingest", ["celery"], ["postgres", "rabbitmq"]),
        ("items", ["queued"], ["postgres", "redis", "rabbitmq"]),
    ],
)
def test_only_the_stores_that_a_variant_needs_are_deployed(experiment, workload, variants, stores):
    spec = experiment(workload=workload, variants=[{"name": name} for name in variants]).spec

    assert stores_of(spec) == tuple(map(Component, stores))


@pytest.mark.parametrize(
    ("variants", "factors"),
    [
        (["pooled"], {"consumers": [2]}),
        (["queued-insert", "naive"], {"batchSize": [10]}),
    ],
)
def test_a_factor_that_changes_nothing_is_refused(experiment, images, variants, factors):
    asked = experiment(
        workload="ingest", variants=[{"name": name} for name in variants], factors=factors
    )

    with pytest.raises(PlanError, match=f"factors.{next(iter(factors))} changes nothing") as raised:
        make_plan(asked, images)
    assert raised.value.reason is Reason.INVALID_SPEC


@pytest.mark.parametrize(
    ("place", "request_"),
    [
        ("path", {"path": "/search?shelf=${shelf}"}),
        ("body", {"path": "/", "body": '{"id": ${request_id}, "shelf": ${shelf}}'}),
        ("headers.X-Shelf", {"path": "/", "headers": {"X-Shelf": "${shelf}"}}),
    ],
)
def test_a_variable_without_a_range_is_refused(experiment, images, place, request_):
    known = request_ | {"variables": {"shelf": {"min": 1, "max": 9}}}

    make_plan(experiment(load={"request": known}), images)
    with pytest.raises(PlanError, match=rf"load.request.{place} uses \$\{{shelf\}}") as raised:
        make_plan(experiment(load={"request": request_}), images)
    assert raised.value.reason is Reason.INVALID_SPEC


@pytest.mark.parametrize("text", ["$shelf", "{shelf}", "${}", "${a-b}", "${é}", "$ {shelf}"])
def test_text_that_the_script_sends_as_it_is_needs_no_range(experiment, images, text):
    """tests/loadgen/test_one_pod.py holds the script to the same."""
    make_plan(experiment(load={"request": {"path": "/", "body": text}}), images)


def test_a_factor_that_one_variant_knows_is_collapsed_for_the_others(experiment):
    spec = experiment(
        workload="ingest",
        variants=[{"name": "pooled"}, {"name": "celery"}],
        factors={"consumers": [1, 4]},
    ).spec

    assert [cell.title().split("/")[0] for cell in cells_of(spec)] == ["pooled", "celery", "celery"]


@pytest.mark.parametrize(
    ("variant", "env", "bound"),
    [
        ("direct", [], 0),
        ("cached", [], 1000),
        ("cached", [{"name": "CACHE_TTL_MS", "value": "250"}], 250),
        ("queued", [{"name": "CACHE_TTL_MS", "value": "2000"}], 6000),
        ("direct", [{"name": "CACHE_TTL_MS", "value": "250"}], 0),
    ],
)
def test_the_declared_staleness_follows_the_caches_time_to_live(experiment, variant, env, bound):
    spec = experiment(workload="items", variants=[{"name": variant, "env": env}]).spec

    assert resolve_variants(spec)[variant].stale_ms == bound
