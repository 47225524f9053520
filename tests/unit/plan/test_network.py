"""NetworkPolicies against the connections that the programs make: no fewer, and no more.

What a program connects to is read from what it is told: the addresses in its environment, and for
the generator and the steward those of the trial. The policies are then asked as a plugin would.
"""

import itertools
import json
import re
from collections.abc import Iterator

import pytest

from loadlab.base.names import COMPONENT_LABEL, Component
from loadlab.catalogue import WORKLOADS
from loadlab.plan import Plan, make_plan
from loadlab.plan.network import DNS_PORTS
from loadlab.plan.rabbitmq import METRICS_PORT
from tests.manifests import Json

Connection = tuple[str, str, int]  # from a part, to a part, on a port
OWN = {"name": "mine", "image": "mine:1", "port": 8080, "instrumentsPort": 9100}
PLAIN = {"name": "plain", "image": "plain:1"}
EXISTING = {"mode": "Existing", "secretRef": {"name": "shop"}}
SPECS: dict[str, Json] = {
    **{name: {"workload": name, "variants": [{"name": v} for v in work.variants]}
       for name, work in WORKLOADS.items() if work.variants},
    **{f"{name}/{v}": {"workload": name, "variants": [{"name": v}]}
       for name, work in WORKLOADS.items() for v in work.variants},
    "two pods": {"workload": "select", "variants": [{"name": "cached"}],
                 "factors": {"replicas": [2]}},
    "prepared": {"workload": "items", "variants": [{"name": "queued"}],
                 "preparation": {"image": "shop:1"}},
    "own": {"workload": "custom", "variants": [OWN, PLAIN], "load": {"request": {"path": "/"}}},
    "mixed": {"workload": "select", "variants": [{"name": "cached"}, OWN]},
}  # fmt: skip


def plan_of(experiment, images, **spec: object) -> Plan:
    return make_plan(experiment(**spec), images)


def manifests_of(plan: Plan) -> list[Json]:
    """Everything that an experiment creates, with one run of each variant."""
    one_each = {trial.cell.variant: trial for trial in plan.trials}
    runs = itertools.chain(*(plan.run_manifests(trial, 1) for trial in one_each.values()))
    prepared = [*plan.preparation_manifests(), *plan.own_preparation_manifests()]
    return [*plan.store_manifests(), *prepared, *runs]


def of_kind(manifests: list[Json], kind: str) -> list[Json]:
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def pods_of(manifests: list[Json]) -> list[Json]:
    return [m["spec"]["template"] for m in manifests if "template" in m.get("spec", {})]


def part_of(pod: Json) -> str:
    part: str = pod["metadata"]["labels"][COMPONENT_LABEL]
    return part


def made(manifests: list[Json]) -> set[Connection]:
    """The connections that the programs are told to make."""
    hosts = {m["metadata"]["name"]: m for m in of_kind(manifests, "Service")}
    found = set()
    for pod in pods_of(manifests):
        for host, port in addresses(pod):
            service = hosts[host]
            assert port in {p["port"] for p in service["spec"]["ports"]}, (host, port)
            found.add((part_of(pod), part_of_service(service), port))
    return found


def part_of_service(service: Json) -> str:
    part: str = service["spec"]["selector"][COMPONENT_LABEL]
    return part


def addresses(pod: Json) -> Iterator[tuple[str, int]]:
    for container in pod["spec"]["containers"]:
        given = {v["name"]: v.get("value", "") for v in container.get("env", ())}
        told = " ".join(value for name, value in given.items() if name != "SNAPSHOT_TARGETS")
        found = re.findall(r"(?:://|@)([a-z0-9-]+):([0-9]+)", told.replace("\\/", "/"))
        yield from ((host, int(port)) for host, port in found)
        if "AMQP_URL" in given and part_of(pod) == "steward":
            yield re.findall(r"@([a-z0-9-]+):", given["AMQP_URL"])[0], METRICS_PORT
        yield from snapshot_targets(given)


def snapshot_targets(given: Json) -> Iterator[tuple[str, int]]:
    """Of every variant one run is planned; which trial that is, its name says."""
    for targets in json.loads(given.get("SNAPSHOT_TARGETS", "{}")).values():
        for address in targets.values():
            host, _, port = address.removeprefix("http://").rpartition(":")
            yield host, int(port)


def allowed(manifests: list[Json]) -> set[Connection]:
    """The connections between parts that both ends' policies let through."""
    pods = pods_of(manifests)
    policies = of_kind(manifests, "NetworkPolicy")
    ports = {p["port"] for s in of_kind(manifests, "Service") for p in s["spec"]["ports"]}
    return {
        (part_of(source), part_of(target), port)
        for source, target in itertools.product(pods, pods)
        for port in {*ports, METRICS_PORT, 22}
        if passes(policies, source, target, port, "egress")
        and passes(policies, target, source, port, "ingress")
    }


def passes(policies: list[Json], pod: Json, other: Json | None, port: int, way: str) -> bool:
    """What a network plugin decides at one end; None is a pod of somebody else's."""
    to = {"ingress": "from", "egress": "to"}[way]
    selected = [p["spec"] for p in policies if selects(p["spec"]["podSelector"], pod)]
    selected = [p for p in selected if way.title() in p["policyTypes"]]
    rules = [rule for policy in selected for rule in policy[way]]
    return not selected or any(
        (to not in rule or any(selects(peer["podSelector"], other) for peer in rule[to]))
        and ("ports" not in rule or port in {p["port"] for p in rule["ports"]})
        for rule in rules
    )


