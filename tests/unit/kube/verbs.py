"""Each verb of the client: how it is called, and the request that it is to make."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from loadlab.kube.api import Kind, Version
from loadlab.kube.client import ApiCluster
from loadlab.kube.log_lines import TAIL
from tests.unit.kube.api_server import refuses

SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "lab", "name": "one"}}
SERVICES, ONE = "/api/v1/namespaces/lab/services", "/api/v1/namespaces/lab/services/one"
PODS, LOG = "/api/v1/namespaces/lab/pods", "/api/v1/namespaces/lab/pods/p/log"
TRIAL = "/apis/loadlab.dev/v1alpha1/namespaces/lab/loadtrials/one"
RESULT, SNAPSHOT = '{"loadlab_result":{}}', '{"loadlab_snapshot":{}}'
NOT_FOUND = refuses(404, "NotFound")
EXISTS = refuses(409, "AlreadyExists")
IN_TIME = {"timeout": "10s"}  # or as long as a test waits
WRITER = {"fieldManager": "loadlab", **IN_TIME}
READ = Version("u1", "8")
Call = Callable[[ApiCluster], Awaitable[Any]]


async def all_of(stream: AsyncIterator[Any]) -> list[Any]:
    return [piece async for piece in stream]


@dataclass(frozen=True)
class Verb:
    """How a verb is called, and the request that it is to make."""

    call: Call
    method: str
    path: str
    query: dict[str, str]
    body: Any = None
    content_type: str = "application/json"


VERBS = {
    "get": Verb(lambda c: c.get(Kind.SERVICE, "lab", "one"), "GET", ONE, {}),
    "list": Verb(
        lambda c: c.list(Kind.SERVICE, "lab", {"a": "1", "b": "2"}),
        *("GET", SERVICES, {"labelSelector": "a=1,b=2", "limit": "20"}),
    ),
    "create": Verb(lambda c: c.create(SERVICE), "POST", SERVICES, WRITER, SERVICE),
    "replace": Verb(lambda c: c.replace(SERVICE), "PUT", ONE, WRITER, SERVICE),
    "delete": Verb(
        lambda c: c.delete(Kind.SERVICE, "lab", "one", "u1"),
        *("DELETE", ONE, IN_TIME),
        {"propagationPolicy": "Background", "preconditions": {"uid": "u1"}},
    ),
    "patch_status": Verb(
        lambda c: c.patch_status(Kind.TRIAL, "lab", "one", {"phase": "Running"}, READ),
        *("PATCH", f"{TRIAL}/status", WRITER),
        {"status": {"phase": "Running"}, "metadata": {"uid": "u1", "resourceVersion": "8"}},
        "application/merge-patch+json",
    ),
    "logs": Verb(lambda c: c.logs("lab", "p", "k6", "t-1"), "GET", LOG, {"container": "k6"}),
    "why_no_pod": Verb(
        lambda c: c.why_no_pod("lab", "u1"),
        *("GET", "/api/v1/namespaces/lab/events"),
        {"fieldSelector": "involvedObject.uid=u1,reason=FailedCreate", "limit": "50"},
    ),
    "why_not_mounted": Verb(
        lambda c: c.why_not_mounted("lab", "u1"),
        *("GET", "/api/v1/namespaces/lab/events"),
        {"fieldSelector": "involvedObject.uid=u1,reason=FailedMount", "limit": "50"},
    ),
    "version": Verb(lambda c: c.version(), "GET", "/version", {}),
    "list_version": Verb(
        lambda c: c.list_version(Kind.POD, "lab"), "GET", PODS, {"limit": "1"}
    ),
    "versions": Verb(
        lambda c: c.versions(Kind.POD, "lab"), "GET", PODS, {"limit": "500"}
    ),
    "watch": Verb(
        lambda c: all_of(c.watch(Kind.POD, "lab", {"a": "1"}, "7")),
        *("GET", PODS),
        {
            "labelSelector": "a=1",
            "watch": "true",
            "resourceVersion": "7",
            "timeoutSeconds": "240",
            "allowWatchBookmarks": "true",
        },
    ),
    "follow_log": Verb(
        lambda c: all_of(c.follow_log("lab", "p", "k6")),
        *("GET", LOG, {"container": "k6", "follow": "true"}),
    ),
    "last_lines": Verb(
        lambda c: c.last_lines("lab", "p", "service", previous=True),
        *("GET", LOG, {"container": "service", "previous": "true", **dict(TAIL)}),
    ),
}  # fmt: skip
STREAMS = {
    "watch": "watch POD: ",
    "follow_log": "follow the log of p: ",
    "last_lines": "read the last lines of p: ",
}
ANSWERED_IN_JSON = {
    "get",
    "list",
    "create",
    "patch_status",
    "version",
    "list_version",
    "versions",
    "watch",
}
OBJECT = {
    "metadata": {"name": "one", "resourceVersion": "9"},
    "items": [{"metadata": {"name": "x"}}],
    "gitVersion": "v1.34.4",
}
every_verb = pytest.mark.parametrize("verb", VERBS)
