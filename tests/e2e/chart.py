"""The chart on the cluster: Helm, an operator that works, and what is there of a release."""

import pytest

from tests.e2e.cluster_tools import SYSTEM, Lab, condition, eventually, find_program, kubectl

QUICK = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "factors": {"ms": [5], "virtualUsers": [4]},
    "replicates": 1,
    "load": {"duration": "2s", "warmup": "0s"},
}


def helm(major: int) -> str:
    program = f"helm{major}"
    if find_program(program) is None:
        pytest.skip(f"{program} is neither in .state/bin nor in PATH")
    return program


def assert_operator_works(lab: Lab, name: str) -> None:
    kubectl("-n", SYSTEM, "rollout", "status", "deployment", "--timeout=60s")
    lab.delete(name)
    lab.submit(name, **QUICK)
    status = lab.wait(name, 90)
    assert status["phase"] == "Succeeded", condition(status, "Finished")


def everything_of_ours() -> list[str]:
    kinds = "deployments,pods,serviceaccounts,roles,rolebindings,configmaps,secrets,services"
    names = kubectl("-n", SYSTEM, "get", kinds, "-o", "name").split()
    cluster_wide = kubectl("get", "clusterroles,clusterrolebindings", "-o", "name").split()
    own = [name for name in cluster_wide if "loadlab" in name]
    given = {"serviceaccount/default", "configmap/kube-root-ca.crt"}
    return [name for name in names if name not in given] + own


def wait_until_gone() -> None:
    eventually(lambda: not everything_of_ours(), 40, f"nothing left of {everything_of_ours()}")
