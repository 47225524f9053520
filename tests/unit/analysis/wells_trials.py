"""An experiment on `wells` with finished trials as a LoadTrial stores them, about 31 KB each."""

import json
import random

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.usage import ComponentUsage, CpuSetUsage
from loadlab.measurement.values import GeneratorLoad, NamedRequests, TrialMeasurement
from loadlab.measurement.work_done import WorkDone
from loadlab.model.resources import Experiment, Trial
from loadlab.model.status import Validity
from loadlab.plan import Images, Plan, make_plan
from loadlab.plan.expected import LoadFacts
from loadlab.validity.judged_trial import JudgedTrial, dump_trial
from loadlab.validity.judgement import Judgement, Reason, ReasonKind

IMAGES = Images(
    services="services:1", k6="k6:1", postgres="postgres:15", redis="redis:7", rabbitmq="rabbitmq:3"
)
NAMES = ("create", "hit", "list", "miss", "ping", "read", "search")
REQUESTS = 20_000


def plan_of(trials: int, **spec: object) -> Plan:
    """Plan 20 cells, or 40 where they are many trials."""
    workers = [1, 2] if trials <= 100 else [1, 2, 3, 4]
    body = {
        "workload": "wells",
        "variants": [{"name": "async"}, {"name": "threadpool"}],
        "factors": {"workers": workers, "virtualUsers": [8, 16, 32, 64, 128]},
        "replicates": trials // (10 * len(workers)),
        "maxTrials": 1000,
        **spec,
    }
    metadata = {"name": "demo", "namespace": "lab", "uid": "uid-demo"}
    return make_plan(Experiment.model_validate({"metadata": metadata, "spec": body}), IMAGES)


def latency(chosen: random.Random, count: int, middle_us: float) -> Histogram:
    scale = middle_us * chosen.uniform(0.7, 1.4)
    return Histogram.of(int(scale * chosen.lognormvariate(0, 1.6)) for _ in range(count))


def measured(chosen: random.Random) -> JudgedTrial:
    """A trial of 20,000 requests of seven names, one of them beside the load."""
    usage = ComponentUsage(
        cpu_micros_per_request=chosen.uniform(200, 900),
        cpus_used=chosen.uniform(0.1, 1.1),
        memory_bytes=chosen.randrange(10**8),
        open_files=chosen.randrange(100),
        event_loop_lag_p50_ms=chosen.uniform(0, 3),
        event_loop_lag_p99_ms=chosen.uniform(3, 30),
        thread_tokens=chosen.randrange(40),
        processes=2,
    )
    measurement = TrialMeasurement(
        load=LoadFacts(open_model=False, virtual_users=10, duration_seconds=10.0),
        pods=1,
        first_request_epoch_seconds=0.0,
        last_answer_epoch_seconds=chosen.uniform(9.9, 10.3),
        requests=REQUESTS,
        failed=chosen.randrange(50),
        iterations=REQUESTS,
        dropped_iterations=0,
        mean_iteration_ms=5.0,
        latency=latency(chosen, REQUESTS, 40_000),
        status={"2xx": REQUESTS, "4xx": 0, "5xx": 0, "err": 0},
        start_skew_ms=0.0,
        first_sample_skew_ms=0.0,
        components=dict.fromkeys(("service", "postgres", "generator"), usage),
        generator=GeneratorLoad(
            cpu_share=chosen.random(), throttled_share=0.0, sched_wait_p99_ms=0.5
        ),
        counts=RequestCounts(seconds=10.0, client=20_000.0, server=20_000, load=20_000.0),
        work=WorkDone(transactions=chosen.randrange(40_000), rows_read=chosen.randrange(10**6)),
        by_request={
            name: NamedRequests(
                requests=REQUESTS // len(NAMES),
                failed=chosen.randrange(9),
                latency=latency(chosen, REQUESTS // len(NAMES), 3_000 * (place + 1)),
            )
            for place, name in enumerate(NAMES)
        },
        shared_cpus=CpuSetUsage(cpus=2, busy=0.7, stolen=0.0),
    )
    level = chosen.choice([*Validity, Validity.VALID])
    reasons = () if level is Validity.VALID else (Reason(ReasonKind.COUNT_MISMATCH, level, "…"),)
    return JudgedTrial(measurement, Judgement(reasons))


def stored_texts(number: int) -> list[str]:
    """Write different trials as JSON, the same ones each time."""
    chosen = random.Random(12)
    return [json.dumps(dump_trial(measured(chosen))) for _ in range(number)]


def trials_of(plan: Plan, texts: list[str]) -> dict[str, Trial]:
    """Every trial of the plan, finished, each with a measurement read from a text of its own."""
    return {
        planned.name: Trial.model_validate(
            plan.trial_manifest(planned)
            | {
                "status": {
                    "phase": "Succeeded",
                    "measurement": json.loads(texts[place % len(texts)]),
                }
            }
        )
        for place, planned in enumerate(plan.trials)
    }
