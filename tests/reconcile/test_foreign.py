"""What is not the experiment's own is never written, never deleted, never waited for."""

import asyncio
import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadlab.base.names import COMPONENT_LABEL, RUN_LABEL, children_name, experiment_selector
from loadlab.kube.api import Kind, Manifest
from tests.manifests import Json
from tests.reconcile.fake_kubernetes import Key
from tests.reconcile.laboratory import CHILD, SECRET, Laboratory

APPLICATION = {"kind": "App", "name": "x", "uid": "x", "controller": True}
OWNED_BY_ANOTHER = {"ownerReferences": [APPLICATION]}
ADOPTED = {"ownerReferences": [{"kind": "LoadExperiment", "name": "exp", "uid": "uid-exp"}]}
CHILDREN = [
    ("Service", f"{CHILD}-postgres"),
    ("StatefulSet", f"{CHILD}-postgres"),
    ("Job", f"{CHILD}-dataset"),
    ("Service", f"{CHILD}-steward"),
    ("Deployment", f"{CHILD}-steward"),
    ("LoadTrial", f"{CHILD}-001"),
    ("Service", f"{CHILD}-001-a1"),
    ("Deployment", f"{CHILD}-001-a1"),
    ("Job", f"{CHILD}-001-a1-k6"),
]


def foreign(kind: str, name: str, **metadata: object) -> Manifest:
    """An object of an application."""
    return {"kind": kind, "metadata": {"name": name, **metadata}, "spec": {"containers": []}}


def placed(lab: Laboratory, *items: Manifest) -> dict[Key, Manifest]:
    """Place objects; return them as they must still be in the end."""
    keys = [lab.place(item) for item in items]
    return {key: copy.deepcopy(lab.cluster.objects[key]) for key in keys}


def now(lab: Laboratory, before: dict[Key, Manifest]) -> dict[Key, Manifest | None]:
    return {key: lab.cluster.objects.get(key) for key in before}


@pytest.mark.parametrize(
    ("name", "application"),
    [
        ("shop", [("StatefulSet", "shop-postgres"), ("Service", "shop-postgres")]),
        ("shop", [("Secret", "shop-stores")]),
        ("ship", [("Deployment", "ship-steward"), ("Service", "ship-steward")]),
        ("cart", [("Service", "cart-postgres")]),
    ],
)
async def test_an_application_of_the_experiments_name_stays_as_it_is(name, application):
    lab = Laboratory()
    before = placed(lab, *(foreign(*one) for one in application))
    lab.submit(name, replicates=1)

    status = await lab.run(name)

    assert status["phase"] == "Succeeded"
    assert now(lab, before) == before


@pytest.mark.parametrize("metadata", [{}, OWNED_BY_ANOTHER, ADOPTED], ids=["free", "owned", "half"])
@pytest.mark.parametrize(("kind", "name"), CHILDREN)
async def test_a_foreign_object_of_a_childs_very_name_ends_the_experiment(kind, name, metadata):
    lab = Laboratory()
    before = placed(lab, foreign(kind, name, **metadata))
    lab.submit(replicates=1)

    status = await lab.run()

    assert (status["phase"], lab.condition("Failed")["reason"]) == ("Failed", "CreationRefused")
    assert f"{kind} {name} is there already" in lab.condition("Failed")["message"]
    assert "Delete it" in lab.condition("Failed")["message"]
    assert now(lab, before) == before
    kept = {f"{key[0].name} {key[2]}" for key in before}
    assert lab.leftovers() <= kept


async def test_the_experiment_that_starts_anew_after_a_clash_has_other_names():
    lab = Laboratory()
    before = placed(lab, foreign("Service", f"{CHILD}-postgres"))
    lab.submit(replicates=1)
    await lab.run()
    del lab.cluster.objects[Kind.EXPERIMENT, "lab", "exp"]
    lab.submit(replicates=1)
    lab.experiment()["metadata"]["uid"] = "uid-anew"

    assert (await lab.run())["phase"] == "Succeeded"
    assert now(lab, before) == before


KINDS = ["Service", "StatefulSet", "Deployment", "Job", "Secret", "Pod", "LoadTrial"]
PREFIXES = ["exp", CHILD, f"{CHILD}-001-a1", "exp-001-a1", children_name("exp", "uid-other")]
SUFFIXES = ["", "-postgres", "-steward", "-stores", "-dataset", "-001", "-k6", "-worker", "-002-a1"]
LABELS = st.sampled_from(
    [
        {},
        experiment_selector("exp"),
        experiment_selector("exp") | {COMPONENT_LABEL: "bogus"},
        experiment_selector("exp") | {COMPONENT_LABEL: "postgres"},
        experiment_selector("exp") | {COMPONENT_LABEL: "k6", RUN_LABEL: f"{CHILD}-001-a1"},
    ]
)
OWNERS: st.SearchStrategy[Json] = st.sampled_from([{}, OWNED_BY_ANOTHER, ADOPTED])


def _place(item: Manifest) -> tuple[str, str]:
    return item["kind"], item["metadata"]["name"]


@st.composite
def foreign_objects(draw: st.DrawFn) -> Manifest:
    name = draw(st.sampled_from(PREFIXES)) + draw(st.sampled_from(SUFFIXES))
    kind = draw(st.sampled_from(KINDS))
    return foreign(kind, name, labels=draw(LABELS), **draw(OWNERS))


@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(foreign_objects(), max_size=5, unique_by=_place))
def test_whatever_else_there_is_nothing_of_it_changes_and_the_experiment_ends(items):
    lab = Laboratory()
    before = placed(lab, *(item for item in items if item["metadata"]["name"] != SECRET))
    lab.submit(replicates=1, variants=[{"name": "sync"}])

    status = asyncio.run(lab.run())

    reason = lab.condition("Failed").get("reason")
    assert status["phase"] == "Succeeded" or reason == "CreationRefused"
    assert now(lab, before) == before
    assert lab.leftovers() <= {f"{kind.name} {name}" for kind, _, name in before}


async def test_a_delete_means_the_object_that_was_seen_and_not_its_successor():
    lab = Laboratory()
    key = lab.place(foreign("Service", "shop"))

    await lab.cluster.delete(*key, uid="of the one that was there before")

    assert "deletionTimestamp" not in lab.cluster.objects[key]["metadata"]


async def test_an_experiment_of_the_same_name_does_not_expire_in_the_formers_stead(monkeypatch):
    lab = Laboratory()
    lab.submit(ttlStrategy={"secondsAfterSuccess": 60}, replicates=1)
    await lab.run()
    lab.now += 120
    delete = lab.cluster.delete

    async def replaced_before_the_delete(*args, **options):
        lab.experiment()["metadata"]["uid"] = "uid-of-the-successor"
        await delete(*args, **options)

    monkeypatch.setattr(lab.cluster, "delete", replaced_before_the_delete)
    await lab.reconcile()

    assert "deletionTimestamp" not in lab.experiment()["metadata"]


async def test_the_passwords_go_with_their_experiment():
    lab = Laboratory()
    lab.submit(replicates=1)
    await lab.run()
    assert (Kind.SECRET, "lab", SECRET) in lab.cluster.objects

    lab.experiment()["metadata"]["deletionTimestamp"] = "now"
    for _ in range(3):
        lab.cluster.tick()

    assert lab.cluster.objects == {}
