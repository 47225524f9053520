"""Makes the report of an experiment: reads it and its trials, and lets `loadlab.report` write."""

from typing import TYPE_CHECKING, Any

from loadlab.base.text import plain
from loadlab.cli.errors import CliError
from loadlab.cli.experiment import Experiment
from loadlab.report import Subject, read_trials, write_report

if TYPE_CHECKING:
    from loadlab.cli.source import Cluster


def report_of(cluster: "Cluster", name: str) -> str:
    """Return the report of an experiment; of trials that may not be read it says so."""
    resource = cluster.read(name)
    try:
        return build(resource, cluster.trials(name))
    except CliError as err:
        return build(resource, [], f"Without its trials: {err}")


def build(resource: dict[str, Any], trials: list[dict[str, Any]], note: str = "") -> str:
    """Return the report of what the API server returned."""
    experiment = Experiment.of(resource)
    # A deleted experiment's trials have its name, too, until they are collected.
    uid = resource.get("metadata", {}).get("uid", "")
    found, left_out = read_trials([trial for trial in trials if _belongs(trial, uid)])
    return write_report(
        Subject(
            name=plain(experiment.name),
            namespace=plain(experiment.namespace),
            status=experiment.status,
            trials=tuple(found),
            purpose=experiment.purpose,
            workload=plain(str((resource.get("spec") or {}).get("workload", ""))),
            notes=(*([note] if note else ()), *left_out),
        )
    )


def _belongs(trial: dict[str, Any], uid: str) -> bool:
    owners = trial.get("metadata", {}).get("ownerReferences") or []
    return not uid or any(owner.get("uid") == uid for owner in owners)
