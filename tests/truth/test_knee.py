"""A knee that is known beforehand: requests that do nothing but wait, in so many threads.

Of 40 threads, each held for 100 ms, 400 requests a second come at most; with fewer users than that
each has ten a second. They wait at once and wake at once, so that for a CPU they do queue: of N
threads, a wait of Z and a CPU time of D there come between N / (Z + N D) and N / Z requests, and no
more than 1 / D (asymptotic bounds; Denning & Buzen 1978).
"""

import pytest

from tests.e2e.cluster_tools import Lab, condition
from tests.manifests import Json

pytestmark = pytest.mark.truth

THREADS, WAIT_MS = 40, 100
OF_A_WORKER = THREADS * 1000 / WAIT_MS  # requests/s
USERS = [1, 5, 10, 20, 40, 80, 160]
WORKERS = [1, 2, 3, 4]
NEAR = 0.05
SPEC: Json = {
    "workload": "sleep",
    "variants": [{"name": "sync"}],
    "replicates": 3,
    "load": {"warmup": "1s", "duration": "4s"},
}


def test_users_beyond_the_threads_wait_for_one(lab: Lab, measured):
    status = run(lab, "knee", {"ms": [WAIT_MS], "workers": [1], "virtualUsers": USERS})
    (law,) = [each for each in status["scaling"] if each["factor"] == "virtualUsers"]

    limit = law.get("limit", {}).get("mean")
    measured(
        22,
        f"knee at {law.get('knee')} users, limit {limit}/s, one user {law.get('rateOfOne')}; "
        f"{law['recommendation']}",
    )
    assert law["knee"] == pytest.approx(THREADS, rel=NEAR), law
    assert limit == pytest.approx(OF_A_WORKER, rel=NEAR)


def test_each_worker_brings_as_many_threads_that_share_the_cpu(lab: Lab, measured):
    users = 2 * THREADS * WORKERS[-1]  # however unevenly the workers take their connections
    status = run(lab, "workers", {"ms": [WAIT_MS], "workers": WORKERS, "virtualUsers": [users]})
    rows = {row["cell"]["workers"]: row for row in status["results"]}

    said, wrong = list[str](), list[str]()
    for workers, row in sorted(rows.items()):
        rate, cpu = row["requestsPerSecond"]["mean"], row["cpuMicrosPerRequest"]["service"] / 1e6
        threads, wait = workers * THREADS, WAIT_MS / 1000
        low, high = threads / (wait + threads * cpu), min(threads / wait, 1 / cpu)
        said.append(
            f"{workers}: {rate:.0f}/s of {low:.0f} to {high:.0f}, {row['bottleneck']['name']}, "
            f"{rate * cpu:.2f} CPU"
        )
        if not low <= rate <= high:
            wrong.append(said[-1])
    measured(22, "; ".join(said))
    assert wrong == []
    assert rows[1]["bottleneck"]["name"] == "ThreadPool"


def run(lab: Lab, name: str, factors: Json) -> Json:
    lab.submit(name, **SPEC, factors=factors)
    status = lab.wait(name, 500)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    return status
