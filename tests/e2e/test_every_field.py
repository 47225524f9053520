"""Every field of the spec at the door of a real API server: refused, explained, and how fast."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml
from kubernetes import config
from kubernetes.client import ApiException, CustomObjectsApi

from loadlab.base.names import API_VERSION
from tests.broken_specs import Broken, broken_specs
from tests.e2e.cluster_tools import ENVIRONMENT, REPOSITORY, SAMPLES, Lab, kubectl
from tests.manifests import Json

pytestmark = pytest.mark.e2e

BROKEN = 300
AT_ONCE = 4
SLOWEST_SECONDS = 0.5  # the 95th percentile of a dry run, kubectl's own start in it
FILES = sorted(path for path in SAMPLES.rglob("*.yaml") if "own-service/" not in str(path))


def spec_schema() -> Json:
    definition = yaml.safe_load((REPOSITORY / "crds" / "loadexperiments.yaml").read_text())
    (version,) = definition["spec"]["versions"]
    found: Json = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return found


@pytest.fixture
def api(lab: Lab) -> CustomObjectsApi:
    """The API server without kubectl between: three hundred of its starts take a minute."""
    return CustomObjectsApi(config.new_client_from_config(ENVIRONMENT["KUBECONFIG"]))


def refusal(api: CustomObjectsApi, namespace: str, broken: Broken) -> str:
    document = {
        "apiVersion": API_VERSION,
        "kind": "LoadExperiment",
        "metadata": {"name": "broken"},
        "spec": broken.spec,
    }
    group, version = API_VERSION.split("/")
    try:
        api.create_namespaced_custom_object(
            group,
            version,
            namespace,
            "loadexperiments",
            document,
            dry_run="All",
            field_validation="Strict",
        )
    except ApiException as error:
        return str(json.loads(error.body or "{}")["message"])
    return ""


def test_three_hundred_wrong_specs_are_refused_by_the_name_of_their_field(
    lab: Lab, api: CustomObjectsApi
) -> None:
    every = broken_specs(spec_schema())
    tried = every[:: max(1, len(every) // BROKEN)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = list(pool.map(lambda broken: refusal(api, lab.namespace, broken), tried))

    unnamed = [(b.field, b.bound, t) for b, t in zip(tried, told, strict=True) if b.field not in t]
    print(f"{len(tried)} of {len(every)} specs with one bound broken: {len(unnamed)} not named")
    assert len(tried) >= BROKEN
    assert unnamed == []


def test_a_dry_run_of_a_sample_answers_at_once(lab: Lab) -> None:
    took = []
    for _ in range(2):
        for path in FILES:
            began = time.monotonic()
            lab.kubectl("apply", "--dry-run=server", "-f", str(path))
            took.append(time.monotonic() - began)

    took.sort()
    p95 = took[int(0.95 * len(took))]
    print(f"{len(took)} dry runs: p50 {took[len(took) // 2]:.2f} s, p95 {p95:.2f}, {took[-1]:.2f}")
    assert p95 <= SLOWEST_SECONDS


def objects(schema: Json, path: str) -> Any:
    """Yield the path of each object or list of objects, as `kubectl explain` takes it."""
    yield path
    for name, child in schema["properties"].items():
        item = child.get("items", child)
        if "properties" in item:
            yield from objects(item, f"{path}.{name}")


@pytest.mark.usefixtures("installed")
def test_every_field_is_explained() -> None:
    paths = list(objects(spec_schema(), "loadexperiment.spec"))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        pages = dict(
            zip(paths, pool.map(lambda path: kubectl("explain", path), paths), strict=True)
        )

    fields = sum(page.count("\n  ") for page in pages.values())
    print(f"{len(paths)} pages of kubectl explain, {fields} lines")
    assert [path for path, page in pages.items() if "<no description>" in page] == []
