"""Collect a run: the logs of its generator pods -> the status of its trial.

The log is the durable artefact: it outlives the process, and the pods are deleted only after the
result stands in the LoadTrial. Collecting again gives the same result.
"""

import asyncio

from loadlab.base.names import Component, result_token
from loadlab.kube.api import Cluster
from loadlab.measurement.pod_log import read_pod_log
from loadlab.measurement.trial import measure_trial
from loadlab.plan import Plan
from loadlab.plan.context import Run
from loadlab.plan.expected import load_facts
from loadlab.progress.decision import Collect, RecordTrial
from loadlab.progress.outcome import trial_outcome


async def collect(cluster: Cluster, plan: Plan, action: Collect, now: float) -> RecordTrial:
    """Read the logs of a run and return what to record.

    Raises:
        ClusterError: a log could not be read now; collect again later.
    """
    namespace = plan.context.experiment.metadata.namespace
    trial = action.trial
    run = Run(trial.name, action.status.attempt, trial.cell)
    token = result_token(plan.context.experiment.metadata.uid, run.name)
    texts = await asyncio.gather(
        *(cluster.logs(namespace, pod, Component.K6, token) for pod in action.pods)
    )
    reports = [
        read_pod_log(pod, text, token=token)
        for pod, text in zip(action.pods, texts, strict=True)
        if text is not None
    ]
    spec = plan.context.spec
    facts = load_facts(plan.context, action.trial.cell)
    measured = measure_trial(reports, spec.load.parallelism, facts, action.ran)
    return RecordTrial(action.trial.name, trial_outcome(plan, action, measured, now))
