"""The only client that meets a real API server: its requests, and what becomes of each answer."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

from loadlab.kube.api import Kind, Version
from loadlab.kube.client import ApiCluster
from loadlab.kube.errors import (
    ClusterError,
    MalformedError,
    NotTheWriterError,
    RefusedError,
    UnavailableError,
)
from loadlab.kube.log_lines import TAIL
from tests.unit.kube.api_server import (
    ApiServer,
    breaks_off,
    hangs_up,
    is_silent,
    refuses,
    says,
    streams,
)

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
    "version": Verb(lambda c: c.version(), "GET", "/version", {}),
    "list_version": Verb(
        lambda c: c.list_version(Kind.POD, "lab"), "GET", PODS, {"limit": "1"}
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
ANSWERED_IN_JSON = {"get", "list", "create", "patch_status", "version", "list_version", "watch"}
OBJECT = {
    "metadata": {"name": "one", "resourceVersion": "9"},
    "items": [{"metadata": {"name": "x"}}],
    "gitVersion": "v1.34.4",
}
every_verb = pytest.mark.parametrize("verb", VERBS)


@every_verb
async def test_each_verb_makes_its_request(cluster: ApiCluster, server: ApiServer, verb):
    server.answer = says(200, OBJECT)
    expected = VERBS[verb]

    await expected.call(cluster)

    (seen,) = server.seen
    assert (seen.verb, seen.path, seen.query) == (expected.method, expected.path, expected.query)
    assert seen.body == expected.body
    assert seen.content_type == expected.content_type


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda c: c.list(Kind.JOB, None, {}), "/apis/batch/v1/jobs"),
        (lambda c: c.list_version(Kind.POD, None), "/api/v1/pods"),
        (lambda c: all_of(c.watch(Kind.POD, None, {}, "7")), "/api/v1/pods"),
    ],
    ids=["list", "list_version", "watch"],
)
async def test_without_a_namespace_all_are_asked_for(cluster, server, call, path):
    server.answer = says(200, OBJECT)

    await call(cluster)

    assert server.seen[0].path == path
    assert "labelSelector" not in server.seen[0].query


RESULTS = {
    "get": (says(200, OBJECT), OBJECT),
    "get, not there": (NOT_FOUND, None),
    "list": (says(200, OBJECT), OBJECT["items"]),
    "list, nothing": (says(200, {"items": None}), []),
    "create": (says(201, OBJECT), OBJECT),
    "create, there already": (EXISTS, None),
    "delete": (says(200, OBJECT), None),
    "delete, begun": (says(202, OBJECT), None),
    "delete, gone already": (NOT_FOUND, None),
    "delete, another of its name": (refuses(409, "Conflict"), None),
    "replace": (says(200, OBJECT), True),
    "replace, changed meanwhile": (refuses(409, "Conflict"), False),
    "replace, gone": (NOT_FOUND, False),
    "patch_status": (says(200, OBJECT), Version("", "9")),
    "patch_status, gone": (NOT_FOUND, Version()),
    "logs": (says(200, '{"loadlab_account":1}\nt-1 {"loadlab_account":{}}\nb\n'),
             't-1 {"loadlab_account":{}}'),
    "logs, nothing of ours": (says(200, "a\nb\n"), ""),
    "logs, not text": (says(200, b't-1 {"loadlab_result":\xff}'),
                       't-1 {"loadlab_result":\N{REPLACEMENT CHARACTER}}'),
    "logs, gone": (NOT_FOUND, None),
    "why_no_pod": (says(200, {"items": [{"lastTimestamp": "2", "message": "exceeded quota: b"},
                                        {"lastTimestamp": "1", "message": "exceeded quota: a"}]}),
                   "exceeded quota: b"),
    "why_no_pod, nothing was said": (says(200, {"items": []}), ""),
    "version": (says(200, OBJECT), "v1.34.4"),
    "list_version": (says(200, OBJECT), "9"),
    "watch": (streams(b'{"type":', b'"ADDED"}\n{"type":"DELETED"}', b"\n"),
              [{"type": "ADDED"}, {"type": "DELETED"}]),
    "watch, nothing": (streams(), []),
    "follow_log": (streams(b"a\nb"), [b"a\nb"]),
    "last_lines": (streams(b"a\n", SNAPSHOT.encode(), b"\n\nb"), ("a", "b")),
}  # fmt: skip


@pytest.mark.parametrize(("case", "answer", "result"), [(k, *v) for k, v in RESULTS.items()],
                         ids=RESULTS)  # fmt: skip
async def test_a_good_answer_becomes_the_result(cluster, server, case, answer, result):
    server.answer = answer

    assert await VERBS[case.partition(",")[0]].call(cluster) == result


ERRORS: dict[int, tuple[str, type[ClusterError]]] = {
    400: ("BadRequest", MalformedError),
    401: ("Unauthorized", RefusedError),
    403: ("Forbidden", RefusedError),
    410: ("Expired", UnavailableError),
    422: ("Invalid", MalformedError),
    429: ("TooManyRequests", UnavailableError),
    500: ("InternalError", UnavailableError),
    503: ("ServiceUnavailable", UnavailableError),
    504: ("Timeout", UnavailableError),
}


@every_verb
@pytest.mark.parametrize("status", ERRORS)
async def test_a_refusal_is_an_error_of_its_kind_that_says_all(cluster, server, verb, status):
    reason, error = ERRORS[status]
    if (status, verb) == (500, "create"):
        error = RefusedError  # a webhook that fails stands against that one object
    server.answer = refuses(status, reason)

    with pytest.raises(ClusterError) as caught:
        await VERBS[verb].call(cluster)

    assert caught.type is error
    assert_it_names_verb_object_and_answer(str(caught.value), verb, f"{status} the server's own")


def assert_it_names_verb_object_and_answer(text: str, verb: str, answer: str) -> None:
    """A stream's message has the name of our verb, and of the kind or the pod."""
    start = STREAMS.get(verb, f"{VERBS[verb].method} {VERBS[verb].path}: ")
    assert text.startswith(start)
    assert answer in text


