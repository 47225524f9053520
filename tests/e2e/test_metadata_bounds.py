"""On the real cluster: experiments whose metadata are as large as the API server lets them be."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import yaml

from loadlab.controller.unwritten import AHEAD_FOR
from tests.e2e.cluster_tools import Lab, RefusedError, kubectl
from tests.e2e.naps import NAP, begun, seconds_until
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.anywhere]
PATH = "/apis/loadlab.dev/v1alpha1/namespaces"
LABELS = 21_500  # of 63 characters: a few more than etcd takes of one object
FAT_EXPERIMENTS = 15  # they kept the next one waiting for minutes
TRIED = 16.0  # seconds for two tries of each, of 1.6 MB: 8 to 11.6 seen on two slow cores


def test_metadata_as_large_as_etcd_allows_stop_nobody(lab: Lab):
    """Whoever may create experiments can do it: with so many labels no status fits any more."""
    with metadata_without_bounds():
        labels, body = largest_labels(lab)
        for number in range(1, FAT_EXPERIMENTS):
            create(lab, body.replace('"fat"', f'"f{number:02}"'))
        lab.submit("next", **NAP)
        waited = seconds_until(lambda: begun(lab, "next"), 60, "the next one's start")
        status = lab.wait("next", 60)
        lab.kubectl("delete", "lexp", "--all")

    print(
        f"\n{FAT_EXPERIMENTS} of {labels} labels, {len(body)} bytes; "
        f"the next one began after {waited:.1f} s"
    )
    assert waited <= AHEAD_FOR + TRIED
    assert status["phase"] == "Succeeded"


@pytest.mark.parametrize(
    ("field", "entries"),
    [
        ("labels", {f"l{n}": "" for n in range(65)}),
        ("annotations", {f"a{n}": "" for n in range(65)}),
        ("finalizers", [f"example.com/{n}" for n in range(17)]),
        (
            "ownerReferences",
            [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": f"{n}"} for n in range(17)],
        ),
    ],
)
def test_metadata_without_bounds_are_refused_at_the_door(lab: Lab, field: str, entries: object):
    """66,000 labels of four letters take the API server ten seconds a write, and us 60 MB."""
    with pytest.raises(RefusedError, match=rf"metadata\.{field} may have at most \d+ entries"):
        create(lab, experiment("fat", {field: entries}))


def test_what_grew_before_there_was_a_policy_can_be_changed_and_not_grow(lab: Lab):
    old = {"labels": {f"l{n}": "" for n in range(70)}}
    with metadata_without_bounds():
        create(lab, experiment("old", old, suspend=True))

    lab.kubectl("annotate", "lexp", "old", "example.com/a=b")
    with pytest.raises(RefusedError, match="at most 64 entries"):
        lab.kubectl("label", "lexp", "old", "one=more")
    lab.kubectl("label", "lexp", "old", "l1-")
    lab.delete("old")


@contextmanager
def metadata_without_bounds() -> Iterator[None]:
    """As on a cluster whose administrator did not install the policy."""
    kind = "validatingadmissionpolicybinding"
    (name,) = kubectl("get", kind, "-l=app.kubernetes.io/part-of=loadlab", "-o=name").split()
    found = yaml.safe_load(kubectl("get", name, "-o=yaml"))
    kubectl("delete", name)
    time.sleep(2)  # API servers read it within a second
    try:
        yield
    finally:
        kept = {key: found["metadata"][key] for key in ("name", "labels")}
        kept["annotations"] = found["metadata"].get("annotations") or {}
        kubectl("create", "-f", "-", stdin=yaml.safe_dump(found | {"metadata": kept}))
        time.sleep(2)


def largest_labels(lab: Lab) -> tuple[int, str]:
    """Create an experiment that etcd just takes, and whose status it does not."""
    least, most, created = LABELS - 1500, LABELS, ""
    while most - least > 1:
        tried = (least + most) // 2
        body = fat(lab, tried)
        try:
            create(lab, body)
        except RefusedError:
            most = tried
            continue
        created, least = body, tried
        if most - least > 1:
            lab.delete("fat")
    assert created
    return least, created


def fat(lab: Lab, labels: int) -> str:
    return experiment("fat", {"labels": {f"l{n:05}": "v" * 63 for n in range(labels)}})


def experiment(name: str, metadata: Json, **spec: object) -> str:
    api = {"apiVersion": "loadlab.dev/v1alpha1", "kind": "LoadExperiment"}
    return json.dumps({**api, "metadata": {"name": name, **metadata}, "spec": NAP | spec})


def create(lab: Lab, body: str) -> None:
    path = f"{PATH}/{lab.namespace}/loadexperiments"
    kubectl("create", "--raw", path, "-f", "-", stdin=body)
