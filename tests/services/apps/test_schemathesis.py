"""No request that an app's own OpenAPI leads to, fitting or not, is answered by a server error.

Databases are those that the workloads describe. A route that fails by design says with which
statuses: `openapi_extra={"x-errors-by-design": [500]}`. A parameter whose value only takes time
says up to which one it is cheap: `Query(json_schema_extra={"x-cheap-up-to": 1})`.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis.core.result import Ok
from schemathesis.python.asgi import shutdown_lifespans

from loadlab_services.apps import create_app
from loadlab_services.dataset.load import ensure_loaded
from loadlab_services.settings import ServiceSettings
from loadlab_services.workload import GeneratedRows, Schema, Store
from loadlab_services.workloads import find_variant, find_workload, load_workloads

pytestmark = pytest.mark.integration
VARIANTS = [
    (workload, variant)
    for workload, known in load_workloads().items()
    for variant in known.variants
]
STORES = {Store.POSTGRES: "workload_url", Store.REDIS: "stream_url", Store.RABBITMQ: "amqp_url"}
SCALE, SEED = 0.001, 42
few_examples = hypothesis_settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def prepared(new_database: Callable[[], str]) -> Callable[[str], str]:
    """Makes the database of a workload, once, as the data set's Job does, and gives its URL."""

    @cache
    def prepare(workload: str) -> str:
        url = new_database()
        match find_workload(workload).data:
            case GeneratedRows(at):
                with psycopg.connect(url, autocommit=True) as connection:
                    ensure_loaded(connection, at.load()(SCALE, SEED), overwrite=False, say=print)
            case Schema(create):
                create.load()(url)
        return url

    return prepare


@pytest.fixture
def workload_url(workload: str, prepared: Callable[[str], str]) -> str:
    """The database of the workload under test."""
    return prepared(workload)


@pytest.mark.parametrize(("workload", "variant"), VARIANTS)
def test_generated_requests_meet_no_server_error(
    request: pytest.FixtureRequest, workload: str, variant: str
) -> None:
    needed = find_variant(workload, variant).stores
    stores = {store.lower(): request.getfixturevalue(STORES[store]) for store in needed}
    named = {"workload": workload, "variant": variant, "pool_size": 2, "run_id": "fuzz-001-a1"}
    app = create_app(ServiceSettings.model_validate(named | stores))
    try:
        schema = schemathesis.openapi.from_asgi("/openapi.json", app)
        operations = list(schema.get_all_operations())
        answered = [probe(found.ok()) for found in operations if isinstance(found, Ok)]
    finally:
        shutdown_lifespans()
    assert len(answered) == len(operations), "the OpenAPI document is invalid in places"
    assert any(200 in statuses or 201 in statuses or 202 in statuses for statuses in answered)


def probe(operation: Any) -> set[int]:
    """Send what fits the operation's schema and what does not; tell the statuses."""
    statuses = set()
    by_design = operation.definition.raw.get("x-errors-by-design", [])

    def send(case: Any) -> None:
        cheapen(case, operation.definition.raw)
        response = case.call()
        told = f"{case.as_curl_command()}: {response.text}"
        assert response.status_code < 500 or response.status_code in by_design, told
        statuses.add(response.status_code)

    for mode in modes_of(operation):
        few_examples(given(operation.as_strategy(generation_mode=mode))(send))()
    return statuses


def modes_of(operation: Any) -> list[schemathesis.GenerationMode]:
    """Leave out what does not fit where there is nothing to send."""
    takes = {"parameters", "requestBody"} & set(operation.definition.raw)
    return list(schemathesis.GenerationMode) if takes else [schemathesis.GenerationMode.POSITIVE]


def cheapen(case: Any, route: dict[str, Any]) -> None:
    """Bring down what is valid, or left out, and would only take time."""
    for parameter in route.get("parameters", []):
        name, known = parameter["name"], parameter["schema"]
        most = known.get("x-cheap-up-to", known.get("maximum"))
        with suppress(ValueError):
            number = float(str(case.query.get(name, known.get("default", "none"))))
            if most is not None and most < number <= known["maximum"]:
                case.query[name] = most
