"""Both sides of each contract, in one place: what the operator plans, what the services offer."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import jsonschema
from jsonschema.exceptions import best_match
from referencing import Registry, Resource

from loadlab.base.names import API_VERSION, Component
from loadlab.catalogue import WORKLOADS
from loadlab.model.k6_outputs import K6Outputs
from loadlab.model.resources import Experiment
from loadlab.plan.context import Images
from loadlab.plan.generator import trial_configuration
from loadlab.plan.plan import Plan, make_plan
from tests.manifests import Json

SERVICES_IMAGE = "services:1"
IMAGES = Images(services=SERVICES_IMAGE, k6="k6:1", postgres="pg:1", redis="r:1", rabbitmq="mq:1")
COLLECTOR: Json = {"url": "http://collector:4318", "to": {"namespace": "monitoring", "port": 4318}}
SENDING = replace(IMAGES, k6_outputs=K6Outputs.model_validate({"opentelemetry": COLLECTOR}))
EXISTING = {"mode": "Existing", "secretRef": {"name": "mine", "key": "url"}}
OWN_IMAGES: dict[str, Json] = {
    "metered": {"name": "metered", "image": "own:1"},
    "instrumented": {"name": "instrumented", "image": "own:1", "instrumentsPort": 9100},
}
# One level for every factor that a program is told by its environment, none of them a default.
OWN_LEVELS = {"workers": [3], "poolSize": [7], "virtualUsers": [32]}
CUSTOM_LEVELS = {name: it for name, it in OWN_LEVELS.items() if name != "poolSize"}
LEVELS = OWN_LEVELS | {
    "server": ["gunicorn"],
    "gunicornThreads": [5],
    "gunicornWorkerConnections": [77],
}
OPTIONAL_LEVELS = {"consumers": [2], "batchSize": [123]}
# A request with all that a team may say of it.
TOLD: Json = {
    "path": "/",
    "expectedStatuses": [200, 404],
    "headersFrom": [{"name": "X-Key", "secretKeyRef": {"name": "keys", "key": "api"}}],
}
STEPS: Json = {
    "variables": {
        "shelf": {"min": 1, "max": 9},
        "email": {"values": ["a@example.org"]},
        "city": {"configMapKeyRef": {"name": "shop", "key": "cities"}},
    },
    "steps": [
        {
            "name": "login",
            "method": "POST",
            "path": "/login?city=${city}",
            "body": '{"email": "${email}"}',
            "extract": [
                {"name": "order", "json": "id"},
                {"name": "cache", "header": "x-cache"},
                {"name": "session", "cookie": "sid"},
                {"name": "place", "header": "Location", "as": "Path"},
            ],
        },
        {
            "name": "me",
            "path": "/me/${order}",
            "headers": {"X-Cache": "${cache}-${session}", "X-Id": "${request_id}-${experiment_id}"},
        },
    ],
}
SCRIPT: Json = {"configMap": {"name": "shop-load", "key": "script.js"}, "function": "browse"}
LOADS: dict[str, Json] = {
    "closed": {},
    "ramping": {"load": {"executor": "ramping-vus", "rampUp": "10s"}},
    "open": {
        "load": {
            "executor": "constant-arrival-rate",
            "maxVirtualUsers": 50,
            "calibration": "5s",
        },
        "factors": {"rate": [100], "workers": [3]},
    },
}


@dataclass(frozen=True)
class PlannedContainer:
    """A container of our services' image in a planned pod."""

    title: str
    program: str
    environment: dict[str, str]
    referred: frozenset[str]  # names that other variables take their values from


def built_in() -> list[tuple[str, str]]:
    """Every workload and variant of the operator's catalogue."""
    return [(w.name, v) for w in WORKLOADS.values() for v in w.variants]


