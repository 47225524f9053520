"""No request that an app's own OpenAPI leads to, fitting or not, is answered by a server error.

A new workload with a database takes a row in DATABASES. A route that fails by design says with
which statuses: `openapi_extra={"x-errors-by-design": [500]}`.
"""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis.python.asgi import shutdown_lifespans

from loadlab_services.apps import create_app
from loadlab_services.dataset.load import ensure_loaded
from loadlab_services.settings import ServiceSettings
from loadlab_services.workload import Store
from loadlab_services.workloads import find_variant, load_workloads
from loadlab_services.workloads.items.migrate import migrate
from loadlab_services.workloads.wells.dataset import wells_at

pytestmark = pytest.mark.integration
VARIANTS = [
    (workload, variant)
    for workload, known in load_workloads().items()
    for variant in known.variants
]
# Which fixture gives which setting; a database is the workload's own.
DATABASES = {
    "select": "orders_url",
    "simulation": "orders_url",
    "items": "items_url",
    "ingest": "messages_url",
    "wells": "wells_url",
}
OTHER_STORES = {Store.REDIS: "stream_url", Store.RABBITMQ: "amqp_url"}
# What would only take time: where the parameter is valid and above the first bound, or left out, it
# is brought down to that.
COSTLY = {"/sleep": ("ms", 1, 60_000), "/simulation": ("fib", 10, 35)}
few_examples = hypothesis_settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def items_url(new_database: Callable[[], str]) -> str:
    url = new_database()
    migrate(url)
    return url


@pytest.fixture(scope="module")
def wells_url(new_database: Callable[[], str]) -> str:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        ensure_loaded(connection, wells_at(0.001, 42), overwrite=False, say=print)
    return url


@pytest.mark.parametrize(("workload", "variant"), VARIANTS)
def test_generated_requests_meet_no_server_error(
    request: pytest.FixtureRequest, workload: str, variant: str
) -> None:
    needed = find_variant(workload, variant).stores
    fixtures = {store: OTHER_STORES.get(store) or DATABASES[workload] for store in needed}
    stores = {store.lower(): request.getfixturevalue(name) for store, name in fixtures.items()}
    named = {"workload": workload, "variant": variant, "pool_size": 2, "run_id": "fuzz-001-a1"}
    app = create_app(ServiceSettings.model_validate(named | stores))
    try:
        schema = schemathesis.openapi.from_asgi("/openapi.json", app)
        answered = [probe(found.ok()) for found in schema.get_all_operations()]
    finally:
        shutdown_lifespans()
    assert any(200 in statuses or 201 in statuses or 202 in statuses for statuses in answered)


def probe(operation: Any) -> set[int]:
    """Send what fits the operation's schema and what does not; tell the statuses."""
    statuses = set()
    by_design = operation.definition.raw.get("x-errors-by-design", [])

    def send(case: Any) -> None:
        cheapen(case)
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


def cheapen(case: Any) -> None:
    if case.path not in COSTLY:
        return
    name, most, valid = COSTLY[case.path]
    try:
        number = float(str(case.query.get(name, valid)))
    except ValueError:
        return
    if most < number <= valid:
        case.query[name] = most
