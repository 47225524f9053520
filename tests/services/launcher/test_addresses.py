"""A service, its instruments and the steward answer by both families, so on any cluster."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial

import httpx
import pytest

from loadlab_services.instruments import listening
from tests.services.launcher.conftest import RunService
from tests.services.loopback_server import wait_for
from tests.services.stewards import TOKEN, access

pytestmark = pytest.mark.integration

SLEEP = {"WORKLOAD": "sleep", "VARIANT": "async"}
LOOPBACKS = ("127.0.0.1", "[::1]")


@pytest.fixture(autouse=True)
def both_families() -> None:
    if not listening.takes_both():
        pytest.skip("this kernel has no IPv6")
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError as error:
            pytest.skip(f"no ::1 on this machine: {error}")


@pytest.mark.parametrize(
    "server",
    [{"SERVER": "uvicorn"}, {"SERVER": "uvicorn", "LISTEN": "reuseport"}, {"SERVER": "gunicorn"}],
    ids=lambda server: "-".join(server.values()),
)
def test_a_service_answers_by_both(run_service: RunService, server: dict[str, str]) -> None:
    with run_service(**SLEEP, **server, WORKERS="2") as service:
        for address in LOOPBACKS:
            for url in (service.url, f"{service.instruments}/snapshot"):
                asked = url.replace("127.0.0.1", address)
                path = "" if "snapshot" in asked else "/healthz"
                assert httpx.get(asked + path, trust_env=False).status_code == 200


def test_the_steward_answers_by_both(unused_port: Callable[[], int]) -> None:
    port = unused_port()
    told = {"WORKLOAD": "sleep", "VARIANT": "async", "PORT": str(port), "RUN_ID": "run"}
    told |= {name.upper(): json.dumps(value) for name, value in access("run").items()}
    told["STEWARD_TOKEN"] = TOKEN
    command = [sys.executable, "-m", "loadlab_services.steward"]
    with subprocess.Popen(command, env=told) as process:
        try:
            for address in LOOPBACKS:
                url = f"http://{address}:{port}/healthz"
                wait_for(partial(httpx.get, url, trust_env=False), httpx.TransportError)
        finally:
            process.terminate()


@pytest.mark.parametrize(("has_ipv6", "family"), [(True, "AF_INET6"), (False, "AF_INET")])
def test_a_kernel_without_ipv6_is_listened_on_by_ipv4(
    monkeypatch: pytest.MonkeyPatch, has_ipv6: bool, family: str
) -> None:
    monkeypatch.setattr(listening, "takes_both", lambda: has_ipv6)
    with listening.bind(0) as listener:
        assert listener.family.name == family
