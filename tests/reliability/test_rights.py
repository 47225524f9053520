"""Test 20: what the operator asked the API server for, by its audit log, against what it may."""

import asyncio

import pytest
import yaml

from tests.packaging.permissions import granted
from tests.reliability.control_plane import REPOSITORY, ControlPlane
from tests.reliability.proxy import CALM, Faults
from tests.reliability.site import SIX_TRIALS, Json, RefusedError, Site, eventually
from tests.reliability.test_kills import kill_after

pytestmark = pytest.mark.reliability
TWO_TRIALS: Json = SIX_TRIALS | {"replicates": 1}
# Granted, used by tests/packaging/test_rbac.py, and not to be seen in the audit log of this test.
ELSEWHERE = {
    ("", "pods/log", "get"): "the played kubelet answers in the API server's place",
    ("", "pods", "delete"): "of a failed data set that a sidecar holds: there is none here",
    ("", "serviceaccounts", "get"): "where a variant uses one that its owner has lent",
    ("", "configmaps", "get"): "where an experiment names one",
    ("", "nodes", "list"): "where a pod fits no node: the played scheduler binds every pod",
}
LEFT_TO_A_RACE = {  # an object that is there although nobody heard of its creation is looked at
    ("", "services", "get"),
    ("apps", "deployments", "get"),
    ("apps", "statefulsets", "get"),
    ("batch", "jobs", "get"),
    ("networking.k8s.io", "networkpolicies", "get"),
    ("loadlab.dev", "loadtrials", "get"),
}


async def test_rights_used_against_granted(site: Site, measured):
    """Lives with deaths, with lost answers, without room for a pod, and one that ends by itself."""
    await site.submit("calm", SIX_TRIALS | {"ttlStrategy": {"secondsAfterSuccess": 1}})
    kill_after(site, {4, 9, 14, 30})
    await eventually(lambda: is_gone(site, "calm"), 120, "the experiment ends and goes by itself")
    await live_without_room(site)
    await live_with_lost_answers(site)
    installed = list(yaml.safe_load_all((REPOSITORY / "manifests/install.yaml").read_text()))
    may = granted(installed)

    used, refused = asked(site.plane)

    unused = may - used
    unexplained = unused - ELSEWHERE.keys() - LEFT_TO_A_RACE
    told = "; ".join(f"{'/'.join(right)}: {ELSEWHERE.get(right, 'by chance')}" for right in unused)
    measured(
        20,
        f"{len(used & may)} of {len(may)} rights used; refused {len(refused)}; "
        f"unused without a reason {len(unexplained)}; not seen: {told or 'none'}",
    )
    assert refused == set()
    assert used <= may | {("", "", "")}
    assert unexplained == set()


async def live_with_lost_answers(site: Site) -> None:
    """Every third write is done without that the operator hears of it."""
    site.proxy.faults = Faults(lost_answers=0.3)
    await site.submit("unheard", TWO_TRIALS)
    await site.finished("unheard", 240)
    site.proxy.faults = CALM


async def live_without_room(site: Site) -> None:
    """A LimitRange lets none of the pods in; only events say so."""
    name = "tight"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    await site.ask("POST", "/api/v1/namespaces", namespace)
    limits = {"limits": [{"type": "Container", "max": {"memory": "1Mi"}}]}
    body = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": name}, "spec": limits}
    await site.ask("POST", f"/api/v1/namespaces/{name}/limitranges", body)
    await site.submit("lacking", TWO_TRIALS, namespace=name)

    async def is_named() -> bool:
        return "memory" in str((await site.status("lacking", namespace=name)).get("conditions"))

    await eventually(is_named, 60, "the status says which limit refuses the pods")
    await site.delete("lacking", namespace=name)
    await asyncio.sleep(2)
    await site.ask("DELETE", f"/api/v1/namespaces/{name}", {})


async def is_gone(site: Site, name: str) -> bool:
    try:
        await site.experiment(name)
    except RefusedError as error:
        return ": 404" in str(error)
    return False


def asked(plane: ControlPlane) -> tuple[set[tuple[str, str, str]], set[str]]:
    """Return the rights that were used, and what was forbidden."""
    used, refused = set(), set()
    for event in plane.audited():
        about = event.get("objectRef")
        if not about or event["stage"] != "ResponseComplete":
            continue
        parts = (about.get("resource", ""), about.get("subresource", ""))
        used.add((about.get("apiGroup", ""), "/".join(filter(None, parts)), event["verb"]))
        if event["responseStatus"]["code"] == 403:
            refused.add(event["requestURI"])
    return used, refused
