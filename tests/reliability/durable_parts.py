"""The parts of a queue as processes that can be killed: stores, APIs and workers, on loopback."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import ExitStack, suppress
from importlib.resources import files
from pathlib import Path

import httpx
import psycopg
import redis
from amqp.exceptions import AMQPError
from kombu import Connection

from loadlab_services.broker.names import queue_name
from loadlab_services.stream.entry import dead_letter_key, stream_key
from tests.reliability.control_plane import REPOSITORY
from tests.services.loopback_server import free_port, run_once, wait_for
from tests.services.postgres_server import POSTGRES_BIN, POSTGRES_USER
from tests.services.rabbitmq_server import (
    DEFINITIONS,
    RABBITMQ,
    RABBITMQ_CONF,
    rabbitmq_environment,
)

SCHEMA = (files("loadlab_services") / "workloads/ingest/schema.sql").read_text()
RUN = "ingest-000-a1"
KEY, DEAD_KEY = stream_key("loadlab:ingest:", RUN), dead_letter_key("loadlab:ingest:", RUN)
QUEUE = queue_name("ingest:", RUN)
LIMITED = {"BACKLOG_LIMIT": "100000"}
DEATH_SECONDS = 60  # in which a process is gone after SIGKILL, or has ended after SIGTERM
AMQP_ERRORS = (OSError, AMQPError)  # nobody listens yet, or somebody who is not ready


class Program:
    """A program that is killed, or asked to end, and started again on the same data."""

    def __init__(
        self, command: list[str], folder: Path, *, user: str | None = None, **environment: str
    ) -> None:
        self._command, self._folder, self._user = command, folder, user
        self._environment = os.environ | environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "log").open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                user=self._user,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self) -> None:
        """`kill -9`, with all that it has started, as a container dies."""
        if self._process is None or self._process.poll() is not None:
            return
        started = descendants(self._process.pid)
        os.killpg(self._process.pid, signal.SIGKILL)  # also what it is just about to start
        for pid in started:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._awaited()

    def terminate(self) -> int:
        """SIGTERM; return its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._awaited()

    def _awaited(self) -> int:
        assert self._process is not None
        try:
            return self._process.wait(timeout=DEATH_SECONDS)
        except subprocess.TimeoutExpired as error:
            last = (self._folder / "log").read_text(errors="replace")[-2000:]
            raise AssertionError(f"{error}; its log ends with:\n{last}") from error


def descendants(pid: int) -> list[int]:
    """The processes that one has started; Postgres gives each of its own a session."""
    children = defaultdict(list)
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            children[int(file.read_text().rsplit(")", 1)[1].split()[1])].append(
                int(file.parent.name)
            )
    found, left = list[int](), [pid]
    while left:
        left += (new := children[left.pop()])
        found += new
    return found