def selects(selector: Json, pod: Json | None) -> bool:
    labels = pod["metadata"]["labels"] if pod else {}
    return bool(selector["matchLabels"].items() <= labels.items())


@pytest.mark.parametrize("title", SPECS)
def test_what_is_allowed_is_what_the_programs_do(title, experiment, images):
    spec = SPECS[title] | {"network": {"serviceEgress": "Closed"}}
    manifests = with_targets_of_one_run(manifests_of(plan_of(experiment, images, **spec)))

    assert made(manifests)
    assert allowed(manifests) == made(manifests)


def with_targets_of_one_run(manifests: list[Json]) -> list[Json]:
    """The steward's targets have a place for the run: put in the run of the variant."""
    runs = {
        json.loads(v["value"])["variant"]: json.loads(v["value"])["run"]
        for pod in pods_of(manifests)
        for v in pod["spec"]["containers"][0]["env"]
        if v["name"] == "TRIAL_0"
    }
    for pod in pods_of(manifests):
        for variable in pod["spec"]["containers"][0]["env"]:
            if variable["name"] == "SNAPSHOT_TARGETS":
                targets = json.loads(variable["value"])
                filled = {
                    variant: {n: url.replace("{run}", runs[variant]) for n, url in named.items()}
                    for variant, named in targets.items()
                }
                variable["value"] = json.dumps(filled)
    return manifests


@pytest.mark.parametrize("title", SPECS)
def test_every_pod_is_closed_to_strangers(title, experiment, images):
    manifests = manifests_of(plan_of(experiment, images, **SPECS[title]))
    policies = of_kind(manifests, "NetworkPolicy")

    for pod, port in itertools.product(pods_of(manifests), (22, 53, 5432, 8000, 8080, 9000)):
        assert not passes(policies, pod, None, port, "ingress"), part_of(pod)


def open_parts(manifests: list[Json]) -> set[str]:
    policies = of_kind(manifests, "NetworkPolicy")
    pods = pods_of(manifests)
    return {part_of(pod) for pod in pods if passes(policies, pod, None, 443, "egress")}


@pytest.mark.parametrize(
    ("spec", "parts"),
    [
        (SPECS["items"], set()),
        (SPECS["prepared"], {"preparation"}),
        (SPECS["prepared"] | {"network": {"serviceEgress": "Closed"}}, set()),
        (SPECS["own"], {"service"}),
        (SPECS["mixed"], {"service"}),
        (SPECS["own"] | {"network": {"serviceEgress": "Closed"}}, set()),
        (SPECS["sleep"] | {"network": {"serviceEgress": "Open"}}, {"service"}),
        (
            SPECS["items/queued"] | {"postgres": EXISTING},
            {"dataset", "steward", "service", "worker"},
        ),
        (SPECS["sleep"] | {"postgres": EXISTING}, set()),
        (
            SPECS["ingest/queued"] | {"redis": EXISTING},
            {"dataset", "steward", "service", "worker"},
        ),
        (
            SPECS["ingest/celery"] | {"rabbitmq": EXISTING},
            {"dataset", "steward", "service", "worker"},
        ),
        (SPECS["select/sync"] | {"redis": EXISTING}, set()),
    ],
    ids=[
        "built-in",
        "prepared",
        "prepared, closed",
        "own",
        "mixed",
        "own, closed",
        "sleep, open",
        "existing",
        "existing, unused",
        "existing Redis",
        "existing RabbitMQ",
        "existing Redis, unused",
    ],
)
def test_who_may_speak_to_anybody(spec, parts, experiment, images):
    assert open_parts(manifests_of(plan_of(experiment, images, **spec))) == parts


def test_names_are_found_by_whoever_asks_by_name_and_by_nobody_else(experiment, images):
    manifests = manifests_of(plan_of(experiment, images, **SPECS["items"]))
    policies = of_kind(manifests, "NetworkPolicy")
    asks = {
        part_of(pod)
        for pod in pods_of(manifests)
        if all(passes(policies, pod, None, port, "egress") for port in DNS_PORTS)
    }

    assert asks == {part.value for part in Component} - {
        *("postgres", "redis", "rabbitmq", "preparation")
    }


def test_an_experiment_may_do_without(experiment, images):
    plan = plan_of(experiment, images, network={"policies": False})

    assert of_kind(manifests_of(plan), "NetworkPolicy") == []


def test_policies_are_made_before_the_pods_that_they_select(experiment, images):
    plan = plan_of(experiment, images, **SPECS["items"])
    for step in (plan.store_manifests(), plan.preparation_manifests()):
        kinds = [manifest["kind"] for manifest in step]
        number = kinds.count("NetworkPolicy")
        assert number > 0
        assert kinds[:number] == ["NetworkPolicy"] * number

    closed = {p["metadata"]["name"] for p in of_kind(manifests_of(plan), "NetworkPolicy")}
    assert len(closed) == len(Component) - 1  # nobody prepares anything here
