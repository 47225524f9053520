"""Addresses of stores as people write them: IPv6, ports that are none, parameters of others."""

import socket
from collections.abc import Callable

import asyncpg
import psycopg
import pytest
from aio_pika import connect as connect_amqp
from aio_pika.exceptions import AMQPConnectionError
from kombu import Connection
from sqlalchemy import make_url

from loadlab_services.data.errors import DatasetError
from loadlab_services.dataset.claim_rabbitmq import claim_rabbitmq
from loadlab_services.dataset.claim_redis import claim_redis
from loadlab_services.dataset.load import connect
from tests.services.existing.conftest import SPACE
from tests.tcp_server import answering


@pytest.mark.parametrize(
    "url", ["amqp://me:secret@host:abc/", "amqp://me:secret@host:99999/", "amqp://me:secret@[::1/"]
)
def test_an_address_of_rabbitmq_that_cannot_be_read_is_said_and_not_repeated(url: str) -> None:
    with pytest.raises(DatasetError, match="is no amqp:// URL") as caught:
        claim_rabbitmq(url, SPACE, 15692)

    assert "secret" not in str(caught.value)


def test_an_address_of_ipv6_is_told_with_its_brackets(unused_port: Callable[[], int]) -> None:
    port = unused_port()
    with pytest.raises(DatasetError, match=rf"RabbitMQ at \[::1\]:{port} does not do: "):
        claim_rabbitmq(f"amqp://me:secret@[::1]:{port}/", SPACE, port)
    with pytest.raises(DatasetError, match=rf"Redis at \[::1\]:{port} does not answer: "):
        claim_redis(f"redis://me:secret@[::1]:{port}/0", SPACE)
    with pytest.raises(psycopg.OperationalError, match=f'server at "::1", port {port} failed'):
        connect(f"postgresql://me:secret@[::1]:{port}/x", patience_seconds=0, say=print)


async def test_all_clients_of_a_store_find_an_address_of_ipv6() -> None:
    greetings: list[bytes] = []

    def note(connection: socket.socket) -> None:
        greetings.append(connection.recv(4096))

    with answering(note, "::1") as place:
        with pytest.raises(OSError, match=r"closed|reset"):
            Connection(f"amqp://me:secret@{place}//").connect()  # as Celery does
        with pytest.raises(AMQPConnectionError):
            await connect_amqp(f"amqp://me:secret@{place}/")
        with pytest.raises(asyncpg.ConnectionDoesNotExistError):
            await asyncpg.connect(f"postgresql://me:secret@{place}/x", ssl=False)

    *of_rabbitmq, of_postgres = greetings
    assert {greeting[:4] for greeting in of_rabbitmq} == {b"AMQP"}
    assert b"user\0me\0" in of_postgres
    assert make_url(f"postgresql://me@{place}/x").host == "::1"


def test_a_parameter_that_nobody_knows_is_named(unused_port: Callable[[], int]) -> None:
    place = f"me:secret@127.0.0.1:{unused_port()}"
    with pytest.raises(DatasetError, match=r"Redis has an unknown parameter: .*'pool'"):
        claim_redis(f"redis://{place}/0?pool=9", SPACE)
    with pytest.raises(
        DatasetError, match=r'cannot be read \(invalid URI query parameter: "pool"\)'
    ):
        connect(f"postgresql://{place}/x?pool=9", patience_seconds=0, say=print)


@pytest.mark.parametrize("rest", ["me:secret@[::1/x", "me:secret%zz@host/x"])
def test_an_address_of_postgres_that_cannot_be_read_is_not_repeated(rest: str) -> None:
    """Libpq quotes all of it, or the password."""
    with pytest.raises(DatasetError, match="the database's address cannot be read") as caught:
        connect(f"postgresql://{rest}", patience_seconds=0, say=print)

    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (b"redis_version:6.0.16", "the server is Redis 6.0.16: 6.2 or newer is needed"),
        (b"redis_version:6", "the server is Redis 6: 6.2 or newer is needed"),
        (b"server:other", r"tells no version of Redis \(INFO: redis_version ''\)"),
        (b"redis_version:unstable", "tells no version of Redis"),
        (None, r"Redis at 127.0.0.1:\d+ refuses INFO \(unknown command"),
    ],
)
def test_a_server_of_another_make_is_refused_by_what_it_says_of_itself(
    info: bytes | None, said: str
) -> None:
    """One that is none of Redis' versions broke the Job, and one without INFO "did not answer"."""

    def answer(connection: socket.socket) -> None:
        while asked := connection.recv(4096):
            text = b"$%d\r\n%b\r\n" % (len(info), info) if info else b"-ERR unknown command\r\n"
            replies = (text if b"INFO" in part else b"+OK\r\n" for part in asked.split(b"*")[1:])
            connection.sendall(b"".join(replies))

    with answering(answer) as place, pytest.raises(DatasetError, match=said):
        claim_redis(f"redis://{place}/0?protocol=2", SPACE)
