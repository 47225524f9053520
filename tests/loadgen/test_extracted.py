"""What is taken of an answer is exact: every digit of a number, and a place as it is."""

from typing import Any

import pytest

from tests.loadgen.conftest import Lab
from tests.loadgen.stand_in import Server, read_body
from tests.manifests import Json

pytestmark = pytest.mark.integration
STEP: Json = {"headers": {}, "body": None, "weight": 1, "writes": False}
NUMBER = {"name": "order", "source": "json", "at": "order.id"}
PLACE = {"name": "place", "source": "header", "at": "location", "path": True}
LARGE = "1234567890123456789"


class Orders(Server):
    """Makes orders, and says in several ways where one is."""

    def __init__(self) -> None:
        super().__init__()
        self.body = f'{{"order": {{"id": {LARGE}}}}}'.encode()
        self.location = "/orders/17?by=a%20b"
        self.asked: list[tuple[str, bytes]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/orders":
            await self.say(send, 201, [(b"location", self.location.encode())], self.body)
        elif scope["path"].startswith("/orders/"):
            raw = f"{scope['raw_path'].decode()}?{scope['query_string'].decode()}".rstrip("?")
            self.asked.append((raw, await read_body(receive)))
            await self.say(send, 200, [], b"")
        else:
            await super().__call__(scope, receive, send)

    async def say(self, send: Any, status: int, headers: list[Any], body: bytes) -> None:
        headers = [*headers, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def server() -> Orders:
    return Orders()


def ordered(lab: Lab, extract: Json, path: str, body: str | None = None) -> Json:
    """Make orders, ask for each, and return what was measured."""
    make = STEP | {"name": "make", "method": "POST", "path": "/orders", "body": "{}"}
    ask = STEP | {"name": "ask", "method": "PUT", "path": path, "body": body}
    ask |= {"headers": {"Content-Type": "application/json"}}
    config = lab.configure(virtualUsers=1, durationMs=1000)
    config |= {"requests": [make | {"extract": [extract]}, ask], "inOrder": True}
    ended = lab.run(config=config)
    assert ended.code == 0, ended.stderr
    measured: Json = ended.document["scenarios"]["measure"]
    return measured


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        (f'{{"order": {{"id": {LARGE}}}}}', LARGE),
        (f'{{"a": "{LARGE}: \\" {LARGE}", "order": {{"id":{LARGE}}}}}', LARGE),
        ('{"order": {"id": 17}, "x": 0.12345678901234567}', "17"),
        ('{"order": {"id": 9007199254740993}, "x": [1e9, -9007199254740993]}', str(2**53 + 1)),
    ],
    ids=["large", "beside texts", "small", "just beyond 2^53"],
)  # fmt: skip
def test_a_number_keeps_all_its_digits(lab, server, body, taken):
    server.body = body.encode()

    measure = ordered(lab, NUMBER, "/orders/${order}", '{"order": ${order}}')

    assert measure["failed"] == 0
    assert set(server.asked) == {(f"/orders/{taken}", f'{{"order": {taken}}}'.encode())}


@pytest.mark.parametrize("prefix", ["", "http://{host}", "https://{host}"])
def test_a_place_of_the_service_is_asked_for_as_it_is(lab, server, prefix):
    server.location = prefix.format(host=lab.address.partition("//")[2]) + "/orders/17?by=a%20b"

    measure = ordered(lab, PLACE, "/${place}")

    assert measure["failed"] == 0
    assert {path for path, _ in server.asked} == {"/orders/17?by=a%20b"}


def test_in_a_body_a_place_is_a_text(lab, server):
    server.location = '/orders/"17"'

    ordered(lab, PLACE, "/orders/1", '{"place": "${place}"}')

    assert {body for _, body in server.asked} == {b'{"place": "orders/\\"17\\""}'}


@pytest.mark.parametrize(
    "location",
    ["http://elsewhere.example/orders/17", "//elsewhere.example/17", "orders/17", "/a b"],
)
def test_a_place_elsewhere_is_missing_and_never_asked(lab, server, location):
    server.location = location

    measure = ordered(lab, PLACE, "/${place}")

    assert server.asked == []
    (failure,) = measure["failures"]
    said = "201 without header location as a path of the service in the answer to make"
    assert failure["text"] == said
