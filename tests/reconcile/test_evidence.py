"""What the pods of a run that did not count said last stands in the LoadTrial; they are deleted."""

import asyncio
from typing import Any

import pytest

from loadlab.base.names import COMPONENT_LABEL
from loadlab.base.times import rfc3339
from loadlab.kube.api import Kind, Manifest
from tests.manifests import Json
from tests.reconcile.laboratory import CHILD, START, Laboratory
from tests.reconcile.under_load import under_load

TRIAL = f"{CHILD}-001"
SERVICE_POD, K6_POD = f"{TRIAL}-a1-pod", f"{TRIAL}-a1-k6-0-pod"
SMALL: Json = {"replicates": 1, "variants": [{"name": "sync"}]}
READY = [{"type": "Ready", "status": "True"}]


def fails(component: str, status: Manifest):
    def fault_of(pod: Manifest) -> Manifest | None:
        labels = pod["metadata"]["labels"]
        first = labels.get("loadlab.dev/run", f"{TRIAL}-a1") == f"{TRIAL}-a1"
        return status if labels[COMPONENT_LABEL] == component and first else None

    return fault_of


def restarted(reason: str, exit_code: int) -> Manifest:
    end = {"exitCode": exit_code, "reason": reason, "finishedAt": rfc3339(START + 9)}
    container = {
        "name": "service",
        "state": {"running": {}},
        "lastState": {"terminated": end},
        "restartCount": 1,
    }
    return {"phase": "Running", "conditions": READY, "containerStatuses": [container]}


def evidence_of(lab: Laboratory, trial: str = TRIAL) -> list[Json]:
    found: list[Json] = lab.trials()[trial]["status"]["evidence"]
    return found


async def run_with(lab: Laboratory, component: str, status: Manifest, **spec: Any) -> list[Json]:
    lab.submit(**SMALL | spec)
    lab.cluster.fault_of = under_load(lab, fails(component, status))
    await lab.run()
    return evidence_of(lab)


async def test_a_restarted_service_leaves_the_words_of_its_former_container():
    lab = Laboratory()
    lab.cluster.last_words = {f"{SERVICE_POD} -p": ("ValueError: no",), SERVICE_POD: ("started",)}

    first, *_ = await run_with(lab, "service", restarted("Error", 1))

    assert first == {
        "attempt": 1,
        "component": "service",
        "pod": SERVICE_POD,
        "node": "node-1",
        "reason": "Error",
        "exitCode": 1,
        "restarts": 1,
        "message": "",
        "lines": ["ValueError: no"],
    }
    assert lab.trials()[TRIAL]["status"]["phase"] == "Succeeded"
    assert SERVICE_POD not in lab.cluster.of_kind(Kind.POD)


async def test_of_a_result_that_does_not_count_the_service_is_quoted_too():
    lab = Laboratory(log="level=error msg=killed")
    lab.cluster.last_words = {SERVICE_POD: ("[CRITICAL] WORKER TIMEOUT (pid:8)",)}
    lab.submit(**SMALL, retry={"attempts": 1})

    await lab.run()

    said = {found["component"]: found["lines"] for found in evidence_of(lab)}
    assert said == {"service": ["[CRITICAL] WORKER TIMEOUT (pid:8)"], "k6": []}


async def test_of_a_result_that_counts_nothing_is_read():
    lab = Laboratory()
    lab.submit(**SMALL)

    await lab.run()

    assert evidence_of(lab) == []
    assert not [call for call in lab.cluster.calls if call.startswith("last_lines")]


async def test_an_evicted_pod_is_named_with_its_node_and_the_reason():
    evicted = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on memory."}

    lab = Laboratory()
    first, *_ = await run_with(lab, "service", evicted)

    assert (first["reason"], first["node"]) == ("Evicted", "node-1")
    assert first["message"] == "The node was low on memory."
    [former] = lab.trials()[TRIAL]["status"]["formerAttempts"]
    assert former["message"] == (
        "the service was lost during the run: its pod ended on node node-1, Evicted: "
        "The node was low on memory."
    )


async def test_a_log_that_cannot_be_read_holds_up_nothing():
    lab = Laboratory()
    end = restarted("Error", 1)
    end["containerStatuses"][0]["lastState"]["terminated"]["message"] = "last words\n"
    lab.submit(**SMALL)
    lab.cluster.fault_of = under_load(lab, fails("service", end))
    lab.cluster.logs_away = True

    await lab.run()

    assert evidence_of(lab)[0]["lines"] == ["last words"]


async def test_evidence_is_bounded_printable_and_without_passwords():
    lab = Laboratory()
    long = "2026-11-26 " + "x" * 300 + " OSError: 28"
    lab.cluster.last_words = {
        f"{SERVICE_POD} -p": (
            *("old",) * 30,
            "\x1b[2Jcleared",
            "connecting to postgresql://me:secret@db/shop failed",
            long,
        )
    }

    first, *_ = await run_with(lab, "service", restarted("Error", 1))

    assert len(first["lines"]) == 10
    assert first["lines"][-2] == "connecting to postgresql://…@db/shop failed"
    assert len(first["lines"][-1]) == 200
    assert first["lines"][-1].endswith("OSError: 28")
    assert "\x1b" not in "".join(first["lines"])


@pytest.mark.parametrize("attempts", [1, 3])
async def test_evidence_of_all_attempts_is_bounded(attempts):
    lab = Laboratory(log="level=error msg=killed")
    lab.submit(**SMALL, retry={"attempts": attempts})

    await lab.run()

    found = evidence_of(lab)
    assert len(found) == min(2 * attempts, 5)
    assert found[0]["attempt"] == attempts


async def strike(lab: Laboratory) -> None:
    """The first attempt's service restarts."""
    lab.cluster.last_words = {f"{SERVICE_POD} -p": ("ValueError: no",)}
    await run_with(lab, "service", restarted("Error", 1))


CALM = Laboratory()
asyncio.run(strike(CALM))
READ = CALM.cluster.calls.index(f"last_lines {SERVICE_POD} service")
OVER = CALM.cluster.calls.index(f"create JOB {TRIAL}-a2-k6")


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "call",
    # To die at a read of a pass's beginning is to die after the last write.
    [n for n in range(READ, OVER + 1) if not CALM.cluster.calls[n].startswith(("get", "list "))],
)
def test_the_operator_may_die_at_any_request_of_the_reading_and_the_removal(call, after_effect):
    lab = Laboratory()
    lab.cluster.crash_at, lab.cluster.crash_after_effect = call, after_effect

    asyncio.run(strike(lab))

    assert lab.cluster.crash_at is None, f"request {call} was never made"
    assert evidence_of(lab) == evidence_of(CALM)
    assert lab.status()["trials"] == CALM.status()["trials"]
    assert lab.leftovers() == set()


def test_the_words_are_read_before_anything_is_removed():
    removal = CALM.cluster.calls.index(f"delete DEPLOYMENT {TRIAL}-a1")

    assert removal > READ