def plan_of(workload: str, variant: Json, **spec: Any) -> Plan:
    """Plan the smallest experiment with one variant."""
    body = {"workload": workload, "variants": [variant], "factors": LEVELS, "replicates": 1} | spec
    metadata = {"name": "exp", "namespace": "lab", "uid": "u", "generation": 1}
    manifest = {
        "apiVersion": API_VERSION,
        "kind": "LoadExperiment",
        "metadata": metadata | {"creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": body,
    }
    return make_plan(Experiment.model_validate(manifest), IMAGES)


def plans() -> Iterator[tuple[str, Plan]]:
    """Yield a plan of every variant, built-in and own, under every kind of load and Postgres."""
    for workload, variant in built_in():
        for title, more in LOADS.items():
            yield f"{workload}/{variant} {title}", plan_of(workload, {"name": variant}, **more)
        pods = LEVELS | {"replicas": [2]}
        yield (
            f"{workload}/{variant} in two pods",
            plan_of(workload, {"name": variant}, factors=pods),
        )
        if WORKLOADS[workload].variants[variant].worker:
            yield f"{workload}/{variant} with a worker's factors", _with_worker(workload, variant)
        if Component.POSTGRES in WORKLOADS[workload].stores(variant):
            plan = plan_of(workload, {"name": variant}, postgres=EXISTING)
            yield f"{workload}/{variant} in an existing Postgres", plan
        for store in ("redis", "rabbitmq"):
            if Component(store) in WORKLOADS[workload].stores(variant):
                plan = plan_of(workload, {"name": variant}, **{store: EXISTING})
                yield f"{workload}/{variant} in an existing {store}", plan
        traced = plan_of(workload, {"name": variant}, trace={"seconds": 2})
        yield f"{workload}/{variant} traced", traced
    for own, workload in itertools.product(OWN_IMAGES.values(), ("select", "custom")):
        levels = OWN_LEVELS if workload == "select" else CUSTOM_LEVELS
        more = {"load": {"request": {"path": "/"}}, "factors": levels}
        yield f"{workload}/{own['name']}", plan_of(workload, own, **more)
    asked: Json = {"told": {"request": TOLD}, "steps": {"request": STEPS}}
    asked |= {"script": {"script": SCRIPT}, "iterations": {"request": TOLD, "iterations": 1000}}
    for title, load in asked.items():
        more = {"load": load, "factors": CUSTOM_LEVELS}
        plan = plan_of("custom", OWN_IMAGES["metered"], **more)
        yield f"custom/{title}", plan
        yield f"custom/{title} with outputs", make_plan(plan.context.experiment, SENDING)


def _with_worker(workload: str, variant: str) -> Plan:
    """Plan with as many of the worker's factors as mean something for the variant."""
    for count in (2, 1):
        factors = LEVELS | dict(itertools.islice(OPTIONAL_LEVELS.items(), count))
        try:
            return plan_of(workload, {"name": variant}, factors=factors)
        except ValueError:
            continue
    raise AssertionError(f"{workload}/{variant} takes no factor of its worker")


def containers() -> Iterator[PlannedContainer]:
    """Yield every planned container of the services' image."""
    for title, plan in plans():
        for manifest in _children(plan):
            pod = manifest["spec"].get("template", {}).get("spec", {})
            for container in pod.get("containers", ()):
                if container["image"] == SERVICES_IMAGE:
                    yield _container(f"{title}: {container['command'][2]}", container)


def _children(plan: Plan) -> list[Json]:
    run = next(iter(plan.traced), plan.trials[0])
    return [*plan.preparation_manifests(), *plan.run_manifests(run, 1)]


def _container(title: str, container: Json) -> PlannedContainer:
    given = {v["name"]: v.get("value", "postgresql://u:p@h:5432/d") for v in container["env"]}
    referred = frozenset(re.findall(r"\$\((\w+)\)", " ".join(given.values())))
    expanded = {
        name: re.sub(r"\$\((\w+)\)", lambda found: given[found[1]], value)
        for name, value in given.items()
        if name not in referred
    }
    return PlannedContainer(title, container["command"][2], expanded, referred)


def configurations() -> Iterator[tuple[str, Json]]:
    """Yield every planned trial configuration."""
    for title, plan in plans():
        for trial in plan.trials:
            yield title, trial_configuration(plan.context, trial.run(1))
        for trial in plan.preliminary:
            yield f"{title}, {trial.role}", trial_configuration(plan.context, trial.run(1))


def faults(schemas: dict[str, Json], file: str, value: object, definition: str = "") -> list[str]:
    """Say how a value departs from a schema, or from one of its definitions; nothing if not."""
    resources = [(s["$id"], Resource.from_contents(s)) for s in schemas.values()]
    registry: Registry = Registry().with_resources(resources)
    target = schemas[file]["$id"] + (f"#/$defs/{definition}" if definition else "")
    validator = jsonschema.Draft202012Validator({"$ref": target}, registry=registry)
    # Of several schemas that could hold, what the likeliest one says.
    found = [best_match([error]) for error in validator.iter_errors(value)]
    return [f"{'.'.join(map(str, e.absolute_path))}: {e.message[-300:]}" for e in found]
