"""The only client that meets a real API server: its requests, and what good answers become."""

import json

import pytest
from aiohttp import web

from loadlab.base.names import MAY_BE_USED_LABEL
from loadlab.kube.api import Kind, Version
from loadlab.kube.client import ApiCluster
from loadlab.kube.errors import (
    NotTheWriterError,
)
from tests.unit.kube.api_server import (
    ApiServer,
    refuses,
    says,
    streams,
)
from tests.unit.kube.verbs import (
    EXISTS,
    NOT_FOUND,
    OBJECT,
    SNAPSHOT,
    VERBS,
    all_of,
    every_verb,
)


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
    "logs, never begun": (refuses(400, "BadRequest"), None),
    "why_no_pod": (says(200, {"items": [{"lastTimestamp": "2", "message": "exceeded quota: b"},
                                        {"lastTimestamp": "1", "message": "exceeded quota: a"}]}),
                   "exceeded quota: b"),
    "why_no_pod, nothing was said": (says(200, {"items": []}), ""),
    "why_not_mounted": (says(200, {"items": [{"lastTimestamp": "1", "message": "a"},
                                             {"lastTimestamp": "2", "message": "b"}]}),
                        ("b", "a")),
    "version": (says(200, OBJECT), "v1.34.4"),
    "list_version": (says(200, OBJECT), "9"),
    "versions": (says(200, {"items": [{"metadata": {"namespace": "lab", "name": "one",
                                                    "resourceVersion": "9"}}]}),
                 {("lab", "one"): "9"}),
    "versions, nothing": (says(200, {"items": None}), {}),
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


@pytest.mark.parametrize("kind", [Kind.POD, Kind.TRIAL])
async def test_what_is_watched_comes_without_its_content(cluster, server, kind):
    """A pod may take 8 MB of JSON, and a line of a watch no more than 4."""
    accepted = []

    async def answer(request: web.Request) -> web.Response:
        accepted.append(request.headers["Accept"])
        return web.Response()

    server.answer = answer
    await all_of(cluster.watch(kind, "lab", {}, "7"))

    assert "as=PartialObjectMetadata" in accepted[0]


async def test_versions_are_read_page_by_page_without_the_objects(cluster, server):
    accepted = []
    pages = {
        None: {"items": [item("a", "1")], "metadata": {"continue": "after a"}},
        "after a": {"items": [item("b", "2")]},
    }

    async def answer(request: web.Request) -> web.Response:
        accepted.append(request.headers["Accept"])
        return web.json_response(pages[request.query.get("continue")])

    server.answer = answer

    assert await cluster.versions(Kind.EXPERIMENT, None) == {("lab", "a"): "1", ("lab", "b"): "2"}
    assert all("as=PartialObjectMetadataList" in each for each in accepted)


def item(name: str, version: str) -> dict[str, object]:
    return {"metadata": {"namespace": "lab", "name": name, "resourceVersion": version}}


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


async def test_a_watch_event_of_a_large_object_is_read(cluster, server):
    event = {"type": "ADDED", "object": {"data": "x" * 1_500_000}}
    server.answer = streams(json.dumps(event).encode() + b"\n")

    assert await VERBS["watch"].call(cluster) == [event]


async def test_of_an_object_that_is_too_heavy_there_is_only_whose_it_is(cluster, server):
    """A tenant may enlarge what LoadLab made: 36,000 variables take seven megabytes of Python."""
    metadata = {"name": "j", "uid": "u", "ownerReferences": [{"uid": "e"}]}
    env = [{"name": "a"}] * 36_000
    server.answer = says(200, {"metadata": metadata, "spec": {"env": env}})

    found = await cluster.get(Kind.JOB, "lab", "j")

    assert found is not None
    assert (found["metadata"]["uid"], found["spec"]) == ("u", {})
    assert found["metadata"]["ownerReferences"] == [{"uid": "e"}]


async def test_of_heavy_metadata_that_alone_were_asked_for_there_is_whose_they_are(cluster, server):
    """A ConfigMap with a megabyte of made-up managedFields, twenty of them in each pass."""
    made_up = [{"manager": "x", "fieldsV1": {"f:data": {f"f:{n}": {} for n in range(60_000)}}}]
    metadata = {"name": "c", "uid": "u", "resourceVersion": "7", "managedFields": made_up}
    server.answer = says(200, {"metadata": metadata | {"labels": {MAY_BE_USED_LABEL: "true"}}})

    found = await cluster.get(Kind.CONFIG_MAP, "lab", "c", bare=True)

    assert found is not None
    assert (found["metadata"]["uid"], found["metadata"]["resourceVersion"]) == ("u", "7")
    assert found["metadata"]["labels"] == {MAY_BE_USED_LABEL: "true"}
    assert "managedFields" not in found["metadata"]


async def test_an_experiment_is_read_whole_however_heavy_it_is(cluster, server):
    server.answer = says(
        200, {"metadata": {"name": "x"}, "spec": {"env": [{"name": "a"}] * 36_000}}
    )

    found = await cluster.get(Kind.EXPERIMENT, "lab", "x")

    assert found is not None
    assert len(found["spec"]["env"]) == 36_000
