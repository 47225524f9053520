"""Read the earlier experiment that one is compared with: at admission and at the end, no more."""

import asyncio

from pydantic import ValidationError

from loadlab.analysis.baseline import BaselineView
from loadlab.base.models import first_fault
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.model.resources import AnyExperiment, Experiment
from loadlab.model.status import Phase


async def read_baseline(cluster: Cluster, experiment: AnyExperiment) -> BaselineView | None:
    """Return the baseline where it is to be looked at now; None where it is not.

    Raises:
        ClusterError: the API server did not answer.
    """
    if not isinstance(experiment, Experiment) or experiment.spec.comparison is None:
        return None
    reference, status = experiment.spec.comparison.baseline_ref, experiment.status
    if reference is None:
        return None
    is_new = status.phase is Phase.PENDING and status.baseline is None
    if not (is_new or status.phase is Phase.ANALYZING):
        return None
    body = await cluster.get(Kind.EXPERIMENT, experiment.metadata.namespace, reference.name)
    return await asyncio.to_thread(view_baseline, reference.name, body)


def view_baseline(name: str, body: Manifest | None) -> BaselineView:
    """Return an experiment of any origin: another release, or anybody, may have written it."""
    if body is None:
        return BaselineView(name, fault="there is no LoadExperiment of this name")
    try:
        return BaselineView(name, Experiment.model_validate(body))
    except ValidationError as error:
        return BaselineView(name, fault=f"this release cannot read it: {first_fault(error)}")
