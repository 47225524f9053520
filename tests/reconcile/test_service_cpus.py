"""Whether the service owns its CPUs: decided once with the first trial, and the same for all."""

from collections.abc import Callable

import pytest

from loadlab.base.names import COMPONENT_LABEL, RUN_LABEL
from loadlab.kube.api import Kind, Manifest
from tests.reconcile.crowded_nodes import (
    SENTENCE,
    UNSCHEDULABLE,
    asks_for_a_cpu,
    chosen,
    no_cpu_is_free,
    placements,
    until_first_trial,
)
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import CHILD, Laboratory


async def test_where_a_node_has_them_the_service_owns_its_cpus():
    lab = Laboratory()
    lab.submit()

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    assert chosen(lab) == {"serviceCpu": "Exclusive", "serviceCpuReason": ""}
    assert placements(lab) == ["Exclusive"] * 4
    assert not any("CpusShared" in reason for row in status["results"] for reason in row["reasons"])


async def test_where_no_node_has_them_all_trials_share_and_say_so():
    lab = Laboratory()
    lab.submit(retry={"attempts": 1})
    lab.cluster.fault_of = no_cpu_is_free

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    reason = f"nothing had 1 CPU free for the service alone: {SENTENCE[:-1]}"
    assert chosen(lab) == {"serviceCpu": "Shared", "serviceCpuReason": reason}
    assert placements(lab) == ["Shared"] * 4
    assert all(
        any(found.startswith("CpusShared") for found in row["reasons"]) for row in status["results"]
    )
    assert any(event["reason"] == "NoOwnCpus" for event in lab.cluster.events)


async def test_it_is_known_within_five_seconds_and_costs_no_attempt():
    lab = Laboratory()
    lab.submit(retry={"attempts": 1})
    lab.cluster.fault_of = no_cpu_is_free

    await until_first_trial(lab)
    since = lab.trials()[f"{CHILD}-001"]["status"]["timings"]["started"]
    while chosen(lab).get("serviceCpu") is None:
        await lab.step()

    assert lab.now - since <= 5
    await lab.run()
    first = lab.trials()[f"{CHILD}-001"]["status"]
    assert first["phase"] == "Succeeded"
    assert [record["reason"] for record in first["formerAttempts"]] == ["NoOwnCpus"]


async def test_no_result_stands_in_a_trial_before_it_is_chosen():
    """Also where the service was never seen to run: the next trial must not choose otherwise."""
    lab = Laboratory()
    lab.submit(replicates=1, retry={"attempts": 1}, timeouts={"ready": "20s"})
    first, ready = f"{CHILD}-001", {"type": "Ready", "status": "True"}
    unseen = {"phase": "Pending", "conditions": [ready]}
    lab.cluster.fault_of = lambda pod: (
        (unseen if first in str(pod["metadata"]) else UNSCHEDULABLE)
        if asks_for_a_cpu(pod)
        else None
    )

    await lab.run()

    assert chosen(lab)["serviceCpu"] == "Exclusive"
    assert set(placements(lab)) == {"Exclusive"}


async def test_once_chosen_it_stays_and_what_no_longer_fits_is_void():
    lab = Laboratory()
    lab.submit(retry={"attempts": 1}, timeouts={"ready": "20s"})
    later = f"{CHILD}-001"
    lab.cluster.fault_of = lambda pod: (
        None if later in str(pod["metadata"]) else no_cpu_is_free(pod)
    )

    status = await lab.run()

    assert chosen(lab)["serviceCpu"] == "Exclusive"
    assert set(placements(lab)) == {"Exclusive"}
    assert status["trials"] | {"succeeded": 1, "lost": 3} == status["trials"]
    lost = lab.trials()[f"{CHILD}-002"]["status"]
    assert lost["reason"] == "NoLongerFits"
    assert SENTENCE[:-1] in lost["message"]


@pytest.mark.parametrize(
    ("cpu", "words"),
    [
        ({"cpu": "500m"}, "resources.service.cpu is 500m"),
        ({}, "resources.service.cpu is not given"),
    ],
    ids=["part of one", "no limit"],
)
async def test_what_cannot_own_cpus_shares_from_the_start(cpu, words):
    lab = Laboratory()
    lab.submit(resources={"service": cpu}, replicates=1)

    await lab.run()

    assert chosen(lab)["serviceCpu"] == "Shared"
    assert words in chosen(lab)["serviceCpuReason"]
    assert not any(
        "formerAttempts" in t["status"] and t["status"]["formerAttempts"]
        for t in lab.trials().values()
    )


