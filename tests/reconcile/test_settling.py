"""One trial settles the machine before the first block: whatever its end, nothing counts it."""

import pytest

from loadlab.kube.api import Kind
from tests.manifests import Json
from tests.reconcile.crowded_nodes import chosen, no_cpu_is_free, placements
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import CHILD, Laboratory
from tests.reconcile.test_trouble import FAULTS, fault_in

SETTLING = f"{CHILD}-p001"
LOAD = {"duration": "5s", "warmup": "1s"}
BUSY = 1.4  # of 2 CPUs, of which the experiment uses 0.32


def laboratory(log_of_settling: str | None = None, *, forgetful: bool = True) -> Laboratory:
    def log_of(run: str) -> str:
        is_settling = run.startswith(SETTLING) and log_of_settling is not None
        return log_of_settling or "" if is_settling else generator_log(run=run, busy=0.45)

    return Laboratory(log_of=log_of, forgetful=forgetful)


def phase_of(lab: Laboratory, name: str) -> str:
    found: str = lab.trials()[name]["status"]["phase"]
    return found


@pytest.mark.parametrize("forgetful", [True, False])
async def test_it_runs_first_and_counts_nowhere(forgetful):
    lab = laboratory(forgetful=forgetful)
    lab.submit(load=LOAD, maxTrials=4)

    status = await lab.run()

    assert lab.cluster.finished_runs[0] == f"{SETTLING}-a1"
    assert len(lab.cluster.finished_runs) == 5
    assert (status["progress"], status["trials"]["planned"]) == ("4/4", 4)
    assert [row["replicates"] for row in status["results"]] == [{"planned": 2, "valid": 2}] * 2
    assert status["verdict"] == "Passed"


async def test_its_time_is_told_apart():
    lab, without = laboratory(), laboratory()
    lab.submit(load=LOAD)
    without.submit()

    status = await lab.run()

    started = {n: t["status"]["timings"]["started"] for n, t in lab.trials().items()}
    assert status["preliminarySeconds"] == started[f"{CHILD}-001"] - started[SETTLING] > 0
    assert "preliminarySeconds" not in await without.run()


VOID = {
    "spoiled": (generator_log(run="any", busy=BUSY, requests=5_000), "Invalid"),
    "without a result": ("nothing", "Lost"),
}


@pytest.mark.parametrize(("log", "phase"), VOID.values(), ids=VOID)
async def test_one_that_is_void_is_not_repeated_and_the_node_is_quiet_all_the_same(log, phase):
    lab = laboratory(log)
    lab.submit(load=LOAD, retry={"attempts": 3})

    status = await lab.run()

    assert phase_of(lab, SETTLING) == phase
    assert f"{SETTLING}-a2" not in lab.cluster.finished_runs
    assert lab.condition("Quiet")["reason"] == "NoneSpoiled"
    assert (status["phase"], status["verdict"]) == ("Succeeded", "Passed")


async def test_one_whose_generator_is_deleted_is_lost_and_the_first_block_begins():
    lab = laboratory()
    lab.submit(load=LOAD)
    while (Kind.JOB, "lab", f"{SETTLING}-a1-k6") not in lab.cluster.objects:
        await lab.step()
    del lab.cluster.objects[Kind.JOB, "lab", f"{SETTLING}-a1-k6"]

    status = await lab.run()

    assert phase_of(lab, SETTLING) == "Lost"
    assert (status["phase"], status["progress"]) == ("Succeeded", "4/4")


async def test_a_service_that_cannot_run_ends_the_experiment_as_it_would_in_any_trial():
    lab = laboratory()
    lab.submit(load=LOAD, timeouts={"ready": "20s"})
    lab.cluster.fault_of = fault_in("service", FAULTS["CrashLoop"])

    status = await lab.run(steps=60)

    assert (status["phase"], status["progress"]) == ("Failed", "0/4")
    assert lab.condition("Failed")["reason"] == "CrashLoop"
    assert SETTLING in lab.condition("Failed")["message"]
    assert set(lab.trials()) == {SETTLING}


async def test_it_finds_out_whether_the_service_owns_its_cpus():
    lab = laboratory()
    lab.submit(load=LOAD)
    lab.cluster.fault_of = no_cpu_is_free

    status = await lab.run()

    assert (status["phase"], status["progress"]) == ("Succeeded", "4/4")
    assert chosen(lab)["serviceCpu"] == "Shared"
    assert placements(lab) == ["Shared"] * 5
    assert [r["reason"] for r in former_attempts(lab, SETTLING)] == ["NoOwnCpus"]
    assert former_attempts(lab, f"{CHILD}-001") == []


def former_attempts(lab: Laboratory, name: str) -> list[Json]:
    found: list[Json] = lab.trials()[name]["status"].get("formerAttempts", [])
    return found


@pytest.mark.parametrize("forgetful", [True, False])
async def test_it_does_not_run_again_where_somebody_deletes_it(forgetful):
    lab = laboratory(forgetful=forgetful)
    lab.submit(load=LOAD)
    while f"{CHILD}-002" not in lab.trials():
        await lab.step()
    del lab.cluster.objects[Kind.TRIAL, "lab", SETTLING]
    lab.operator.finished.forget()  # as the watch's event has it

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    assert lab.cluster.finished_runs.count(f"{SETTLING}-a1") == 1


async def test_what_ends_in_the_midst_of_it_has_no_result():
    lab = laboratory()
    lab.submit(load=LOAD)
    while SETTLING not in lab.trials():
        await lab.step()
    lab.experiment()["spec"]["terminate"] = True

    status = await lab.run()

    assert (status["phase"], status["progress"]) == ("Terminated", "0/4")
    assert not status.get("results")
    assert lab.leftovers() == set()
