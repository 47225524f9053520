"""Every workload describes itself, and every description leads to what it names."""

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module

import pytest

from loadlab_services.workload import BrokerTask, GeneratedRows, Reference, Schema, StreamWork
from loadlab_services.workloads import (
    UnknownWorkloadError,
    find_variant,
    find_workload,
    load_workloads,
)

WORKLOADS = load_workloads()
VARIANTS = [(name, variant) for name, known in WORKLOADS.items() for variant in known.variants]
HEAVY = ("fastapi", "polars", "sqlalchemy", "psycopg", "asyncpg", "redis", "celery", "aio_pika")
# What a process that serves a variant must not import, because the variant does not use it.
SPARED = {
    ("sleep", "async"): ("polars", "sqlalchemy", "psycopg", "asyncpg", "redis", "celery"),
    ("select", "sync"): ("polars", "sqlalchemy", "asyncpg", "redis", "celery", "aio_pika"),
    ("select", "asyncpg"): ("polars", "sqlalchemy", "celery", "aio_pika"),
    ("simulation", "async"): ("polars", "sqlalchemy", "asyncpg", "redis", "celery"),
    ("ingest", "queued"): ("polars", "sqlalchemy", "psycopg", "celery", "aio_pika"),
    ("wells", "async"): ("polars", "asyncpg", "redis", "celery", "aio_pika"),
}
OF_EACH_VARIANT = """
import os, sys
import loadlab_services.programs.serve
from loadlab_services.apps import load_variant
from loadlab_services.settings import ServiceSettings
for argument in sys.argv[1:]:
    if not (child := os.fork()):
        workload, variant = argument.split()
        load_variant(ServiceSettings(workload=workload, variant=variant))
        print(*sys.modules, flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"{argument} cannot be loaded")
"""


@pytest.mark.parametrize("name", list(WORKLOADS))
def test_a_workload_has_the_name_of_its_folder(name: str) -> None:
    assert find_workload(name).name == name


@pytest.mark.parametrize(("workload", "variant"), VARIANTS)
def test_a_variants_module_offers_routes_and_resources(workload: str, variant: str) -> None:
    module = import_module(WORKLOADS[workload].variants[variant].module)
    assert module.router.routes
    assert callable(module.resources)


@pytest.mark.parametrize(("workload", "variant"), VARIANTS)
def test_put_off_work_leads_to_what_does_it(workload: str, variant: str) -> None:
    found = WORKLOADS[workload].variants[variant]
    match found.put_off:
        case StreamWork(sink):
            assert callable(sink.load())
            import_module(str(found.worker))
        case BrokerTask(_, register):
            assert callable(register.load())
            import_module(str(found.worker))
        case None:
            assert found.worker is None


@pytest.mark.parametrize("name", list(WORKLOADS))
def test_a_data_set_leads_to_what_makes_it(name: str) -> None:
    match WORKLOADS[name].data:
        case GeneratedRows(at):
            data = at.load()(0.001, 42)
            assert (data.scale, data.seed, bool(data.tables)) == (0.001, 42, True)
        case Schema(create):
            assert callable(create.load())
        case None:
            assert WORKLOADS[name].ledger is None


def test_a_reference_to_nothing_is_an_error() -> None:
    nothing: Reference[object] = Reference("loadlab_services.workload:Nothing")
    with pytest.raises(AttributeError):
        nothing.load()


def test_an_unknown_workload_names_the_known_ones() -> None:
    with pytest.raises(UnknownWorkloadError, match="set it to one of custom, ingest, items"):
        find_workload("wheels")


@pytest.mark.parametrize("variant", ["gevent", ""])
def test_an_unknown_variant_names_those_of_its_workload(variant: str) -> None:
    with pytest.raises(UnknownWorkloadError, match="one of sync, async, async-in-sync"):
        find_variant("sleep", variant)


def test_descriptions_import_none_of_what_they_name() -> None:
    code = "from loadlab_services.workloads import load_workloads; load_workloads()"
    imported = run(f"{code}\nimport sys; print(*sys.modules)").split()
    assert set(imported) & set(HEAVY) == set()


@pytest.fixture(scope="module")
def imported() -> Callable[[str, str], set[str]]:
    """What a process that serves a variant has imported; the beginning is the same for all."""
    lines = run(OF_EACH_VARIANT, *[" ".join(variant) for variant in SPARED]).splitlines()
    found = dict(zip(SPARED, lines, strict=True))
    return lambda workload, variant: set(found[workload, variant].split())


@pytest.mark.parametrize(("workload", "variant"), SPARED)
def test_a_service_imports_only_what_its_variant_uses(imported, workload, variant) -> None:
    assert imported(workload, variant) & set(SPARED[workload, variant]) == set()


def run(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout
