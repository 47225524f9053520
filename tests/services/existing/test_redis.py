"""In a Redis of the user's own LoadLab stays in its space, leaves nothing there, and says what it
may not do."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from loadlab_services.data.errors import DatasetError
from loadlab_services.dataset.claim_redis import claim_redis
from loadlab_services.settings import StewardSettings
from loadlab_services.steward.app_metrics import AppMetrics
from loadlab_services.steward.snapshot import take_snapshot
from loadlab_services.steward.stores import open_stores
from loadlab_services.workload import STREAM_WORKER
from tests.services.existing.conftest import RUN, SPACE, UID, Run
from tests.services.loopback_server import free_port, running, wait_for
from tests.services.stewards import access

pytestmark = pytest.mark.integration
ALLOWED = "reset on >guest-secret ~loadlab:* +@all -@dangerous +info"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A Redis with a password and a guest who may use our keys only; the URL is the guest's."""
    with tempfile.TemporaryDirectory(prefix="loadlab-redis-") as folder:
        port = free_port()
        command = [str(shutil.which("redis-server")), "--port", str(port), "--save", ""]
        url = f"redis://guest:guest-secret@127.0.0.1:{port}/0"
        with running([*command, "--requirepass", "root", "--dir", folder], folder):
            with admin(url) as client:
                wait_for(client.ping, redis.RedisError)
            yield url


@pytest.fixture
def their_redis(server: str) -> str:
    with admin(server) as client:
        client.flushall()
        client.script_flush()
        client.execute_command("ACL", "SETUSER", "guest", *ALLOWED.split())
    return server


def admin(url: str) -> redis.Redis:
    return redis.Redis.from_url(re.sub(r"//[^@]*@", "//:root@", url))


def fill(client: redis.Redis) -> None:
    """Keys of others, of several types, that look like ours."""
    client.set("ingest:theirs", b"\x00 kept")
    client.hset("ingest:hash", mapping={"a": "1"})
    client.xadd(f"ingest:{RUN}", {"payload": "theirs"})
    client.xgroup_create(f"ingest:{RUN}", "writers", id="0")
    client.zadd("items:filled", {"x": 1})
    client.xadd(f"loadlab:ingest:{RUN}", {"payload": "of one that owns its Redis"})
    client.set("loadlab:6f0c4b1e-0000-4000-8000-000000000002:ingest:x", "of another experiment")
    client.set(f"loadlab:{UID}0:ingest:x", "of one whose name begins like ours")


def dumps(client: redis.Redis) -> dict[bytes, bytes]:
    return {key: client.dump(key) for key in client.keys("*")}  # type: ignore[misc]


async def test_what_others_keep_is_byte_same_after_a_run(
    their_redis: str, finished_run: Run
) -> None:
    seen: list[set[bytes]] = []
    with admin(their_redis) as client:
        fill(client)
        before = dumps(client)
        claim_redis(their_redis, SPACE)
        assert dumps(client) == before
        client.set(f"{SPACE}:ingest:left", "by a run of ours before")

        account = await finished_run(
            STREAM_WORKER,
            "queued",
            between=lambda: seen.append(dumps(client).keys() - before.keys()),
            redis_url=their_redis,
            redis_space=SPACE,
        )

        assert account["persisted"] == account["distinct"] == 30
        assert account["drained"]
        assert seen == [{f"{SPACE}:ingest:{RUN}".encode()}]
        assert dumps(client) == before, "and nothing of ours is left"


