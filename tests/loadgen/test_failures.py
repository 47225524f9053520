"""Failed requests by class and text, from the real k6 against a server whose answers are known."""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.loadgen.conftest import Lab
from tests.loadgen.stand_in import Server
from tests.tcp_server import answering

pytestmark = pytest.mark.integration
Send = Callable[[Any], Any]


class Mixed(Server):
    """Answers request number n by a rule, and counts what it did."""

    def __init__(self) -> None:
        super().__init__()
        self.done: Counter[str] = Counter()
        self.probes: list[tuple[int, str]] = []  # answers to come of the readiness probe

    async def __call__(self, scope: Any, receive: Callable[[], Any], send: Send) -> None:
        place = scope["path"].strip("/").split("/")
        if place[0] == "mix":
            await self.mix(int(place[1]) % 10, send)
        elif place[0] in {"probe", "there"}:
            status, location = self.probes.pop(0)
            await reply(send, status, b"", location)
        elif place[0] == "hop":
            await self.hop(int(place[1]), send)
        else:
            await super().__call__(scope, receive, send)

    async def hop(self, left: int, send: Send) -> None:
        """Answer after so many redirects; each answer takes 20 ms."""
        await asyncio.sleep(0.02)
        if left:
            await self.reply(send, "307", 307, location=f"/hop/{left - 1}")
        else:
            await self.reply(send, "200", 200)

    async def mix(self, kind: int, send: Send) -> None:
        match kind:
            case 0:
                await self.reply(send, "500", 500, b'{"detail": "too many clients"}')
            case 1:
                await self.reply(send, "404", 404)
            case 2:
                await self.reply(send, "307", 307, location="/elsewhere?n=1")
            case 3:
                self.done["timeout"] += 1
                await asyncio.sleep(2)
                await reply(send, 200, b"")
            case _:
                await self.reply(send, "200", 200)

    async def reply(
        self, send: Send, name: str, status: int, body: bytes = b"", location: str = ""
    ) -> None:
        self.done[name] += 1
        await reply(send, status, body, location)


async def reply(send: Send, status: int, body: bytes, location: str = "") -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    headers += [(b"location", location.encode())] if location else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def server() -> Mixed:
    return Mixed()


def configured(lab: Lab, path: str = "/mix/${request_id}", **extra: Any) -> Any:
    asked = {"path": path, "headers": {}, "writes": False}
    return lab.configure(
        request=asked, extra={"timeoutMs": 500, **extra}, virtualUsers=4, durationMs=1500
    )


def measured(lab: Lab, config: Any) -> Any:
    ended = lab.run(config=config)
    assert ended.code == 0, ended.stderr
    assert ended.stderr == "", "no flood"
    return ended.document["scenarios"]["measure"]


def test_a_known_mix_is_counted_exactly(lab, server):
    measure = measured(lab, configured(lab))

    found = {failure["text"]: failure["requests"] for failure in measure["failures"]}
    assert found == {
        "500 Internal Server Error": server.done["500"],
        "404 Not Found": server.done["404"],
        "307 Temporary Redirect": server.done["307"],
        "request timeout": server.done["timeout"],
    }
    assert min(found.values()) > 2
    assert measure["status"] == {
        "2xx": server.done["200"], "3xx": found["307 Temporary Redirect"],
        "4xx": server.done["404"], "5xx": server.done["500"], "err": server.done["timeout"],
    }  # fmt: skip
    assert measure["requests"] == measure["iterations"] == server.done.total()
    assert measure["failed"] == sum(found.values())


def test_an_answer_that_failed_is_read_once_for_what_it_says(lab, server):
    measure = measured(lab, configured(lab))

    said = {failure["text"]: failure.get("example") for failure in measure["failures"]}
    assert said["500 Internal Server Error"] == '{"detail": "too many clients"}'
    assert said["307 Temporary Redirect"] == "/elsewhere?n=1"
    assert said["404 Not Found"] is None


def test_an_example_of_the_warm_up_is_none_of_the_measurement(lab, server):
    config = configured(lab, path="/mix/0")
    config["load"] |= {"warmupMs": 1400}
    measure = measured(lab, config)

    (failure,) = measure["failures"]
    assert failure["example"] == '{"detail": "too many clients"}'


@contextmanager
def breaking(answer: bytes) -> Iterator[str]:
    """A port whose server reads a request, says this much, and cuts the connection."""

    def cut(connection: socket.socket) -> None:
        connection.recv(4096)
        if not answer:  # an end without a word, with bytes unread: a reset
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        else:
            connection.sendall(answer)

    with answering(cut) as address:
        yield f"http://{address}"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"", "read: connection reset by peer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "unexpected EOF"),
        (b"SSH-2.0-OpenSSH_9\r\n", 'malformed HTTP response "SSH-2.0-OpenSSH_9"'),
    ],
    ids=["reset", "half", "other-protocol"],
)
def test_a_connection_that_breaks_says_how(lab, answer, text):
    with breaking(answer) as address:
        config = configured(lab, path=f"@{address.removeprefix('http://')}/")
        measure = measured(lab, config | {"target": "http://x"} | ready_at(lab))

    assert [f["class"] for f in measure["failures"]] == ["err"]
    assert text in measure["failures"][0]["text"]
    assert measure["failures"][0]["requests"] == measure["requests"] == measure["failed"]


