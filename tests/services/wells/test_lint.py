"""No async handler uses a sync session, except in `blocking`, where that is the point."""

import inspect
from importlib import import_module
from importlib.resources import files

import pytest
from fastapi.routing import APIRoute

from loadlab_services.workloads import find_workload
from tests.services.wells.sync_lint import PACKAGE, violations

HEAVY = {"/wells", "/wells/{well_id}/details"}
SYNC_HELPERS = {"run_in_threadpool", "to_thread", "run_sync", "create_engine", "sync_pages"}


def package_sources() -> dict[str, str]:
    modules = (file for file in files(PACKAGE).iterdir() if file.name.endswith(".py"))
    return {file.name.removesuffix(".py"): file.read_text() for file in modules}


def test_only_blocking_touches_a_sync_session_in_an_async_function() -> None:
    sources = package_sources()
    assert {"async_session", "blocking", "def_handlers", "sync_pages", "threadpool"} <= set(sources)
    assert violations(sources) == ["blocking.wells", "blocking.details"]


HELPER = """
from sqlalchemy.orm import Session
def read(session: Session): ...
def outer(request): return read(request.app.state.session)
"""


@pytest.mark.parametrize(
    "handler",
    [
        "async def handler(session: Session = Depends(get_session)): ...",
        "async def handler():\n    with Session(engine) as session: ...",
        "async def handler(request):\n    with request.app.state.sync_sessions() as s: ...",
        "async def handler(request):\n    return outer(request)",
        f"from {PACKAGE}.helper import outer as f\nasync def handler(r):\n    return f(r)",
        f"from {PACKAGE} import helper\nasync def handler(r):\n    return helper.outer(r)",
        "async def handler(rows):\n    return list(map(outer, rows))",
        "async def handler(r):\n    return await run_in_threadpool(len, outer(r))",
        "def inner(r):\n    return outer(r)\nasync def handler(r):\n    return inner(r)",
        "async def handler(r):\n    def inner():\n        return outer(r)\n    return inner()",
    ],
)
def test_the_lint_finds_a_sync_session(handler: str) -> None:
    imports = f"from {PACKAGE}.helper import outer\n"
    assert violations({"helper": HELPER, "page": imports + handler}) == ["page.handler"]


@pytest.mark.parametrize(
    "handler",
    [
        "async def handler(r):\n    return await run_in_threadpool(outer, r)",
        "async def handler(r):\n    return await run_in_threadpool(lambda: outer(r))",
        "async def handler(r):\n    return await to_thread.run_sync(outer, r)",
        "def handler(r):\n    return outer(r)",
        "async def outer(r): ...\nasync def handler(r):\n    return await outer(r)",
    ],
)
def test_the_lint_lets_a_thread_have_its_session(handler: str) -> None:
    imports = "" if "def outer" in handler else f"from {PACKAGE}.helper import outer\n"
    assert violations({"helper": HELPER, "page": imports + handler}) == []


def test_the_async_variant_needs_no_sync_helper() -> None:
    text = package_sources()["async_session"]
    assert [name for name in SYNC_HELPERS if name in text.replace("create_async_engine", "")] == []


@pytest.mark.parametrize("variant", sorted(find_workload("wells").variants))
def test_handlers_are_what_the_variant_says_and_ping_is_always_async(variant: str) -> None:
    module = import_module(find_workload("wells").variants[variant].module)
    is_async = {
        route.path: inspect.iscoroutinefunction(route.endpoint)
        for route in module.router.routes
        if isinstance(route, APIRoute)
    }
    assert is_async == dict.fromkeys(HEAVY, variant != "def") | {"/ping": True}
