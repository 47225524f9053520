"""The ordinary life of an experiment over the fake cluster, and its ordinary ends."""

import pytest

from loadlab.base.names import RUN_LABEL
from loadlab.kube.api import Kind, Manifest
from tests.manifests import Json
from tests.reconcile.laboratory import CHILD, Laboratory


async def test_an_experiment_runs_every_trial_once_and_passes():
    lab = Laboratory()
    lab.submit()

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    assert status["verdict"] == "Passed"
    assert status["progress"] == "4/4"
    assert sorted(lab.cluster.finished_runs) == [f"{CHILD}-00{i}-a1" for i in (1, 2, 3, 4)]


async def test_what_a_spec_leaves_open_stands_in_the_status_before_anything_is_created():
    seeds = set()
    for name in ("exp", "other"):
        lab = Laboratory()
        lab.submit(name)
        await lab.reconcile(name)
        chosen = lab.status(name)["chosen"]
        assert not lab.trials()

        status = await lab.run(name)

        parts = ("service", "k6", "postgres")
        layout = [{"component": part, "nodes": ["node-1"]} for part in parts]
        assert status["chosen"] == chosen | {  # the first trial's answers
            "serviceCpu": "Exclusive",
            "layout": layout,
            "generatorApart": False,
        }
        seeds.add(chosen["seed"])
    assert len(seeds) == 2


async def test_a_finished_experiment_leaves_nothing_but_its_results():
    lab = Laboratory()
    lab.submit()

    await lab.run()

    assert lab.leftovers() == set()
    assert len(lab.trials()) == 4


async def test_the_next_run_waits_for_the_formers_processes_and_not_for_their_pods_to_vanish():
    lab = Laboratory()
    lab.submit()
    beside: list[tuple[str, set[str]]] = []
    while not lab.is_finished():
        await lab.reconcile()
        services = lab.cluster.of_kind(Kind.DEPLOYMENT).values()
        runs = [labels[RUN_LABEL] for s in services if RUN_LABEL in (labels := labels_of(s))]
        beside += [(run, phases_of_other_runs(lab, run)) for run in runs]
        lab.cluster.tick()
        lab.now += 1

    assert {run for run, phases in beside if phases} == {f"{CHILD}-00{i}-a1" for i in (2, 3, 4)}
    assert set().union(*(phases for _, phases in beside)) == {"Failed"}  # as a killed one ends


def labels_of(item: Manifest) -> dict[str, str]:
    return dict(item["metadata"]["labels"])


def phases_of_other_runs(lab: Laboratory, run: str) -> set[str]:
    pods = lab.cluster.of_kind(Kind.POD).values()
    return {p["status"]["phase"] for p in pods if labels_of(p).get(RUN_LABEL, run) != run}


async def test_results_have_a_row_per_cell_with_an_interval():
    lab = Laboratory()
    lab.submit()

    status = await lab.run()

    rows = status["results"]
    assert [row["cell"]["variant"] for row in rows] == ["sync", "async"]
    assert rows[0]["replicates"] == {"planned": 2, "valid": 2}
    assert rows[0]["requestsPerSecond"]["mean"] == pytest.approx(2400, rel=0.01)
    assert rows[0]["cpuMicrosPerRequest"]["service"] == 100


async def test_an_expectation_is_judged_over_the_paired_trials():
    lab = Laboratory()
    alike = {"name": "alike", "ratio": "requestsPerSecond", "atLeast": 0.9, "atMost": 1.1}
    sides = {"of": {"variant": "async"}, "over": {"variant": "sync"}}
    lab.submit(expectations=[alike | sides], replicates=3)

    status = await lab.run()

    (found,) = status["expectations"]
    assert (found["ratio"], found["replicates"]) == (1.0, 3)
    assert found["outcome"] == "Reproduced"


async def test_a_refusal_longer_than_its_field_is_cut_and_written():
    lab = Laboratory()
    unknown: Json = {"\x1b[2J" + "k" * 3000: 1}
    lab.submit(**unknown)

    await lab.reconcile()

    message = lab.condition("Finished")["message"]
    assert (lab.status()["phase"], len(message)) == ("Failed", 2000)
    assert "\x1b" not in message


async def test_a_terminal_status_never_changes_again():
    lab = Laboratory()
    lab.submit()
    status = await lab.run()

    lab.now += 1000
    await lab.step()

    assert lab.status() == status


async def test_a_second_experiment_waits_for_the_first():
    lab = Laboratory()
    lab.submit("first")
    lab.submit("second")
    await lab.step("first")
    await lab.step("second")

    assert lab.status("second")["phase"] == "Pending"
    assert lab.status("second")["queuePosition"] == 1

    await lab.run("first")
    assert (await lab.run("second"))["phase"] == "Succeeded"


async def test_suspend_starts_no_further_trial_until_it_is_lifted():
    lab = Laboratory()
    lab.submit()
    while len(lab.trials()) < 1:
        await lab.step()
    lab.experiment()["spec"]["suspend"] = True
    for _ in range(30):
        await lab.step()
    assert len(lab.trials()) == 1

    lab.experiment()["spec"]["suspend"] = False
    assert (await lab.run())["phase"] == "Succeeded"


@pytest.mark.parametrize("after", range(0, 24, 3))
async def test_terminate_ends_it_at_any_moment_and_leaves_nothing(after):
    lab = Laboratory()
    lab.submit()
    for _ in range(after):
        await lab.step()
    lab.experiment()["spec"]["terminate"] = True

    status = await lab.run()

    assert status["phase"] == "Terminated"
    assert lab.leftovers() == set()


async def test_an_expired_experiment_deletes_itself():
    lab = Laboratory()
    lab.submit(ttlStrategy={"secondsAfterSuccess": 60})
    await lab.run()

    lab.now += 30
    await lab.step()
    assert "deletionTimestamp" not in lab.experiment()["metadata"]

    lab.now += 31
    await lab.reconcile()
    assert lab.experiment()["metadata"]["deletionTimestamp"]


REFUSED = {
    "an unknown field": ({"colour": "red"}, "InvalidSpec"),
    "a negative number": ({"replicates": -1}, "InvalidSpec"),
    "no variant": ({"variants": []}, "InvalidSpec"),
    "too many trials": ({"maxTrials": 3}, "TooManyTrials"),
    "loads that take longer than there is time": (
        {"timeouts": {"total": "30s"}, "load": {"duration": "20s"}},
        "InvalidSpec",
    ),
    "a pool that does not fit": ({"factors": {"workers": [10], "poolSize": [10]}}, "PoolTooLarge"),
    "everything excluded": ({"exclude": [{"workers": 1}]}, "NoTrials"),
    "a selector of no label": ({"placement": {"nodeSelector": {"a//b": "x"}}}, "InvalidSpec"),
    "an unreadable criterion": (
        {"successCriteria": [{"name": "x", "metric": "http_reqs", "threshold": "p(95)<1"}]},
        "InvalidCriterion",
    ),
    "an expectation about no cell": (
        {"expectations": [{"name": "x", "metric": "failedRate", "of": {"ms": 5}, "atMost": 0}]},
        "InvalidExpectation",
    ),
}


@pytest.mark.parametrize(("spec", "reason"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_bad_spec_is_refused_in_the_first_pass_and_creates_nothing(spec, reason):
    lab = Laboratory()
    lab.submit(**spec)

    await lab.reconcile()

    assert lab.status()["phase"] == "Failed"
    assert lab.condition("Accepted")["status"] == "False"
    assert lab.condition("Finished")["reason"] == reason
    assert lab.condition("Finished")["message"]
    assert lab.leftovers() == set()
