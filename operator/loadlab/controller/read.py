"""An experiment as the API server has it -> what the state machine decides about.

Nothing that stands in a resource raises here: what cannot be read is a refusal, with its reason.
"""

from typing import Any

from pydantic import ValidationError

from loadlab.base.models import first_fault
from loadlab.controller.plans import Plans
from loadlab.kube.api import Manifest
from loadlab.model.resources import AnyExperiment, Experiment, Metadata
from loadlab.model.status import LoadExperimentStatus, Phase
from loadlab.model.status.conditions import Reason
from loadlab.plan import Images, Plan, PlanError
from loadlab.progress.refusal import Refusal

OF_THE_ENDING = (
    *("phase", "observedGeneration", "conditions", "verdict", "trials", "progress"),
    *("currentTrial", "queuePosition", "phaseStartTime", "startTime", "completionTime"),
)


def read_experiment(
    body: Manifest, images: Images, plans: Plans
) -> tuple[AnyExperiment, Plan | Refusal]:
    """Return the experiment, and its plan or why there is none."""
    status, fault = _read_status(body.get("status") or {})
    metadata = Metadata.model_validate(body["metadata"])
    unread = AnyExperiment(metadata=metadata, status=status)
    if fault:
        message = f"this release cannot read the status that another one wrote: {fault}"
        return unread, Refusal(Reason.SUPERSEDED, message)
    try:
        return _plan(Experiment.model_validate(body), unread, images, plans)
    except ValidationError as error:
        return unread, Refusal(Reason.INVALID_SPEC, _explain(error))


def _plan(
    experiment: Experiment, unread: AnyExperiment, images: Images, plans: Plans
) -> tuple[AnyExperiment, Plan | Refusal]:
    try:
        return experiment, plans.plan_of(experiment, images)
    except PlanError as error:
        # Its ending needs nothing of its spec; what becomes of it once it is over does.
        kept = experiment if unread.status.phase.is_terminal else unread
        return kept, Refusal(error.reason, str(error))


def read_identity(body: Manifest) -> AnyExperiment:
    """Return who an experiment is and how far it has come: what its ending needs, and no more."""
    found = body.get("status") or {}
    status, _ = _read_status({name: found[name] for name in OF_THE_ENDING if name in found})
    return AnyExperiment(metadata=Metadata.model_validate(body["metadata"]), status=status)


def _read_status(found: dict[str, Any]) -> tuple[LoadExperimentStatus, str]:
    """Return the status, or as much of it as can be read and what is wrong with the rest.

    In an unknown phase it may have begun: it is taken for one that is to be cleared away.
    """
    try:
        return LoadExperimentStatus.model_validate(found), ""
    except ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors()}
        readable = {name: value for name, value in found.items() if name not in wrong}
        if "phase" in wrong:
            readable["phase"] = Phase.RUNNING
        return LoadExperimentStatus.model_validate(readable), _explain(error)


def _explain(error: ValidationError) -> str:
    return f"{first_fault(error)} ({error.error_count()} errors in all)"
