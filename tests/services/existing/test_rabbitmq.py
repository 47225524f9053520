"""In a RabbitMQ of the user's own LoadLab stays in its space, leaves nothing there, and says what
it may not do."""

import asyncio
import re
from collections.abc import Callable

import aio_pika
import pytest
from aio_pika.exceptions import ChannelNotFoundEntity

from loadlab_services.data.errors import DatasetError
from loadlab_services.dataset.claim_rabbitmq import claim_rabbitmq
from loadlab_services.workload import CELERY_WORKER
from tests.services.existing.conftest import RUN, SPACE, UID, Run

pytestmark = pytest.mark.integration
OURS = f"{SPACE}:ingest:{RUN}"
THEIRS = [
    f"ingest:{RUN}",
    "ingest:theirs",
    f"loadlab:{UID}0:ingest:{RUN}",
    f"loadlab:6f0c4b1e-0000-4000-8000-000000000002:ingest:{RUN}",
]


@pytest.fixture
def lab_url(amqp_url: str) -> str:
    """A user who may do in the virtual host `shop` what the docs ask for, and no more."""
    return f"{amqp_url.replace('guest:guest', 'lab:lab-secret')}shop"


def as_owner(url: str) -> str:
    return re.sub(r"//[^@]*@", "//guest:guest@", url)


async def counts(url: str, names: list[str]) -> dict[str, int | None]:
    """How many messages wait in each queue; None where there is none of that name."""
    found: dict[str, int | None] = {}
    async with await aio_pika.connect(url) as connection:
        for name in names:
            channel = await connection.channel()
            try:
                queue = await channel.declare_queue(name, passive=True)
                found[name] = queue.declaration_result.message_count
            except ChannelNotFoundEntity:
                found[name] = None
    return found


async def test_what_others_keep_is_as_it_was_after_a_run(
    lab_url: str, amqp_metrics_port: int, finished_run: Run
) -> None:
    owner = as_owner(lab_url)
    async with await aio_pika.connect(owner) as connection:
        channel = await connection.channel()
        for name in THEIRS:
            await channel.declare_queue(name, durable=True)
            await channel.default_exchange.publish(aio_pika.Message(b"theirs"), name)

    account = await finished_run(
        CELERY_WORKER,
        "celery",
        amqp_url=lab_url,
        amqp_space=SPACE,
        amqp_metrics_port=amqp_metrics_port,
    )

    assert account["persisted"] == account["distinct"] == 30
    assert account["drained"]
    assert await counts(owner, THEIRS) == dict.fromkeys(THEIRS, 1)
    gone = [OURS, f"{OURS}:dead"]
    assert await counts(owner, gone) == dict.fromkeys(gone)


def test_what_a_run_needs_is_tried_and_taken_away(lab_url: str, amqp_metrics_port: int) -> None:
    claim_rabbitmq(lab_url, SPACE, amqp_metrics_port)

    tried = [f"{SPACE}:claim", f"{SPACE}:claim:dead"]
    assert asyncio.run(counts(as_owner(lab_url), tried)) == dict.fromkeys(tried)


def test_a_right_that_is_missing_is_named_with_user_host_queue_and_remedy(
    lab_url: str, amqp_metrics_port: int
) -> None:
    url = lab_url.replace("lab:lab-secret", "nobody:nobody-secret")
    with pytest.raises(DatasetError) as caught:
        claim_rabbitmq(url, SPACE, amqp_metrics_port)
    said = str(caught.value)
    assert f"user nobody of RabbitMQ may not use queues {SPACE}:* in virtual host shop" in said
    assert said.endswith(
        r"rabbitmqctl set_permissions -p shop nobody '^loadlab:' '^(loadlab:|amq\.default$)' "
        r"'^(loadlab:|amq\.direct$)'"
    )
    assert "nobody-secret" not in said


def test_a_wrong_password_a_strange_host_and_a_server_that_is_away_are_said(
    lab_url: str, amqp_metrics_port: int, unused_port: Callable[[], int]
) -> None:
    port = unused_port()
    for url in (
        lab_url.replace("lab-secret", "wrong-secret"),
        lab_url.replace("shop", "nowhere"),
        f"amqp://me:secret@127.0.0.1:{port}/",
    ):
        with pytest.raises(DatasetError, match="RabbitMQ") as caught:
            claim_rabbitmq(url, SPACE, amqp_metrics_port)
        assert "secret" not in str(caught.value)


def test_a_port_that_tells_nothing_of_queues_is_said(
    lab_url: str, unused_port: Callable[[], int]
) -> None:
    with pytest.raises(DatasetError, match="is RabbitMQ's plugin rabbitmq_prometheus enabled"):
        claim_rabbitmq(lab_url, SPACE, unused_port())


@pytest.mark.parametrize(
    "url",
    ["amqp://me:sec@ret@host/", "amqp://me:sec/ret@host/", "http://me:secret@host/", "secret"],
)
def test_an_address_that_cannot_be_read_is_not_repeated(url: str) -> None:
    with pytest.raises(DatasetError, match="is no amqp:// URL") as caught:
        claim_rabbitmq(url, SPACE, 15692)
    assert not {"sec", "ret"} & set(re.findall(r"sec|ret", str(caught.value)))


def test_tls_is_refused_in_words() -> None:
    with pytest.raises(DatasetError, match="amqps:// is not supported"):
        claim_rabbitmq("amqps://me:secret@host/", SPACE, 15692)
