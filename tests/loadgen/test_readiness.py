"""How the real k6 waits for a service, and when it waits no longer."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.loadgen.conftest import Lab
from tests.loadgen.stand_in import Server
from tests.loadgen.test_https import certificate, serving_tls

pytestmark = pytest.mark.integration
HOPELESS_SECONDS = 10


class Choosy(Server):
    """Answers a request for readiness with a status, or only one that has the right headers."""

    def __init__(self) -> None:
        super().__init__()
        self.status = 200
        self.wanted: dict[bytes, bytes] = {}

    async def __call__(self, scope: Any, receive: Callable[[], Any], send: Any) -> None:
        if scope["path"] != "/healthz":
            await super().__call__(scope, receive, send)
            return
        has_all = self.wanted.items() <= dict(scope["headers"]).items()
        status = self.status if has_all else 401
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"s3cret-value is not known here"})


@pytest.fixture
def server() -> Choosy:
    return Choosy()


def waited(lab: Lab, **changes: Any) -> tuple[float, Any]:
    config = lab.configure() | changes
    config["deadlines"]["readyMs"] = 15_000
    began = time.monotonic()
    ended = lab.run(config=config)
    return time.monotonic() - began, ended


@pytest.mark.parametrize("status", [401, 404])
def test_what_a_running_service_refuses_is_not_waited_for_to_the_end(lab, server, status):
    server.status = status

    seconds, ended = waited(lab, runsAlready=True)

    assert ended.code == 108
    assert HOPELESS_SECONDS <= seconds < HOPELESS_SECONDS + 4
    assert "the service was not ready after 10000 ms of it: GET " in ended.document["error"]
    assert f"/healthz gave {status}" in ended.document["error"]


@pytest.mark.parametrize(
    ("status", "changes"),
    [(503, {"runsAlready": True}), (429, {"runsAlready": True}), (404, {})],
    ids=["unavailable", "too many", "started for the trial"],
)
def test_what_may_pass_is_waited_for(lab, server, status, changes):
    server.status = status

    seconds, ended = waited(lab, **changes)

    assert seconds >= 15
    assert "the service was not ready after 15000 ms: GET " in ended.document["error"]


async def test_a_certificate_that_does_not_fit_is_not_waited_for(lab, tmp_path, monkeypatch):
    key, cert = certificate(tmp_path, "theirs")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path, "ours")[1]))

    async with serving_tls(Server(), key, cert) as address:
        seconds, ended = waited(lab, target=address)

    assert HOPELESS_SECONDS <= seconds < HOPELESS_SECONDS + 4
    assert "x509: certificate signed by unknown authority" in ended.document["error"]


def test_the_headers_of_the_load_go_along(lab, server, monkeypatch):
    monkeypatch.setenv("SECRET_HEADER_1", "s3cret-value")
    server.wanted = {b"host": b"shop.example", b"authorization": b"Bearer s3cret-value"}
    secret = {"Authorization": {"variable": "SECRET_HEADER_1", "prefix": "Bearer "}}

    _, ended = waited(lab, readinessHeaders={"Host": "shop.example"}, readinessSecretHeaders=secret)

    assert ended.code == 0
    assert ended.document["scenarios"]["measure"]["failed"] == 0


def test_a_secret_that_the_answer_repeats_is_not_told(lab, server, monkeypatch):
    monkeypatch.setenv("SECRET_HEADER_1", "s3cret-value")
    server.status = 403
    secret = {"X-Key": {"variable": "SECRET_HEADER_1", "prefix": ""}}

    _, ended = waited(lab, runsAlready=True, readinessSecretHeaders=secret)

    assert "s3cret-value" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("address", ["100.100.100.200", "168.63.129.16", "192.0.0.192"])
def test_no_cloud_is_asked_for_what_is_known_of_its_machine(lab, address):
    config = lab.configure() | {"outside": True, "target": f"http://{address}:80"}
    config["deadlines"]["readyMs"] = 500

    ended = lab.run(config=config)

    assert "is in a blacklisted range" in ended.document["error"], ended.document["error"]