async def test_the_counters_are_told_and_what_is_unknown_is_named(
    their_redis: str, messages_url: str
) -> None:
    told = {"redis_url": their_redis, "redis_space": SPACE, "database_url": messages_url}
    settings = StewardSettings.model_validate({"workload": "ingest"} | told | access(RUN))
    async with open_stores(settings) as stores:
        snapshot = await take_snapshot(
            stores, run=RUN, targets={}, sessions={}, app_metrics=AppMetrics()
        )

    assert snapshot["components"]["redis"].keys() == {"commands", "keyspaceHits", "keyspaceMisses"}
    assert snapshot["errors"]["redis CPU and memory"].startswith("unknown: the Redis is not")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("-xautoclaim", "may not use XAUTOCLAIM on keys"),
        ("-unlink", "may not use UNLINK on keys"),
        ("-info", "may not use INFO"),
        ("resetkeys ~shop:*", "may not use SET on keys"),
        ("-eval", "may not use EVAL on keys"),
        ("-script", "may not use EVALSHA on keys"),
    ],
)
def test_a_right_that_is_missing_is_named_with_user_keys_and_remedy(
    their_redis: str, change: str, said: str
) -> None:
    with admin(their_redis) as client:
        fill(client)
        before = dumps(client)
        client.execute_command("ACL", "SETUSER", "guest", *change.split())
        with pytest.raises(DatasetError) as caught:
            claim_redis(their_redis, SPACE)
        left = dumps(client).keys() - before.keys()

    assert f"user guest of Redis {said}" in str(caught.value)
    assert str(caught.value).endswith("ACL SETUSER guest ~loadlab:* +@all -@dangerous +info")
    assert "guest-secret" not in str(caught.value)
    assert not left or change == "-unlink"


def test_a_wrong_password_and_a_server_that_is_away_are_said(
    their_redis: str, unused_port: Callable[[], int]
) -> None:
    with pytest.raises(DatasetError, match="Redis does not let user guest in") as caught:
        claim_redis(their_redis.replace("guest-secret", "wrong-secret"), SPACE)
    assert "wrong-secret" not in str(caught.value)
    port = unused_port()
    with pytest.raises(DatasetError, match=f"Redis at 127.0.0.1:{port} does not answer"):
        claim_redis(f"redis://guest:secret@127.0.0.1:{port}/0", SPACE)


@pytest.mark.parametrize(
    "url",
    [
        "redis://me:sec@ret@host/0",
        "redis://me:sec/ret@host/0",
        "redis://me:sec#ret@host",
        "redis://host:secret",
        "redis://host?socket_timeout=secret",
        "unix:///secret",
        "postgresql://me:secret@host/db",
        "secret",
    ],
)
def test_an_address_that_cannot_be_read_is_not_repeated(url: str) -> None:
    with pytest.raises(DatasetError, match="is no redis:// or rediss:// URL") as caught:
        claim_redis(url, SPACE)
    assert not {"sec", "ret"} & set(re.findall(r"sec|ret", str(caught.value)))
    assert caught.value.__cause__ is None


def test_a_redis_cluster_is_refused() -> None:
    with tempfile.TemporaryDirectory(prefix="loadlab-redis-") as folder:
        port = free_port()
        options = ["--save", "", "--cluster-enabled", "yes", "--dir", folder]
        url = f"redis://127.0.0.1:{port}/0"
        with running([str(shutil.which("redis-server")), "--port", str(port), *options], folder):
            with redis.Redis.from_url(url) as client:
                wait_for(client.ping, redis.RedisError)
            with pytest.raises(DatasetError, match="a part of a Redis Cluster"):
                claim_redis(url, SPACE)


async def test_a_redis_is_used_over_tls(finished_run: Run) -> None:
    """Its address says whether the certificate is checked; an unknown one is refused else."""
    with tempfile.TemporaryDirectory(prefix="loadlab-redis-") as folder:
        port = free_port()
        make_certificate(folder)
        tls = ["--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem"]
        tls += ["--tls-ca-cert-file", "cert.pem", "--tls-auth-clients", "no"]
        command = [str(shutil.which("redis-server")), "--port", "0", "--tls-port", str(port)]
        plain = f"rediss://127.0.0.1:{port}/0"
        url = f"{plain}?ssl_cert_reqs=none&ssl_check_hostname=false"
        options = ["--save", "", "--dir", folder]
        with running([*command, *tls, *options], folder), redis.Redis.from_url(url) as client:
            wait_for(client.ping, redis.RedisError)
            with pytest.raises(DatasetError, match="certificate verify failed"):
                claim_redis(plain, SPACE)
            claim_redis(url, SPACE)
            told = {"redis_url": url, "redis_space": SPACE}
            account = await finished_run(STREAM_WORKER, "queued", **told)
            assert client.keys("*") == []
    assert account["persisted"] == 30


def make_certificate(folder: str) -> None:
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=redis"
    files = ["-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*command.split(), *files], cwd=Path(folder), check=True, capture_output=True)
