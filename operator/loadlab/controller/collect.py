"""Collect a run: the logs of its generator pods -> the status of its trial; and of one that does
not count, the last lines of those who know why.

The log is the durable artefact: it outlives the process, and the pods are deleted only after the
result stands in the LoadTrial. Collecting again gives the same result.
"""

import asyncio

import structlog

from loadlab.base.names import Component, result_token
from loadlab.kube.api import Cluster
from loadlab.kube.errors import ClusterError
from loadlab.measurement.documents.budget import Buckets
from loadlab.measurement.pod_log import PodReport, read_pod_log, trace_of
from loadlab.measurement.trial import measure_trial
from loadlab.model.status import LoadTrialStatus, PodEvidence, TrialPhase
from loadlab.plan import Plan
from loadlab.plan.expected import load_facts
from loadlab.plan.virtual_users import generator_pods
from loadlab.progress.decision import Collect, CollectEvidence, RecordTrial
from loadlab.progress.evidence import Witness, clean_lines, with_evidence
from loadlab.progress.outcome import trial_outcome

log = structlog.get_logger()


async def collect(cluster: Cluster, plan: Plan, action: Collect, now: float) -> RecordTrial:
    """Read the logs of a run and return what to record.

    Raises:
        ClusterError: a log could not be read now; collect again later.
    """
    namespace = plan.context.experiment.metadata.namespace
    trial, reports, buckets = action.trial, [], Buckets()
    run = trial.run(action.status.attempt)
    token = result_token(plan.context.experiment.metadata.uid, run.name)
    for pod in action.pods:  # one after the other: a log may hold 12 MiB
        text = await cluster.logs(namespace, pod, Component.K6, token)
        if text is not None:
            report = await asyncio.to_thread(read_pod_log, pod, text, buckets, token=token)
            reports.append(report)
    status = await asyncio.to_thread(_outcome, plan, action, reports, now)
    if status.phase is TrialPhase.SUCCEEDED:
        return RecordTrial(trial.name, status)
    verdict = CollectEvidence(trial.name, status, action.witnesses)
    return await collect_evidence(cluster, namespace, verdict)


def _outcome(plan: Plan, action: Collect, reports: list[PodReport], now: float) -> LoadTrialStatus:
    facts = load_facts(plan.context, action.trial.cell, action.trial.load)
    pods = generator_pods(action.trial.load, action.trial.cell)
    measured = measure_trial(reports, pods, facts, action.ran)
    return trial_outcome(plan, action, measured, now, trace_of(reports))


async def collect_evidence(
    cluster: Cluster, namespace: str, action: CollectEvidence
) -> RecordTrial:
    """Read what the pods said last and return what to record; a log that is away is left out."""
    found = await asyncio.gather(*(_read(cluster, namespace, w) for w in action.witnesses))
    return RecordTrial(action.name, with_evidence(action.status, found))


async def _read(cluster: Cluster, namespace: str, witness: Witness) -> PodEvidence:
    try:
        lines = await cluster.last_lines(
            namespace, witness.known.pod, witness.container, previous=witness.previous
        )
    except ClusterError as error:
        log.info("log not read", pod=witness.known.pod, error=str(error))
        return witness.known
    said = clean_lines(lines)
    return witness.known.model_copy(update={"lines": said}) if said else witness.known
