"""`loadlab doctor`: what each answer of the API server means, and what to do about it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadlab.cli.doctor.finding import Finding, Outcome
from loadlab.cli.doctor.installed import OLDEST_KUBERNETES
from loadlab.cli.doctor.report import has_problem
from tests.unit.cli.api_server import ApiServer, Run
from tests.unit.cli.healthy import (
    CRD,
    FIELDS,
    NODE,
    NODES,
    OPERATORS,
    PLACE,
    QUOTAS,
    RANGES,
    REVIEW,
    SERVED,
    SERVER,
    VERSION,
    crd,
    healthy,
    looked_at,
    node,
    operator,
)

CHART = Path(__file__).parents[3] / "charts" / "loadlab" / "Chart.yaml"
PSI = f"{NODE}/stats/summary"


def only(found: tuple[Finding, ...]) -> Finding:
    (finding,) = (each for each in found if each.outcome is not Outcome.OK)
    return finding


def test_a_healthy_cluster_has_nothing_to_do() -> None:
    found = looked_at({})

    assert {each.outcome for each in found} == {Outcome.OK}
    assert not any(each.remedy for each in found)
    assert {each.check for each in found} == {
        *("cluster", "crd", "operator", "rights", "images", "nodes", "cpu manager", "noise"),
        "namespace",
    }


def limited(**limits: Any) -> dict[str, Any]:
    limit = {"type": "Container", **limits}
    return {"items": [{"metadata": {"name": "lr"}, "spec": {"limits": [limit]}}]}


def quota(used: str) -> dict[str, Any]:
    status = {"hard": {"pods": "10"}, "used": {"pods": used}}
    return {"items": [{"metadata": {"name": "q"}, "spec": {}, "status": status}]}


def without(name: str) -> dict[str, Any]:
    return {field: {} for field in FIELDS if field != name}


def named(image: str, policy: str = "IfNotPresent") -> dict[str, Any]:
    return {"items": [operator(LOADLAB_IMAGE_REDIS=image, LOADLAB_IMAGE_PULL_POLICY=policy)]}


STANDS_IN_THE_WAY = {
    "old cluster": ({VERSION: {"gitVersion": "v1.28.3"}}, "v1.28.3", "1.30 or later"),
    "no crd": ({CRD: 404}, "not installed", "build, push and name its images"),
    "no crd, not readable": (
        {CRD: 403, SERVED: 404},
        "not installed",
        "build, push and name its images",
    ),
    "older crd": ({CRD: crd(without("load"))}, "it lacks spec.load", "helm upgrade"),
    "no operator": ({OPERATORS: {"items": []}}, "there is none", "docs/how-to/install.md"),
    "operator not ready": (
        {OPERATORS: {"items": [operator(ready=0)]}},
        "not ready",
        "kubectl logs",
    ),
    "operator elsewhere": (
        {OPERATORS: {"items": [operator(LOADLAB_WATCH_NAMESPACES="a,b")]}},
        "it looks at a,b only, not at lab",
        "watchNamespaces",
    ),
    "image of no registry": ({OPERATORS: named("localhost/r:1")}, "on no node", "load it into"),
    "image not pulled": ({OPERATORS: named("r:1", "Never")}, "on no node", "images.redis"),
    "no node": (
        {NODES: {"items": [node(unschedulable=True)]}},
        "none is ready",
        "kubectl get nodes",
    ),
    "no namespace": ({PLACE: 404}, "there is no lab", "kubectl create namespace lab"),
    "quota used up": ({QUOTAS: quota("10")}, "10 of 10 pods used", "describe quota q"),
}
CHANGES_SOMETHING = {
    "later crd": ({CRD: crd(FIELDS | {"x": {}})}, "it has spec.x", "command of that release"),
    "other operator": (
        {OPERATORS: {"items": [operator("0.2.0")]}},
        "of release 0.2.0",
        "command of",
    ),
    "no static manager": (
        {f"{NODE}/configz": {"kubeletconfig": {"cpuManagerPolicy": "none"}}},
        "n1: none, so no service can own CPUs",
        "serviceCpu: Shared",
    ),
    "quota": ({QUOTAS: quota("3")}, "3 of 10 pods used", "loadlab plan"),
    "limits given": ({RANGES: limited(default={"cpu": "1"})}, "a limit of 1 cpu", "spec.resources"),
    "limits kept": ({RANGES: limited(max={"cpu": "2"})}, "more than 2 cpu", "spec.resources"),
}
CANNOT_BE_READ = {
    "version": ({VERSION: {}}, "it names none"),
    "crd": ({CRD: 403, SERVED: {}}, "which release's it is: you may not read it"),
    "rights": ({REVIEW: 500}, "the API server answered 500"),
    "namespace": ({PLACE: 403}, "whether lab is there: you may not read it"),
    "quotas": ({QUOTAS: 403}, "quotas of lab: you may not read it"),
    "limit ranges": ({RANGES: 401}, "LimitRanges of lab: not logged in"),
    "image": ({OPERATORS: named("r:1")}, "it is pulled when it is first needed"),
    "cpu manager": ({f"{NODE}/configz": 403}, "n1: its policy: you may not read it"),
    "noise": ({PSI: 0}, "use and pressure of its CPUs: no answer"),
    "psi": ({PSI: {"node": {"cpu": {"usageNanoCores": 1}}}}, "the kubelet does not say"),
    "psi that is off": (
        {PSI: {"node": {"cpu": {"usageNanoCores": 1, "psi": {"some": {"avg60": 0, "total": 0}}}}}},
        "pressure (PSI): the kubelet does not say",
    ),
    "an answer of something else": ({QUOTAS: {"items": [{}]}}, "was not understood (KeyError"),
}


@pytest.mark.parametrize(("changed", "says", "remedy"), STANDS_IN_THE_WAY.values(),
                         ids=STANDS_IN_THE_WAY)  # fmt: skip
def test_what_stands_in_the_way_is_a_problem(changed: Any, says: str, remedy: str) -> None:
    found = looked_at(changed)
    finding = only(found)

    assert finding.outcome is Outcome.PROBLEM
    assert says in finding.message
    assert remedy in finding.remedy
    assert has_problem(found)


@pytest.mark.parametrize(("changed", "says", "remedy"), CHANGES_SOMETHING.values(),
                         ids=CHANGES_SOMETHING)  # fmt: skip
def test_what_changes_figures_or_pods_is_a_warning(changed: Any, says: str, remedy: str) -> None:
    found = looked_at(changed)
    finding = only(found)

    assert finding.outcome is Outcome.WARNING
    assert says in finding.message
    assert remedy in finding.remedy
    assert not has_problem(found)


@pytest.mark.parametrize(("changed", "says"), CANNOT_BE_READ.values(), ids=CANNOT_BE_READ)
def test_what_cannot_be_read_is_said_and_fails_nothing(changed: Any, says: str) -> None:
    found = looked_at(changed)
    unknown = [each for each in found if each.outcome is Outcome.UNKNOWN]

    assert any(says in each.message for each in unknown)
    assert {each.outcome for each in found} <= {Outcome.OK, Outcome.UNKNOWN}


def test_a_right_that_is_lacking_is_named_with_the_role_that_has_it() -> None:
    def may(review: Any) -> dict[str, Any]:
        place = review["spec"]["resourceAttributes"]
        assert (place["namespace"], place["group"]) == ("lab", "loadlab.dev")
        return {"status": {"allowed": place["verb"] not in {"create", "patch"}}}

    finding = only(looked_at({REVIEW: may}))

    assert finding.outcome is Outcome.PROBLEM
    assert finding.message.endswith("in lab: create loadexperiments, patch loadexperiments")
    assert "--clusterrole loadlab-edit" in finding.remedy


def test_without_nodes_and_operators_the_rest_is_looked_at() -> None:
    found = looked_at({NODES: 403, OPERATORS: 403})

    unknown = {each.check for each in found if each.outcome is Outcome.UNKNOWN}
    assert unknown == {"operator", "images", "nodes"}
    assert any(each.check == "namespace" for each in found)


def test_where_nothing_answers_one_thing_is_said() -> None:
    (finding,) = looked_at({VERSION: 0})

    assert (finding.outcome, finding.message) == (
        Outcome.PROBLEM,
        f"the API server {SERVER}: no answer",
    )


def test_the_oldest_kubernetes_is_the_chart_s() -> None:
    found = re.search(r'kubeVersion: ">=(\d+)\.(\d+)', CHART.read_text())

    assert found is not None
    assert tuple(map(int, found.groups())) == OLDEST_KUBERNETES


@pytest.fixture
def server() -> Iterator[None]:
    ApiServer.others = {path: (200, [body]) for path, body in healthy().items()}
    yield
    ApiServer.others = {}


def test_the_command_prints_a_line_each_and_exits_by_the_problems(
    loadlab: Run, server: None
) -> None:
    healthy_code, out, err = loadlab("doctor")
    ApiServer.others[CRD] = (404, [{"kind": "Status"}])
    code, other, _ = loadlab("doctor")

    assert (healthy_code, err) == (0, "")
    first = r"ok         cluster: Kubernetes v1\.34\.4 at http://127\.0\.0\.1:\d+"
    assert re.fullmatch(first, out.splitlines()[0])
    assert code == 1
    assert "problem    crd: LoadExperiments are not installed\n           → build, push" in other


def test_as_json_it_is_a_list(loadlab: Run, server: None) -> None:
    code, out, _ = loadlab("doctor", "-o", "json")

    assert code == 0
    first = json.loads(out)[0]
    assert first.pop("message").startswith("Kubernetes v1.34.4 at http://")
    assert first == {"check": "cluster", "outcome": "ok", "remedy": ""}


def test_a_kubeconfig_that_is_missing_is_a_finding(loadlab: Run, tmp_path: Path) -> None:
    code, out, err = loadlab("doctor", config=tmp_path / "none")

    assert (code, err) == (1, "")
    assert out.startswith("problem    cluster: no usable kubeconfig")