@pytest.mark.parametrize("verb", ["list", "create", "version", "list_version", *sorted(STREAMS)])
async def test_what_must_be_there_and_is_not_is_refused(cluster, server, verb):
    server.answer = NOT_FOUND

    with pytest.raises(RefusedError, match="404 the server's own words"):
        await VERBS[verb].call(cluster)


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - {"delete", "replace"}))
async def test_a_conflict_with_another_writer_is_tried_again(cluster, server, verb):
    """Quota admission answers so, too, where creates meet: then there is no such object."""
    server.answer = refuses(409, "Conflict")

    with pytest.raises(UnavailableError, match="409 the server's own words"):
        await VERBS[verb].call(cluster)


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - {"create"}))
async def test_a_name_that_is_taken_is_refused(cluster, server, verb):
    server.answer = EXISTS

    with pytest.raises(RefusedError, match="409 the server's own words"):
        await VERBS[verb].call(cluster)


@every_verb
@pytest.mark.parametrize("beginning", [None, b'{"a"'], ids=["no head", "head"])
async def test_an_answer_that_does_not_come_in_time_is_unavailable(
    impatient: ApiCluster, server, verb, beginning
):
    server.answer = is_silent(beginning)

    with pytest.raises(UnavailableError, match="Timeout"):
        await VERBS[verb].call(impatient)


@every_verb
async def test_a_connection_that_is_closed_is_unavailable(cluster, server, verb):
    server.answer = hangs_up()

    with pytest.raises(UnavailableError):
        await VERBS[verb].call(cluster)


async def test_a_server_that_is_not_there_is_unavailable(cluster, server):
    cluster._api.configuration.host = "http://127.0.0.1:1"

    with pytest.raises(UnavailableError, match=f"GET {ONE}: "):
        await cluster.get(Kind.SERVICE, "lab", "one")


@every_verb
async def test_an_answer_that_breaks_off_is_unavailable(cluster, server, verb):
    server.answer = breaks_off(b'{"metadata":{},"items":[')

    with pytest.raises(UnavailableError):
        await VERBS[verb].call(cluster)