def test_connections_that_are_closed_are_counted_as_a_get_is_sent_once_more(lab):
    """Every third request that comes is dropped, and of what k6 tells fewer failed."""
    came = []

    def serve(connection: socket.socket) -> None:
        while connection.recv(4096):
            came.append(1)
            if len(came) % 3 == 0:
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with answering(serve) as address:
        asked = {"path": f"@{address}/", "headers": {}, "writes": False}
        config = lab.configure(request=asked, virtualUsers=1, durationMs=1500)
        measure = measured(lab, config | {"target": "http://x"} | ready_at(lab))

    assert measure["failed"] < measure["requests"] / 5  # a third was dropped
    assert measure["requests"] / 5 < measure["connections"] < measure["requests"]


def ready_at(lab: Lab) -> dict[str, str]:
    """Ready is who listens at the path; here that is the other server, by another user info."""
    return {"readinessPath": f"@{lab.address.removeprefix('http://')}/healthz"}


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"path": "/%zz"}, "not sent: invalid URL"),
        ({"headers": {"a b": "c"}}, 'invalid header field name "a b"'),
        ({"path": "@127.0.0.1:9/"}, "dial: connection refused"),
    ],
    ids=["url", "header", "refused"],
)
def test_a_request_that_never_left_is_a_failure_with_a_text(lab, request_, text):
    config = configured(lab)
    config["requests"][0] |= request_
    if request_.get("path", "").startswith("@"):
        config |= {"target": "http://x"} | ready_at(lab)
    measure = measured(lab, config)

    (failure,) = measure["failures"]
    assert (failure["class"], failure["requests"]) == ("err", measure["requests"])
    assert text in failure["text"]
    assert measure["requests"] == measure["failed"] == measure["iterations"] > 0
    assert json.dumps(failure).isascii()


def test_redirects_that_are_followed_are_one_request_with_all_its_time(lab, server):
    measure = measured(lab, configured(lab, path="/hop/2", redirects="Follow"))

    assert measure["requests"] == measure["iterations"] == server.done["200"] > 20
    assert measure["redirectsFollowed"] == server.done["307"] == 2 * measure["requests"]
    assert (measure["failed"], measure["status"].get("3xx", 0)) == (0, 0)
    (split,) = measure["splits"]
    assert 57_000 <= split["http_req_total"]["min"] < 200_000


def test_a_circle_of_redirects_ends_as_one_failure(lab, server):
    measure = measured(lab, configured(lab, path="/hop/90", redirects="Follow", timeoutMs=5000))

    assert measure["requests"] == measure["failed"] == measure["iterations"] > 0
    assert measure["redirectsFollowed"] == 10 * measure["requests"]
    assert measure["failures"] == [
        {"class": "3xx", "text": "307 Temporary Redirect", "example": "/hop/79",
         "requests": measure["requests"]}
    ]  # fmt: skip


def test_redirects_that_are_accepted_are_good_answers(lab, server):
    measure = measured(lab, configured(lab, path="/hop/1", redirects="Accept"))

    assert measure["failures"] == []
    assert measure["status"]["3xx"] == measure["requests"] == server.done["307"]


READY = {
    "no-content": [(204, "")],
    "redirected": [(307, "/there"), (200, "")],
    "elsewhere": [(302, "http://elsewhere.invalid/login")],
}


@pytest.mark.parametrize("answers", READY.values(), ids=READY)
def test_ready_is_what_the_kubelet_takes_for_it(lab, server, answers):
    server.probes = list(answers)
    measured(lab, configured(lab, path="/hop/0") | {"readinessPath": "/probe"})

    assert server.probes == []


def test_a_redirect_to_what_is_not_ready_is_not_ready(lab, server):
    server.probes = [(307, "/probe"), (503, "")] * 3 + [(200, "")]
    measured(lab, configured(lab, path="/hop/0") | {"readinessPath": "/probe"})

    assert server.probes == []


def test_a_service_that_is_never_there_is_told_with_the_error(lab):
    target = "http://127.0.0.1:9"
    config = configured(lab) | {"target": target}
    config["deadlines"]["readyMs"] = 500
    ended = lab.run(config=config)

    assert ended.code == 108
    assert ended.document["error"].endswith(
        f"not ready after 500 ms: GET {target}/healthz gave "
        "dial tcp 127.0.0.1:9: connect: connection refused"
    ), ended.document["error"]


def test_a_probe_leaves_the_host_at_no_step(lab, server):
    server.probes = [(307, "/there"), (302, "http://elsewhere.invalid/")]
    measured(lab, configured(lab, path="/hop/0") | {"readinessPath": "/probe"})

    assert server.probes == []


def test_a_host_beyond_the_cluster_is_not_this_machine(lab):
    config = configured(lab) | {"outside": True}
    config["deadlines"]["readyMs"] = 500
    ended = lab.run(config=config)

    assert ended.code == 108
    assert "127.0.0.1" in ended.document["error"]
    assert "is in a blacklisted range" in ended.document["error"], ended.document["error"]
