"""The real k6 asks by https and checks the certificate by the authority that it is given."""

import asyncio
import subprocess
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn

from tests.loadgen.conftest import Lab
from tests.loadgen.stand_in import Server

pytestmark = pytest.mark.integration


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key, cert = folder / f"{name}.key", folder / f"{name}.crt"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return key, cert


@asynccontextmanager
async def serving_tls(server: Server, key: Path, cert: Path) -> AsyncIterator[str]:
    """Serve on a thread of its own; uvloop may hang for good as it closes a TLS connection."""
    config = uvicorn.Config(
        server,
        port=0,
        loop="asyncio",
        lifespan="off",
        log_level="critical",
        ssl_keyfile=key,
        ssl_certfile=cert,
        timeout_graceful_shutdown=5,
    )
    app = uvicorn.Server(config)
    listener = config.bind_socket()
    thread = threading.Thread(target=app.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        app.should_exit = True
        await asyncio.to_thread(thread.join)


async def test_a_certificate_of_the_given_authority_is_taken(lab: Lab, tmp_path, monkeypatch):
    service = Server()
    key, cert = certificate(tmp_path, "ours")
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))

    async with serving_tls(service, key, cert) as address:
        ended = lab.run(config=lab.configure() | {"target": address})

    measure = ended.document["scenarios"]["measure"]
    assert measure["requests"] == len(service.ids) > 10
    assert measure["failed"] == 0


async def test_any_other_is_refused_in_words(lab: Lab, tmp_path, monkeypatch):
    key, cert = certificate(tmp_path, "theirs")
    _, ours = certificate(tmp_path, "ours")
    monkeypatch.setenv("SSL_CERT_FILE", str(ours))
    config = lab.configure()
    config["deadlines"]["readyMs"] = 500

    async with serving_tls(Server(), key, cert) as address:
        ended = lab.run(config=config | {"target": address})

    assert ended.code != 0
    assert "x509: certificate signed by unknown authority" in ended.stderr
