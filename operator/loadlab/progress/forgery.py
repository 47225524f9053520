"""A Job that somebody else made in the name of a run: its pods' logs are no result.

Whoever may create Jobs may name the experiment as its owner; only what a Job runs tells it from
ours, and that cannot be changed once it is there.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from loadlab.base.names import Component
from loadlab.plan import Plan, PlannedTrial
from loadlab.progress.observed import Observed

# What decides about what a pod runs and whom it speaks to; all else may be added by admission.
_OF_A_CONTAINER = (
    *("name", "image", "command", "args", "env", "envFrom", "volumeMounts", "volumeDevices"),
    *("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"),
    *("workingDir", "stdin", "tty", "restartPolicy"),
)
_AROUND = (
    *("shareProcessNamespace", "hostPID", "hostIPC", "hostNetwork"),
    *("hostAliases", "dnsConfig", "dnsPolicy"),
)
_USUAL = {"dnsPolicy": "ClusterFirst"}  # what the API server writes where nothing is asked
Program = dict[str, Any]


def program_of(job: Mapping[str, Any]) -> Program:
    """Return what the pods of a Job are to run: all containers, volumes, and what is around them.

    Sidecars are added to pods; in a Job there is none but what its author put there.
    """
    template = (job.get("spec") or {}).get("template") or {}
    spec = template.get("spec") or {}
    return surroundings_of(spec) | {
        "containers": [_program(container) for container in _listed(spec, "containers")],
        "initContainers": [_program(each) for each in _listed(spec, "initContainers")],
        "volumes": list(_listed(spec, "volumes")),
    }


def surroundings_of(spec: Mapping[str, Any]) -> Program:
    """Return what a pod's specification says of what its containers share and whom they find."""
    return {key: spec[key] for key in _AROUND if spec.get(key) and spec[key] != _USUAL.get(key)}


def why_forged(plan: Plan, planned: PlannedTrial, attempt: int, observed: Observed) -> str:
    """Return why a generator's Job of a run is not the one that was planned; empty where it is."""
    asked = plan.generator_manifest(planned, attempt)
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
    return set(found) == set(asked) and all(containers) and _holds(found, asked)


def _holds(found: Any, asked: Any) -> bool:
    """Whether something is as asked, but for what the API server adds to it by default."""
    if isinstance(asked, Mapping):
        return isinstance(found, Mapping) and all(
            key in found and _holds(found[key], value) for key, value in asked.items()
        )
    if isinstance(asked, list | tuple):
        return len(found) == len(asked) and all(map(_holds, found, asked))
    return bool(found == asked)
