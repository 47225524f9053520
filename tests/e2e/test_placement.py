"""What pods may use is what the namespace and the node leave them, and each result says it."""

from collections.abc import Iterator

import pytest
import yaml

from tests.e2e.cluster_tools import SAMPLES, Lab, condition, eventually, get
from tests.e2e.premises import measure
from tests.manifests import Json

pytestmark = [pytest.mark.e2e]

NAP: Json = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "factors": {"ms": [20], "virtualUsers": [8]},
    "replicates": 1,
    "retry": {"attempts": 1},
    "load": {"warmup": "1s", "duration": "2s"},
    "timeouts": {"prepare": "60s", "ready": "30s"},
}


def own_image() -> Json:
    """The sample with an image of one's own, with its first variant and a short load."""
    spec = dict(yaml.safe_load((SAMPLES / "own-service.yaml").read_text())["spec"])
    load = spec["load"] | {"warmup": "1s", "duration": "2s"}
    return spec | {"variants": spec["variants"][:1], "replicates": 1, "load": load}


def place(lab: Lab, kind: str, name: str, spec: Json) -> None:
    body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(body))


@pytest.fixture
def rules(lab: Lab) -> Iterator[Lab]:
    """A namespace whose quotas and LimitRanges go with the test."""
    yield lab
    lab.kubectl("delete", "limitrange,resourcequota", "--all", "--wait")


@pytest.fixture
def neighbour(lab: Lab) -> Iterator[None]:
    """Somebody else's pod on the node, which asks for a whole CPU and uses none of it."""
    (operator,) = get("-n", "loadlab-system", "deployment", "loadlab")["spec"]["template"]["spec"][
        "containers"
    ]
    container = {
        "name": "main",
        "image": operator["image"],
        "command": ["sleep", "600"],
        "resources": {"requests": {"cpu": "1"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    security = {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    place(
        lab,
        "Pod",
        "neighbour",
        {
            "containers": [container],
            "securityContext": security,
            "terminationGracePeriodSeconds": 0,
        },
    )
    eventually(
        lambda: get("-n", lab.namespace, "pod", "neighbour")["status"]["phase"] == "Running",
        20,
        "the neighbour runs",
    )
    yield
    lab.kubectl("delete", "pod", "neighbour", "--wait")


def test_alone_on_the_node_an_image_of_ones_own_gets_its_cpu(lab: Lab):
    lab.delete("alone")
    lab.submit("alone", **own_image())

    status = lab.wait("alone", 120)

    assert status["phase"] == "Succeeded", condition(status, "Failed")
    print(f"alone: {status['chosen']}")
    assert status["chosen"]["serviceCpu"] == "Exclusive"
    assert not any("CpusShared" in reason for reason in status["results"][0]["reasons"])
    lab.delete("alone")


def test_beside_a_neighbour_that_asks_for_a_cpu_it_shares_and_says_so(lab: Lab, neighbour: None):
    lab.delete("beside")
    lab.submit("beside", **own_image())

    status = lab.wait("beside", 120)

    assert status["phase"] == "Succeeded", condition(status, "Failed")
    (trial,) = lab.trials("beside").values()
    print(f"beside: {status['chosen']}, overhead {trial['status']['timings']['overhead']:.1f} s")
    assert status["chosen"]["serviceCpu"] == "Shared"
    assert "Insufficient cpu" in status["chosen"]["serviceCpuReason"]
    assert any("CpusShared" in reason for reason in status["results"][0]["reasons"])
    lab.delete("beside")


def test_in_a_namespace_with_limit_range_and_quotas_it_runs(rules: Lab):
    """A least CPU, and a quota on each of what a pod may be asked to say."""
    place(rules, "LimitRange", "least", {"limits": [{"type": "Container", "min": {"cpu": "20m"}}]})
    hard = {"limits.cpu": "4", "limits.memory": "4Gi", "requests.cpu": "500m"}
    place(rules, "ResourceQuota", "most", {"hard": hard | {"requests.memory": "2Gi"}})
    rules.delete("ruled")
    resources = {
        "service": {"cpu": "1", "memory": "1Gi", "cpuRequest": "20m"},
        "k6": {"cpu": "1", "cpuRequest": "20m"},
        "steward": {"cpuRequest": "20m"},
    }
    rules.submit("ruled", **NAP | {"resources": resources})

    status = rules.wait("ruled", 90)

    print(f"ruled: {status['phase']}, {status['chosen']}")
    assert status["phase"] == "Succeeded", condition(status, "Failed")
    assert status["chosen"]["serviceCpu"] == "Shared"
    assert "exceeded quota: most" in status["chosen"]["serviceCpuReason"]
    rules.delete("ruled")


def test_a_limit_that_a_limit_range_set_is_named(rules: Lab):
    limits = {"type": "Container", "default": {"cpu": "100m"}, "defaultRequest": {"cpu": "10m"}}
    place(rules, "LimitRange", "tenth", {"limits": [limits]})
    rules.delete("tenth")
    rules.submit(
        "tenth",
        **NAP
        | {
            "workload": "select",
            "variants": [{"name": "asyncpg"}],
            "factors": {"virtualUsers": [16], "poolSize": [8]},
            "postgres": {"scale": 0.001},
            "resources": {"k6": {"cpu": "1"}, "service": {"cpu": "1", "memory": "1Gi"}},
        },
    )

    status = rules.wait("tenth", 150)

    assert status["phase"] == "Succeeded", condition(status, "Failed")
    (row,) = status["results"]
    (trial,) = rules.trials("tenth").values()
    (said,) = (reason for reason in row["reasons"] if reason.startswith("LimitChanged"))
    print(f"tenth: {row['requestsPerSecond']['mean']:,.0f} req/s; {said}; {row['bottleneck']}")
    assert "postgres ran on 0.1 CPU set by a LimitRange of the namespace" in said
    assert trial["status"]["components"]["postgres"]["cpuLimit"] == 0.1
    assert row["bottleneck"]["name"] == "Database"
    assert "LimitRange" in row["bottleneck"]["evidence"]
    rules.delete("tenth")


@pytest.mark.measured
def test_the_published_ten_thousand_users_run_with_the_defaults(lab: Lab):
    spec = NAP | {
        "factors": {"ms": [1000], "virtualUsers": [10_000], "workers": [1, 6]},
        "load": {"executor": "ramping-vus", "rampUp": "1s", "warmup": "0s", "duration": "20s"},
        "timeouts": {"ready": "2m"},
    }
    status, node = measure(lab, "tenthousand", 300, **spec)

    assert status["phase"] == "Succeeded", condition(status, "Failed")
    valid = [row for row in status["results"] if row["validity"] != "Invalid"]
    for row in valid:
        cell, rate = row["cell"], row["requestsPerSecond"]["mean"]
        memory = row["memoryBytes"]["generator"] / 1e9
        print(f"workers {cell['workers']}: {rate:,.0f} req/s, k6 used {memory:.1f} GB")
        assert row["requests"] > 10_000
        assert row["failedRate"] < 0.5
    # A noisy machine may spoil them; the generator's memory may not.
    said = [reason for row in status["results"] for reason in row["reasons"]]
    assert not [reason for reason in said if "memory" in reason], said
    lab.delete("tenthousand")
    node.require()
    assert valid, said