@pytest.mark.parametrize("verb", sorted(ANSWERED_IN_JSON))
@pytest.mark.parametrize(
    "body", ["<html>a proxy</html>\n", '{"cut": \n', "[1]\n", '"word"\n', b"\xff\xfe\n"]
)
async def test_an_answer_that_is_no_json_object_is_unavailable(cluster, server, verb, body):
    """It came from something between us and the API server, or was cut: a later try may better."""
    server.answer = says(200, body)

    with pytest.raises(UnavailableError):
        await VERBS[verb].call(cluster)


async def test_a_list_is_read_page_by_page(cluster, server):
    pages = {
        None: {"items": [1, 2], "metadata": {"continue": "after 2"}},
        "after 2": {"items": [3], "metadata": {"continue": ""}},
    }

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(pages[request.query.get("continue")])

    server.answer = answer

    assert await all_of(cluster.pages(Kind.TRIAL, "lab", {"a": "1"})) == [[1, 2], [3]]
    assert [seen.query["labelSelector"] for seen in server.seen] == ["a=1", "a=1"]
    assert await cluster.list(Kind.TRIAL, "lab", {"a": "1"}) == [1, 2, 3]


@pytest.mark.parametrize(("kind", "is_whole"), [(Kind.POD, True), (Kind.TRIAL, False)])
async def test_trials_are_watched_without_their_measurements(cluster, server, kind, is_whole):
    accepted = []

    async def answer(request: web.Request) -> web.Response:
        accepted.append(request.headers["Accept"])
        return web.Response()

    server.answer = answer
    await all_of(cluster.watch(kind, "lab", {}, "7"))

    assert (accepted == ["application/json"]) is is_whole
    assert ("as=PartialObjectMetadata" in accepted[0]) is not is_whole


@every_verb
async def test_a_write_is_not_begun_without_a_permit_for_as_long_as_it_may_take(
    cluster: ApiCluster, server: ApiServer, verb
):
    def refuse(seconds: float) -> None:
        raise NotTheWriterError(f"not for {seconds:g} s")

    server.answer = says(200, OBJECT)
    guarded = cluster.written_by(refuse)

    if VERBS[verb].method == "GET":
        await VERBS[verb].call(guarded)
    else:
        with pytest.raises(NotTheWriterError, match="not for 10 s"):
            await VERBS[verb].call(guarded)
        assert server.seen == []


async def test_a_list_without_a_version_is_unavailable(cluster, server):
    server.answer = says(200, {"items": []})

    with pytest.raises(UnavailableError, match=f"GET {PODS}: the list has no resourceVersion"):
        await VERBS["list_version"].call(cluster)


@pytest.mark.parametrize(
    "body", ["<html>a proxy's page</html>", "", '"word"', "[]", '{"message": 7}', b"\xff\xfe"]
)
async def test_a_refusal_without_a_status_object_is_an_error_all_the_same(cluster, server, body):
    server.answer = says(403, body)

    with pytest.raises(RefusedError, match=f"GET {ONE}: 403"):
        await cluster.get(Kind.SERVICE, "lab", "one")


@every_verb
@pytest.mark.parametrize("in_a_status", [True, False], ids=["Status", "page"])
async def test_a_long_answer_is_cut(cluster, server, verb, in_a_status):
    long = "x" * 100_000
    server.answer = refuses(403, "Forbidden", long) if in_a_status else says(403, long)

    with pytest.raises(RefusedError) as caught:
        await VERBS[verb].call(cluster)

    assert len(str(caught.value)) < 2000


async def test_a_watch_event_of_a_large_object_is_read(cluster, server):
    event = {"type": "ADDED", "object": {"data": "x" * 1_500_000}}
    server.answer = streams(json.dumps(event).encode() + b"\n")

    assert await VERBS["watch"].call(cluster) == [event]


async def test_a_watch_line_without_an_end_is_unavailable(cluster, server):
    server.answer = streams(*[b"x" * 1_000_000] * 6)

    with pytest.raises(UnavailableError):
        await VERBS["watch"].call(cluster)


async def test_a_watch_yields_what_came_before_it_broke_off(cluster, server):
    server.answer = breaks_off(b'{"type":"ADDED"}\n')
    events = cluster.watch(Kind.POD, "lab", {}, "7")

    assert await anext(events) == {"type": "ADDED"}
    with pytest.raises(UnavailableError):
        await anext(events)
