"""The twenty tests of reliability, and a soak."""

from pathlib import Path

from tests.measured_table import LongTest, MeasuredTable

RESULTS = Path(__file__).resolve().parents[2] / "build" / "reliability.json"
TESTS: dict[int, LongTest] = {
    1: LongTest(
        "kill -9 after every write of 6 trials",
        "all end in the undisturbed state, each at most 30 s after the restart",
        "tests/reconcile/test_crash.py tests/reliability/test_kills.py",
    ),
    2: LongTest(
        "watches silent for 60 s",
        "all converge within 75 s; nothing skipped",
        "tests/reliability/test_outages.py tests/unit/controller/test_missed_events.py",
    ),
    3: LongTest(
        "20 % conflicts, 10 % errors and lost answers, stale lists",
        "the undisturbed state; no wrong delete, no double create",
        "tests/reliability/test_faults.py",
    ),
    4: LongTest(
        "API server away for 60 s in each phase",
        "the operator lives, resumes within 15 s; no trial is lost in silence",
        "tests/reliability/test_outages.py",
    ),
    5: LongTest(
        "two operators, the active one killed or held up, 20 times",
        "never two writers; hand-over within 20 s",
        "tests/unit/kube/test_lease.py tests/reliability/test_two_operators.py",
        "held up is SIGSTOP: a machine that loses its network is not shown",
    ),
    6: LongTest(
        "10 random restarts in 20 trials",
        "no finished trial runs again; at most one is lost for each restart",
        "tests/reliability/test_kills.py",
    ),
    7: LongTest(
        "deletion in each phase, background, foreground and orphan",
        "gone, with all that it owned, within 30 s",
        "tests/e2e/test_trouble.py tests/reliability/test_deletion.py",
        "processes of pods: only on a real node (tests/e2e/test_trouble.py)",
    ),
    8: LongTest(
        "the namespace deleted, the operator stopped",
        "gone within 60 s, 10 of 10, no finalizer edited",
        "tests/reliability/test_deletion.py",
    ),
    9: LongTest(
        "edits of a running spec, children edited or deleted",
        "edits refused; children restored or the trial repeated within 10 s",
        "tests/e2e/test_api.py tests/reconcile/test_trouble.py",
    ),
    10: LongTest(
        "4,000 generated resources, half of them invalid",
        "no exception; every invalid one refused with its reason",
        "tests/reconcile/test_any_spec.py tests/unit/model/test_crds.py",
    ),
    11: LongTest(
        "bad services: image, crash, memory, readiness, scheduling",
        "each its own reason in time; the next one starts within 5 s",
        "tests/e2e/test_trouble.py tests/reconcile/test_trouble.py",
    ),
    12: LongTest(
        "generator killed, stopped or starved",
        "never recorded as good",
        "tests/e2e/test_two_pods.py tests/unit/validity/test_judge.py",
    ),
    13: LongTest(
        "500 experiments at once, and a restart with them",
        "accepted p99 within 5 s, 150 MiB, 15 writes each, ready within 10 s",
        "tests/e2e/test_many.py",
    ),
    14: LongTest(
        "1,000 trials in one experiment",
        "status below 64 KiB, every trial retrievable, 16 MiB of etcd",
        "tests/unit/analysis/test_status_budget.py tests/reconcile/test_memory.py",
    ),
    15: LongTest(
        "the clock steps by 60 s",
        "no negative or wrong duration, no other result",
        "tests/reconcile/test_clock.py tests/unit/kube/test_lease.py",
        "a machine's clock cannot be stepped for one process: the operator's is, in memory",
    ),
    16: LongTest(
        "API, worker killed every 2 to 5 s: stream at 1,000/s, Celery at 60 %",
        "accepted = persisted; none twice; lag within 5 s after a minute",
        "tests/services/stream/test_worker.py tests/services/broker/test_pipeline.py",
        "a machine's power cut: what kill -9 leaves in the page cache is kept",
    ),
    17: LongTest(
        "Redis killed under load, in each mode; full stream; poison",
        "always: 0 lost; else labelled; 503 while refusing; poison set aside",
        "tests/services/stream/test_outage.py tests/services/stream/test_poison.py",
        "a machine's power cut: what kill -9 leaves in the page cache is kept",
    ),
    18: LongTest(
        "Postgres killed under load",
        "0 lost, 0 twice; the worker is back within 5 s",
        "tests/services/stream/test_outage.py",
    ),
    19: LongTest(
        "SIGTERM at 70 % load, API and worker",
        "no failed request; nothing left in hand",
        "tests/services/stream/test_worker.py tests/services/broker/test_drain.py",
        "a Service that takes the pod out of its endpoints is played by the driver",
    ),
    20: LongTest(
        "restricted namespace, rights used against granted",
        "0 warnings, 0 unused verbs, 0 wildcards",
        "tests/packaging/test_pod_security.py tests/packaging/test_rbac.py",
        "flows between pods need a network plugin that enforces policies",
    ),
    21: LongTest(
        "soak: trials back to back",
        "memory grows by at most 5 %; files and watches flat; 0 objects left",
        note="pods are played: what a node does in that time is not shown",
    ),
}
TABLE = MeasuredTable(TESTS, RESULTS)