@pytest.mark.parametrize("given", ["Exclusive", "Shared"])
async def test_what_is_given_is_kept_and_stands_in_the_status(given):
    lab = Laboratory()
    lab.submit(placement={"serviceCpu": given}, replicates=1)

    await lab.run()

    assert chosen(lab) == {"serviceCpu": given, "serviceCpuReason": ""}


async def test_a_node_that_turns_the_service_away_makes_it_share():
    """As a kubelet does whose free CPUs are not such as its policy gives to one container."""
    lab = Laboratory()
    lab.submit(replicates=1)
    turned_away = {
        "phase": "Failed",
        "reason": "SMTAlignmentError",
        "message": "SMT Alignment Error: requested 1 cpus not multiple cpus per core = 2",
    }
    lab.cluster.fault_of = lambda pod: turned_away if asks_for_a_cpu(pod) else None

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    assert chosen(lab)["serviceCpu"] == "Shared"
    assert "SMTAlignmentError" in chosen(lab)["serviceCpuReason"]


async def test_a_quota_on_requested_cpus_makes_it_share():
    lab = Laboratory()
    lab.submit(replicates=1)
    words = 'pods "x" is forbidden: exceeded quota: q, requested: requests.cpu=1'
    tick: Callable[[], None] = lab.cluster.tick

    def refusing() -> None:
        """The pods of a Deployment are refused, and their ReplicaSet's condition says so."""
        tick()
        for key, pod in list(lab.cluster.objects.items()):
            if key[0] is Kind.POD and asks_for_a_cpu(pod):
                del lab.cluster.objects[key]
                run = pod["metadata"]["labels"][RUN_LABEL]
                failure = {"type": "ReplicaFailure", "status": "True", "message": words}
                lab.cluster.of_kind(Kind.DEPLOYMENT)[run]["status"] = {"conditions": [failure]}

    lab.cluster.tick = refusing  # type: ignore[method-assign]  # the world, not what is tested
    status = await lab.run()

    assert status["phase"] == "Succeeded", lab.condition("Failed")
    assert chosen(lab)["serviceCpu"] == "Shared"
    assert "exceeded quota: q" in chosen(lab)["serviceCpuReason"]
    assert 'pods "x"' not in chosen(lab)["serviceCpuReason"]  # there never was one


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_dying_at_any_write_changes_nothing_about_it(after):
    """It dies at each write from the first try to the second, and is started again."""
    calm = Laboratory()
    calm.submit(replicates=1, retry={"attempts": 1})
    calm.cluster.fault_of = no_cpu_is_free
    await calm.run()
    calls = calm.cluster.calls
    first = calls.index(f"create DEPLOYMENT {CHILD}-001-a1")
    last = calls.index(f"create JOB {CHILD}-001-a2-k6")
    between = [n for n in range(first, last + 1) if not calls[n].startswith(("get", "list"))]

    assert len(between) > 5
    for number in between:
        lab = Laboratory()
        lab.submit(replicates=1, retry={"attempts": 1})
        lab.cluster.fault_of = no_cpu_is_free
        lab.cluster.crash_at, lab.cluster.crash_after_effect = number, after
        status = await lab.run()

        assert status["phase"] == "Succeeded", calls[number]
        assert chosen(lab) == chosen(calm)
        assert placements(lab) == placements(calm)
        assert all(len(t["status"]["formerAttempts"]) <= 1 for t in lab.trials().values())


@pytest.mark.parametrize("most", ["2", None], ids=["not the greatest", "all"])
async def test_of_several_levels_the_greatest_decides_for_all(most):
    """A node with room for one CPU and not for two gives none of both to be owned."""
    lab = Laboratory(log_of=lambda run: generator_log(run=run, busy=0.45))
    lab.submit(
        replicates=1,
        factors={"serviceCpu": ["1", "2"], "virtualUsers": [10]},
        load={"duration": "5s", "warmup": "1s"},
    )

    def no_room(pod: Manifest) -> Manifest | None:
        is_service = pod["metadata"]["labels"][COMPONENT_LABEL] == "service"
        asked = [c["resources"]["requests"]["cpu"] for c in pod["spec"]["containers"]]
        return UNSCHEDULABLE if is_service and most in asked else None

    lab.cluster.fault_of = no_room
    status = await lab.run()

    assert status["phase"] == "Succeeded"
    if most:
        reason = f"nothing had 2 CPU free for the service alone: {SENTENCE[:-1]}"
        assert chosen(lab) == {"serviceCpu": "Shared", "serviceCpuReason": reason}
    else:
        assert chosen(lab) == {"serviceCpu": "Exclusive", "serviceCpuReason": ""}
    assert set(placements(lab)) == {"Shared" if most else "Exclusive"}
    assert {row["cell"]["serviceCpu"] for row in status["results"]} == {"1", "2"}
