"""What ended, and why, outlives its pods; what was lost in mid-trial is seen at once."""

import time

import pytest

from tests.e2e.cluster_tools import Lab, condition, eventually, get
from tests.manifests import Json

pytestmark = pytest.mark.e2e

# An app whose worker dies of every request; another one is started, and that is said.
DYING = """
import os
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    if scope["path"] != "/healthz":
        os._exit(3)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
"""
SERVE_DYING = f"""cat > /tmp/dying.py <<'EOF'
{DYING}
EOF
while :; do
  uvicorn dying:app --app-dir /tmp --host 0.0.0.0 --port 8000
  echo "worker died with exit code $?"
done
"""
ALL_STORES: Json = {
    "workload": "ingest",
    "variants": [{"name": "queued"}, {"name": "celery"}],
    "factors": {"rate": [20]},
    "replicates": 1,
    "postgres": {"scale": 0.001},
    "placement": {"serviceCpu": "Shared"},
    "load": {"executor": "constant-arrival-rate", "warmup": "1s", "duration": "60s"},
    "retry": {"attempts": 5},
}
# Seconds. Unseen, an attempt is over when its load is, after 61 s; on a machine whose CPUs are all
# taken a pass takes 8 s, on a quiet one 1 to 2.
SEEN_WITHIN = 15


def test_a_generator_out_of_memory_says_so_with_the_remedy(lab: Lab):
    lab.submit(
        "k6oom",
        workload="sleep",
        variants=[{"name": "async"}],
        factors={"ms": [500], "virtualUsers": [3000]},
        replicates=1,
        retry={"attempts": 2},
        placement={"serviceCpu": "Shared"},
        load={"warmup": "1s", "duration": "4s"},
        resources={"k6": {"memory": "64Mi"}},
    )
    started = time.monotonic()

    status = lab.wait("k6oom", 60)

    failed = condition(status, "Failed")
    print(f"{failed['reason']} after {time.monotonic() - started:.1f} s: {failed['message']}")
    assert failed["reason"] == "OutOfMemory"
    assert "64Mi for 3,000 virtual users" in failed["message"]
    assert "raise spec.resources.k6.memory" in failed["message"]
    (trial,) = lab.trials("k6oom").values()
    assert trial["status"]["attempt"] == 1
    assert trial["status"]["evidence"][0]["reason"] == "OOMKilled"
    lab.delete("k6oom")


def test_a_worker_that_died_leaves_its_last_words(lab: Lab):
    lab.submit(
        "dying",
        workload="custom",
        variants=[
            {
                "name": "dying",
                "image": "localhost/loadlab/own-service:dev",
                "command": ["sh", "-c", SERVE_DYING],
                "readinessPath": "/healthz",
            }
        ],
        factors={"virtualUsers": [1]},
        replicates=1,
        retry={"attempts": 1},
        placement={"serviceCpu": "Shared"},
        load={"warmup": "0s", "duration": "2s", "request": {"path": "/work"}},
    )

    lab.wait("dying", 60)

    (trial,) = lab.trials("dying").values()
    said = {found["component"]: found["lines"] for found in trial["status"]["evidence"]}
    print(f"{trial['status']['message']}\n" + "\n".join(said["service"]))
    assert "worker died with exit code 3" in said["service"]
    assert lab.leftovers("dying") == []
    lab.delete("dying")


def test_any_store_deleted_in_mid_trial_leads_to_the_repeat_at_once(lab: Lab):
    """One trial, and in each of its attempts another part is deleted under the load."""
    lab.submit("struck", **ALL_STORES)
    for number, part in enumerate(("rabbitmq", "redis", "steward", "postgres"), start=1):
        wait_for_load(lab, number)
        deleted = time.monotonic()
        label = f"loadlab.dev/experiment=struck,loadlab.dev/component={part}"
        lab.kubectl("delete", "pod", "-l", label, "--wait=false")
        wait_for_end(lab, number)
        ended = time.monotonic() - deleted
        wait_for_load(lab, number + 1)
        again = time.monotonic() - deleted
        print(f"{part} deleted: attempt over after {ended:.1f} s, the next after {again:.1f} s")
        assert ended < SEEN_WITHIN

    (trial,) = lab.trials("struck").values()
    for former in trial["status"]["formerAttempts"]:
        print(f"attempt {former['attempt']}: {former['reason']}: {former['message']}")
    lab.delete("struck")


def wait_for_load(lab: Lab, attempt: int) -> None:
    """Wait until the generator of an attempt runs."""
    eventually(lambda: loads_in(lab, attempt), 150, f"attempt {attempt}", every=0.2)


def wait_for_end(lab: Lab, attempt: int) -> None:
    """Wait until an attempt is over."""
    eventually(lambda: attempts_over(lab) >= attempt, 20, "the attempt's end", every=0.1)


def attempts_over(lab: Lab) -> int:
    (trial,) = lab.trials("struck").values()
    return len(trial["status"].get("formerAttempts", ()))


def loads_in(lab: Lab, attempt: int) -> bool:
    """Whether the generator of an attempt runs."""
    run = f"loadlab.dev/run={trial_name(lab)}-a{attempt}"
    label = f"loadlab.dev/experiment=struck,loadlab.dev/component=k6,{run}"
    pods = get("-n", lab.namespace, "pods", "-l", label)["items"]
    return any(pod["status"]["phase"] == "Running" for pod in pods)


def trial_name(lab: Lab) -> str:
    return next(iter(lab.trials("struck")), "none")
