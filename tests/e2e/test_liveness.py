"""On the real cluster: who can't run says why within seconds, ends, and the next one starts."""

import time
from collections.abc import Callable, Iterator

import pytest
import yaml

from tests.e2e.cluster_tools import Lab, condition, eventually
from tests.manifests import Json

pytestmark = pytest.mark.e2e
NAP: Json = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "factors": {"ms": [10], "virtualUsers": [2]},
    "replicates": 1,
    "load": {"duration": "2s", "warmup": "0s"},
    "timeouts": {"prepare": "10s", "ready": "8s"},
}
SHOWN_WITHIN = 5.0  # seconds
NEXT_WITHIN = 5.0


def quota(**hard: str) -> Json:
    return {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": hard}}


def has_begun(lab: Lab) -> bool:
    return bool(lab.status("poison").get("startTime"))


def has_a_trial(lab: Lab) -> bool:
    return bool(lab.trials("poison"))


# A rule, its reason, words of its sentence, and what comes just before the refusal.
RULES: dict[str, tuple[Json, str, str, Callable[[Lab], bool]]] = {
    "cpu quota": (
        quota(**{"limits.cpu": "100m"}),
        "QuotaExceeded",
        "quota: liveness",
        has_begun,
    ),
    "limit range": (
        {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "spec": {"limits": [{"type": "Container", "min": {"cpu": "500m"}}]},
        },
        "AdmissionDenied",
        "minimum cpu usage per Container is 500m",
        has_begun,
    ),
    "object quota": (
        quota(**{"count/jobs.batch": "0"}),
        "QuotaExceeded",
        "exceeded quota: liveness",
        has_a_trial,
    ),
}


@pytest.fixture(params=RULES)
def rule(
    request: pytest.FixtureRequest, lab: Lab
) -> Iterator[tuple[str, str, Callable[[Lab], bool]]]:
    """A rule that is in force in the namespace."""
    manifest, reason, words, comes_before = RULES[request.param]
    named = manifest | {"metadata": {"name": "liveness"}}
    lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(named))
    kind = manifest["kind"]
    if kind == "ResourceQuota":  # it is in force once its controller has counted
        path = "jsonpath={.status.hard}"
        eventually(lambda: lab.kubectl("get", kind, "liveness", "-o", path), 10, "quota")
    yield reason, words, comes_before
    lab.kubectl("delete", kind, "liveness", "--ignore-not-found")
    for name in ("poison", "next"):
        lab.delete(name)


def test_a_rule_that_refuses_is_quoted_at_once_and_the_next_one_starts(
    lab: Lab, rule: tuple[str, str, Callable[[Lab], bool]]
):
    reason, words, comes_before = rule
    lab.submit("poison", **NAP)
    eventually(lambda: comes_before(lab), 30, "what comes before the refusal", every=0.1)
    began = time.monotonic()
    lab.submit("next", **NAP)
    stalled = eventually(
        lambda: _stalled(lab) or condition(lab.status("poison"), "Failed"), 20, "Stalled", every=0.1
    )
    shown = time.monotonic() - began

    status = lab.wait("poison", 40)
    ended = time.monotonic()
    failed = condition(status, "Failed")
    eventually(lambda: lab.status("next").get("startTime"), 20, "the next one", every=0.1)
    started = time.monotonic() - ended

    print(f"\n{reason}: shown after {shown:.1f} s, ended after {ended - began:.1f} s, next one")
    print(f"started {started:.1f} s later: {failed['message']}")
    assert (stalled["reason"], failed["reason"]) == (reason, reason)
    assert words in stalled["message"]
    assert words in failed["message"]
    assert shown < SHOWN_WITHIN
    assert started < NEXT_WITHIN
    assert lab.leftovers("poison") == []


def _stalled(lab: Lab) -> Json:
    found = condition(lab.status("poison"), "Stalled")
    return found if found.get("status") == "True" else {}


def test_the_queue_says_what_is_waited_for(lab: Lab):
    lab.submit("first", **NAP)
    eventually(lambda: lab.status("first").get("startTime"), 10, "the first one's start")
    lab.submit("second", **NAP)

    waits_for = eventually(lambda: lab.status("second").get("waitsFor"), 10, "waitsFor")
    table = lab.kubectl("get", "lexp", "-o", "wide")
    print(f"\n{table}")

    assert waits_for == f"LoadExperiment {lab.namespace}/first"
    assert "WAITS-FOR" in table
    for name in ("second", "first"):
        lab.delete(name)