class Parts:
    """Makes the parts of one run in a folder; whatever still runs at the end is killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self.database_url = self.redis_url = self.amqp_url = ""

    def close(self) -> None:
        self._stack.close()

    def postgres(self) -> Program:
        """Start a Postgres whose commits survive it, with the empty table of messages."""
        folder, port = self._folder("postgres"), free_port()
        initdb = [f"{POSTGRES_BIN}/initdb", "-D", "data", "-U", "loadlab", "-A", "trust"]
        run_once([*initdb, "--no-sync"], str(folder), user=POSTGRES_USER)
        command = [f"{POSTGRES_BIN}/postgres", "-D", "data", "-p", str(port), "-k", str(folder)]
        self.database_url = f"postgresql://loadlab@127.0.0.1:{port}/postgres"
        program = self._started(Program(command, folder, user=POSTGRES_USER))
        self.await_postgres()
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(SCHEMA.encode())
        return program

    def await_postgres(self) -> None:
        url = self.database_url
        wait_for(lambda: psycopg.connect(url, connect_timeout=2).close(), psycopg.Error)

    def redis(self, fsync: str) -> Program:
        """Start a Redis with this appendfsync, or without a file for `none`."""
        folder, port = self._folder("redis"), free_port()
        durable = ["--appendonly", "no"]
        if fsync != "none":
            durable = ["--appendonly", "yes", "--appendfsync", fsync]
        command = [str(shutil.which("redis-server")), "--port", str(port), "--bind", "127.0.0.1"]
        self.redis_url = f"redis://127.0.0.1:{port}/0"
        program = self._started(Program([*command, "--save", "", *durable], folder))
        self.await_redis()
        return program

    def await_redis(self) -> None:
        with connect_redis(self.redis_url) as client:
            wait_for(client.ping, redis.RedisError)

    def rabbitmq(self) -> Program:
        """Start a RabbitMQ; slow as it is to start, it is awaited apart, by `await_rabbitmq`."""
        folder, port, names_port = self._folder("rabbitmq"), free_port(), free_port()
        definitions = folder / "definitions.json"
        definitions.write_text(json.dumps(DEFINITIONS))
        ports = {"port": port, "metrics_port": free_port()}
        conf = RABBITMQ_CONF.format(**ports, definitions=definitions)
        (folder / "rabbitmq.conf").write_text(conf)
        (folder / "plugins").write_text("[].")
        variables = rabbitmq_environment(str(folder), port=port, names_port=names_port)
        names = self._folder("epmd")
        self._started(Program(["epmd", "-port", str(names_port)], names, **variables))
        self.amqp_url = f"amqp://guest:guest@127.0.0.1:{port}/"
        return self._started(Program([str(RABBITMQ)], folder, **variables))

    def await_rabbitmq(self) -> None:
        """Wait until somebody can log in, which is later than that the port is open."""

        def log_in() -> None:
            with Connection(self.amqp_url, connect_timeout=5) as connection:
                connection.connect()

        wait_for(log_in, AMQP_ERRORS)

    def api(self, variant: str, **variables: str) -> tuple[Program, str]:
        """Start a service of the ingest workload; return it with its URL once it is ready."""
        port = free_port()
        ports = {"PORT": str(port), "INSTRUMENTS_PORT": str(free_port())}
        program = self._program("serve", variant, **ports | LIMITED | variables)
        url = f"http://127.0.0.1:{port}"
        await_ready(url)
        return program, url

    def worker(self, variant: str) -> Program:
        """Start a worker of the variant's queue."""
        variables = {"CONSUMERS": "2", "POOL_SIZE": "2", "INSTRUMENTS_PORT": str(free_port())}
        program = "celery_worker" if variant == "celery" else "worker"
        return self._program(program, variant, **LIMITED | variables)

    def _program(self, name: str, variant: str, **variables: str) -> Program:
        known = {
            "WORKLOAD": "ingest",
            "VARIANT": variant,
            "RUN_ID": RUN,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "AMQP_URL": self.amqp_url,
            "PYTHONPATH": str(REPOSITORY / "services"),
        }
        command = [sys.executable, "-m", f"loadlab_services.programs.{name}"]
        folder = self._folder(f"{name}-{time.monotonic_ns()}", owner=None)
        return self._started(Program(command, folder, **known | variables))

    def _started(self, program: Program) -> Program:
        program.start()
        self._stack.callback(program.kill)
        return program

    def _folder(self, name: str, owner: str | None = POSTGRES_USER) -> Path:
        folder = self.folder / name
        folder.mkdir()
        if owner and name == "postgres":
            shutil.chown(folder, owner, owner)
        return folder


def connect_redis(url: str) -> redis.Redis:
    """Connect with limits: a test must not wait for a server that says nothing."""
    return redis.Redis.from_url(url, socket_timeout=30, socket_connect_timeout=5)


def await_ready(url: str) -> None:
    def ask() -> None:
        answer = httpx.get(f"{url}/healthz", timeout=5, trust_env=False)
        if answer.status_code != 200:
            raise OSError(f"{url}: {answer.status_code}")

    wait_for(ask, (OSError, httpx.TransportError))
