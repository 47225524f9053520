"""Five hundred experiments at once: the operator stays small, quick and quiet."""

import time

import pytest
import yaml

from loadlab.base.times import epoch
from tests.e2e.cluster_tools import Lab, condition, eventually, get, kubectl
from tests.e2e.containers import operator
from tests.e2e.premises import QuietNode
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.measured]
COUNT = 500
LOOKED_AT = 30.0  # seconds: as often the versions of all experiments are compared


def test_the_operator_stays_within_its_budgets_with_five_hundred_experiments(lab: Lab):
    kubectl("-n", lab.namespace, "delete", "loadexperiments", "--all", "--wait")
    node = QuietNode()
    started = time.monotonic()
    lab.kubectl("create", "-f", "-", stdin=yaml.safe_dump_all(map(_suspended, range(COUNT))))
    created = time.monotonic() - started
    eventually(lambda: _accepted(lab) == COUNT, 120, "all accepted", every=1)
    accepted = time.monotonic() - started
    waited = sorted(map(_seconds_to_acceptance, get("-n", lab.namespace, "lexp")["items"]))
    time.sleep(2)

    memory, share = operator().resident_mebibytes(), operator().cpu_share(seconds=LOOKED_AT)

    print(f"{COUNT} created in {created:.1f} s, all accepted after {accepted:.1f} s")
    print(f"creation to acceptance, in whole seconds: p99 {waited[int(0.99 * COUNT)]:.0f} s")
    print(f"operator: {memory:.0f} MiB (budget 150), {share:.2%} of a core idle (budget 1 %)")
    kubectl(
        "delete", "--raw", f"/apis/loadlab.dev/v1alpha1/namespaces/{lab.namespace}/loadexperiments"
    )
    eventually(lambda: not get("-n", lab.namespace, "lexp")["items"], 90, "all deleted", every=2)
    assert memory <= 150
    node.require()
    assert waited[int(0.99 * COUNT)] <= 5
    assert share <= 0.01


def _suspended(number: int) -> Json:
    return {
        "apiVersion": "loadlab.dev/v1alpha1",
        "kind": "LoadExperiment",
        "metadata": {"name": f"many-{number:03d}"},
        "spec": {"workload": "select", "variants": [{"name": "sync"}], "suspend": True},
    }


def _accepted(lab: Lab) -> int:
    items = get("-n", lab.namespace, "loadexperiments")["items"]
    return sum(condition(i.get("status", {}), "Accepted").get("status") == "True" for i in items)


def _seconds_to_acceptance(item: Json) -> float:
    accepted = condition(item["status"], "Accepted")["lastTransitionTime"]
    return epoch(accepted) - epoch(item["metadata"]["creationTimestamp"])
