"""Makes the report of an experiment: reads it and its trials, and lets `loadlab.report` write."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from loadlab.base.text import plain
from loadlab.cli.errors import CliError
from loadlab.cli.experiment import Experiment
from loadlab.report import Subject, read_trials, write_report

if TYPE_CHECKING:
    from loadlab.cli.options import Reader


def report_of(source: "Reader", name: str) -> str:
    """Return the report of an experiment; of trials that may not be read it says so."""
    resource = source.read(name)
    try:
        return build(resource, source.trials(name))
    except CliError as err:
        return build(resource, [], f"Without its trials: {err}")


def build(resource: dict[str, Any], trials: list[dict[str, Any]], note: str = "") -> str:
    """Return the report of what the API server returned."""
    experiment = Experiment.of(resource)
    found, left_out = read_trials(belonging(resource, trials))
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


def belonging(resource: dict[str, Any], trials: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the trials of an experiment.

    A deleted one's trials have its name, too, until they are collected.
    """
    uid = resource.get("metadata", {}).get("uid", "")
    return [trial for trial in trials if _belongs(trial, uid)]


def _belongs(trial: dict[str, Any], uid: str) -> bool:
    owners = trial.get("metadata", {}).get("ownerReferences") or []
    return not uid or any(owner.get("uid") == uid for owner in owners)
