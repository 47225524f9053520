"""Steps of an iteration, from the real k6 against a server that knows who has logged in."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.loadgen.conftest import ENVIRONMENT_TOO, Lab
from tests.loadgen.stand_in import Server, read_body
from tests.loadgen.test_failures import reply
from tests.manifests import Json

pytestmark = pytest.mark.integration
STEP: Json = {"headers": {}, "body": None, "weight": 1, "writes": False}
JSON = {"Content-Type": "application/json"}
LOGIN = STEP | {
    "name": "login", "method": "POST", "path": "/login", "headers": JSON,
    "body": '{"email": "${email}"}',
    "extract": [{"name": "token", "source": "json", "at": "access.0.token"},
                {"name": "csrf", "source": "header", "at": "x-csrf"},
                {"name": "sid", "source": "cookie", "at": "sid"}],
}  # fmt: skip
ME = STEP | {
    "name": "me", "method": "GET", "path": "/me?token=${token}&city=${city}",
    "headers": {"X-Csrf": "${csrf}-${sid}"},
}  # fmt: skip
EMAILS = ['ann "quoted"@x.org', "bob@x.org"]


class Shop(Server):
    """Hands out a token on login, and wants it back."""

    def __init__(self) -> None:
        super().__init__()
        self.logins: list[str] = []
        self.seen: list[dict[str, str]] = []
        self.refuses_logins = False
        self.forgets_token = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/login":
            await self.login(json.loads(await read_body(receive)), send)
        elif scope["path"] == "/me":
            headers = {k.decode(): v.decode() for k, v in scope["headers"]}
            query = {k: v[0] for k, v in parse_qs(scope["query_string"].decode()).items()}
            self.seen.append(query | {n: headers.get(n, "") for n in ("x-csrf", "cookie")})
            await reply(send, 200, b"")
        else:
            await super().__call__(scope, receive, send)

    async def login(self, who: Any, send: Any) -> None:
        self.logins.append(who["email"])
        if self.refuses_logins:
            await reply(send, 503, b"closed")
            return
        token = "a/b&c" if not self.forgets_token else None
        body = json.dumps({"access": [{"token": token}]}).encode()
        headers = [(b"content-length", b"%d" % len(body)), (b"x-csrf", b"c1")]
        headers.append((b"set-cookie", b"sid=s1"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def server() -> Shop:
    return Shop()


def measured(lab: Lab, cities: Path) -> Any:
    config = lab.configure(virtualUsers=2, durationMs=1000)
    config |= {"requests": [LOGIN, ME], "inOrder": True}
    config["variables"] = {"email": {"values": EMAILS}, "city": {"file": str(cities)}}
    ended = lab.run(ENVIRONMENT_TOO, config=config)
    assert ended.code == 0, ended.stderr
    return ended.document["scenarios"]["measure"]


@pytest.fixture
def cities(tmp_path: Path) -> Path:
    file = tmp_path / "cities"
    file.write_text("Ulm\r\n\nSão Paulo & more\n", encoding="utf-8")
    return file


def counts(measure: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for split in measure["splits"]:
        found[split["name"]] = found.get(split["name"], 0) + split["requests"]
    return found


def test_values_go_from_an_answer_to_the_next_step(lab, server, cities):
    measure = measured(lab, cities)

    assert measure["failed"] == 0
    assert counts(measure) == {"login": measure["iterations"], "me": measure["iterations"]}
    assert set(server.logins) == set(EMAILS)
    assert {seen["city"] for seen in server.seen} == {"Ulm", "São Paulo & more"}
    (told,) = {(seen["token"], seen["x-csrf"], seen["cookie"]) for seen in server.seen}
    assert told == ("a/b&c", "c1-s1", "sid=s1")


def test_the_first_step_that_fails_ends_the_iteration(lab, server, cities):
    server.refuses_logins = True

    measure = measured(lab, cities)

    assert server.seen == []
    assert counts(measure) == {"login": measure["iterations"]}
    assert measure["failed"] == measure["requests"]


def test_a_value_that_is_missing_fails_the_step_that_needed_it(lab, server, cities):
    server.forgets_token = True

    measure = measured(lab, cities)

    assert server.seen == []
    assert counts(measure) == {"login": measure["iterations"], "me": measure["iterations"]}
    (failure,) = measure["failures"]
    assert failure["text"] == "200 without json access.0.token in the answer to login"
    assert (failure["class"], failure["requests"]) == ("2xx", measure["iterations"])
