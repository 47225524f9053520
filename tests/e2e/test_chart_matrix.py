"""The chart by Helm 3 and 4, for the cluster and for a namespace, with and without its flags.

Twenty seconds for each, so it is one of `make measured`.
"""

import json

import pytest

from tests.e2e.chart import assert_operator_works, helm, wait_until_gone
from tests.e2e.cluster_tools import (
    CHART,
    SYSTEM,
    VALUES,
    Lab,
    RefusedError,
    condition,
    eventually,
    get,
    kubectl,
    run,
)
from tests.e2e.conftest import NAMESPACE
from tests.manifests import Json

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.measured,
    pytest.mark.usefixtures("installed_again", "without_operator"),
]
METRICS: Json = {"metrics": {"enabled": True, "dashboard": {"enabled": True}}}
POLICY: Json = {
    "networkPolicy": {"enabled": True, "metricsFrom": {"kubernetes.io/metadata.name": "monitoring"}}
}
PRIORITY: Json = {"priorityClassName": "system-cluster-critical"}
SCOPES: dict[str, Json] = {"cluster": {}, "namespace": {"watchNamespaces": [NAMESPACE]}}
DISRUPTIONS: Json = {"podDisruptionBudget": {"enabled": True}}
OUTPUTS: Json = {  # to a collector that is not there, which harms no trial
    "k6Outputs": {
        "opentelemetry": {
            "url": "http://otel-collector.monitoring:4318/v1/metrics",
            "to": {"namespace": "monitoring", "port": 4318},
        }
    }
}
SINGLE: dict[str, Json] = {
    "metrics": METRICS,
    "policy": POLICY,
    "priority": PRIORITY,
    "disruptions": DISRUPTIONS,
    "outputs": OUTPUTS,
}
FLAGS: dict[str, Json] = {
    "none": {},
    "all": METRICS | POLICY | PRIORITY | DISRUPTIONS | OUTPUTS,
    **SINGLE,
}
CASES = [
    *((major, scope, flags) for major in (3, 4) for scope in SCOPES for flags in ("none", "all")),
    *((4, "cluster", flag) for flag in SINGLE),
]
MONITOR: Json = {"metrics": {"enabled": True, "serviceMonitor": {"enabled": True}}}
MONITOR_API: Json = {  # as much of the Prometheus operator's as an object of it needs
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "servicemonitors.monitoring.coreos.com"},
    "spec": {
        "group": "monitoring.coreos.com",
        "scope": "Namespaced",
        "names": {"kind": "ServiceMonitor", "plural": "servicemonitors"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}
LONG: Json = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "factors": {"ms": [5], "virtualUsers": [4]},
    "replicates": 5,
    "load": {"duration": "5s", "warmup": "1s"},
}


def install(major: int, *values: Json, action: tuple[str, ...] = ("install",)) -> None:
    set_ = [f"--set-json={key}={json.dumps(v)}" for each in values for key, v in each.items()]
    options = ["-n", SYSTEM, "-f", str(VALUES), *set_, "--wait", "--timeout", "2m"]
    run(helm(major), *action, "loadlab", CHART, *options, timeout=150)


def uninstall(major: int) -> None:
    run(helm(major), "uninstall", "loadlab", "-n", SYSTEM, "--wait")
    wait_until_gone()


@pytest.mark.parametrize(("major", "scope", "flags"), CASES)
def test_it_measures_is_tested_and_leaves_results_alone(
    lab: Lab, major: int, scope: str, flags: str
):
    name = f"by-{major}-{scope}-{flags}"
    install(major, SCOPES[scope], FLAGS[flags])

    assert_operator_works(lab, name)
    run(helm(major), "test", "loadlab", "-n", SYSTEM, "--timeout", "90s")
    uninstall(major)

    assert lab.status(name)["phase"] == "Succeeded"


@pytest.mark.parametrize("major", [3, 4])
def test_a_service_monitor_is_refused_without_its_api_and_made_with_it(lab: Lab, major: int):
    with pytest.raises(RefusedError, match="needs the ServiceMonitor CRD"):
        install(major, MONITOR)
    run(helm(4), "uninstall", "loadlab", "-n", SYSTEM, "--ignore-not-found", "--wait")
    kubectl("apply", "-f", "-", stdin=json.dumps(MONITOR_API))
    try:
        eventually(lambda: get("-n", SYSTEM, "servicemonitors")["items"] == [], 30, "the API")
        install(major, MONITOR)
        (made,) = get("-n", SYSTEM, "servicemonitors")["items"]
        assert made["spec"]["endpoints"]
        uninstall(major)
        assert get("-n", SYSTEM, "servicemonitors")["items"] == []
    finally:
        kubectl("delete", "-f", "-", stdin=json.dumps(MONITOR_API))


@pytest.mark.parametrize("major", [3, 4])
def test_upgrade_and_rollback_while_an_experiment_runs(lab: Lab, major: int):
    install(major)
    lab.delete("across")
    lab.submit("across", **LONG)

    def is_at(succeeded: int) -> bool:
        return int(lab.status("across").get("trials", {}).get("succeeded", 0)) >= succeeded

    eventually(lambda: is_at(1), 60, "a first trial")
    install(major, {"podAnnotations": {"example.com/turn": "2"}}, action=("upgrade",))
    eventually(lambda: is_at(3), 60, "trials under the next operator")
    run(helm(major), "rollback", "loadlab", "1", "-n", SYSTEM, "--wait", timeout=150)
    status = lab.wait("across", 120)
    former = [trial["status"].get("formerAttempts", []) for trial in lab.trials("across").values()]
    uninstall(major)

    print(status["trials"], former)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    assert status["trials"]["succeeded"] == LONG["replicates"]
    assert status["results"][0]["validity"] != "Invalid", status["results"]
