"""The client of the long forms: it tells a lost answer from nobody there, and never asks twice."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.reliability.lean_http import Client
from tests.services.loopback_server import free_port

FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\ncontent-length: 2\r\n\r\n{}"
TAKEN = b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}"
LAST = b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\nConnection: close\r\n\r\n{}"


class Server:
    """Answers what it is told to, one answer for each request; None cuts the connection."""

    def __init__(self) -> None:
        self.answers: list[bytes | None] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while head := await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b"":
            length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
            self.bodies.append(await reader.readexactly(length))
            answer = self.answers.pop(0)
            writer.write(answer or b"HTTP/1.1 202 Acc")
            if answer is None or answer is LAST:
                break
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server, port = Server(), free_port()
    server.url = f"http://127.0.0.1:{port}"
    listening = await asyncio.start_server(server.serve, "127.0.0.1", port)
    yield server
    listening.close()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client(timeout=5)
    yield client
    client.close()
    await asyncio.sleep(0)


async def test_answers_are_told_apart_on_one_connection(server, client):
    server.answers = [TAKEN, FULL, TAKEN]

    answers = [await client.post(server.url, "/write", b'{"n": 1}') for _ in range(3)]

    assert [(a.status, a.says_retry_after) for a in answers] == [
        (202, False),
        (503, True),
        (202, False),
    ]
    assert server.bodies == [b'{"n": 1}'] * 3
    assert server.connections == 1


async def test_a_connection_that_the_server_closes_is_not_used_again(server, client):
    server.answers = [LAST, TAKEN]

    answers = [await client.post(server.url, "/write", b"{}") for _ in range(2)]

    assert [answer.status for answer in answers] == [202, 202]
    assert server.connections == 2


async def test_an_answer_that_is_cut_off_is_lost_and_nothing_is_sent_again(server, client):
    server.answers = [None, TAKEN]

    with pytest.raises((EOFError, ConnectionResetError)):
        await client.post(server.url, "/write", b"{}")

    assert len(server.bodies) == 1
    assert (await client.post(server.url, "/write", b"{}")).status == 202


async def test_where_nobody_listens_nothing_was_sent(client):
    with pytest.raises(ConnectionRefusedError):
        await client.post(f"http://127.0.0.1:{free_port()}", "/write", b"{}")
