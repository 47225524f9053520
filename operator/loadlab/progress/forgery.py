"""A Job that somebody else made in the name of a run: its pods' logs are no result.

Whoever may create Jobs may name the experiment as its owner; only what a Job runs tells it from
ours, and that cannot be changed once it is there.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from loadlab.base.names import COMPONENT_LABEL, Component
from loadlab.plan import Plan, PlannedTrial
from loadlab.progress.observed import Observed

_OF_A_CONTAINER = ("name", "image", "command", "args", "env", "envFrom", "volumeMounts")
Program = dict[str, Any]


def program_of(job: Mapping[str, Any]) -> Program:
    """Return what the pods of a Job are to run: its own container, those before it, its volumes."""
    template = (job.get("spec") or {}).get("template") or {}
    spec = template.get("spec") or {}
    labels = (job.get("metadata") or {}).get("labels") or {}
    own = [c for c in _listed(spec, "containers") if c.get("name") == labels.get(COMPONENT_LABEL)]
    return {
        "containers": [_program(container) for container in own],
        "initContainers": [_program(each) for each in _listed(spec, "initContainers")],
        "volumes": list(_listed(spec, "volumes")),
    }


def why_forged(plan: Plan, planned: PlannedTrial, attempt: int, observed: Observed) -> str:
    """Return why a generator's Job of a run is not the one that was planned; empty where it is."""
    (*_, asked) = plan.run_manifests(planned, attempt)
    program, run = program_of(asked), planned.run(attempt).name
    for job in observed.jobs:
        is_generator = job.run == run and job.component is Component.K6
        if is_generator and not _is_same(job.program, program):
            return (
                f"Job {job.name} is not the one that LoadLab made: it runs something else; see who "
                "may create Jobs in this namespace. Where admission changes the images of Jobs, "
                "install LoadLab with those"
            )
    return ""


def _listed(spec: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    return spec.get(name) or ()


def _program(container: Mapping[str, Any]) -> Program:
    return {key: container[key] for key in _OF_A_CONTAINER if container.get(key)}


def _is_same(found: Mapping[str, Any], asked: Program) -> bool:
    containers = [
        set(one) == set(other)
        for kind in ("containers", "initContainers")
        for one, other in zip(found.get(kind, ()), asked[kind], strict=False)
    ]
    return all(containers) and _holds(found, asked)


def _holds(found: Any, asked: Any) -> bool:
    """Whether something is as asked, but for what the API server adds to it by default."""
    if isinstance(asked, Mapping):
        return isinstance(found, Mapping) and all(
            key in found and _holds(found[key], value) for key, value in asked.items()
        )
    if isinstance(asked, list | tuple):
        return len(found) == len(asked) and all(map(_holds, found, asked))
    return bool(found == asked)
