"""Whatever is answered badly, by the API server or before it, is an error of one of our kinds."""

import pytest

from loadlab.kube.api import Kind
from loadlab.kube.client import ApiCluster
from loadlab.kube.errors import (
    ClusterError,
    MalformedError,
    RefusedError,
    UnavailableError,
)
from tests.unit.kube.api_server import (
    breaks_off,
    hangs_up,
    is_silent,
    refuses,
    says,
    streams,
)
from tests.unit.kube.verbs import (
    ANSWERED_IN_JSON,
    EXISTS,
    NOT_FOUND,
    ONE,
    PODS,
    STREAMS,
    VERBS,
    every_verb,
)

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
    if verb == "logs" and error is MalformedError:
        assert await VERBS[verb].call(cluster) is None  # a container that never began
        return

    with pytest.raises(ClusterError) as caught:
        await VERBS[verb].call(cluster)

    assert caught.type is error
    assert_it_names_verb_object_and_answer(str(caught.value), verb, f"{status} the server's own")


def assert_it_names_verb_object_and_answer(text: str, verb: str, answer: str) -> None:
    """A stream's message has the name of our verb, and of the kind or the pod."""
    start = STREAMS.get(verb, f"{VERBS[verb].method} {VERBS[verb].path}: ")
    assert text.startswith(start)
    assert answer in text


@pytest.mark.parametrize(
    "verb", ["list", "create", "version", "versions", "list_version", *sorted(STREAMS)]
)
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

    with pytest.raises(UnavailableError, match=f"GET {ONE}: ") as told:
        await cluster.get(Kind.SERVICE, "lab", "one")

    assert "Cannot connect to host 127.0.0.1:1" in str(told.value)
    assert "ConnectionKey(" not in str(told.value)


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
