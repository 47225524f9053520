"""Debian's Postgres on loopback."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.services.loopback_server import free_port, require, run_once, running, wait_for

# The newest that is installed; Debian and Ubuntu keep every major version in a folder of its own.
POSTGRES_BIN = max(
    Path("/usr/lib/postgresql").glob("*/bin"),
    key=lambda folder: float(folder.parent.name),
    default=Path("/usr/lib/postgresql/bin"),
)
POSTGRES_USER = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "autovacuum": "off",  # its transactions would count beside those that tests count
}


@contextmanager
def serve_postgres() -> Iterator[str]:
    """Run a Postgres server; the URL is that of its maintenance database."""
    require(POSTGRES_BIN / "postgres", package="postgresql")
    with tempfile.TemporaryDirectory(prefix="loadlab-postgres-") as folder:
        if POSTGRES_USER:
            shutil.chown(folder, "postgres", "postgres")
        data = f"{folder}/data"
        initdb = [
            f"{POSTGRES_BIN}/initdb",
            "-D",
            data,
            "-U",
            "loadlab",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        run_once([*initdb, "--locale=C", "--no-sync"], folder, user=POSTGRES_USER)
        port = free_port()
        options = [f"-c{name}={value}" for name, value in POSTGRES_SETTINGS.items()]
        command = [f"{POSTGRES_BIN}/postgres", "-D", data, "-p", str(port), "-k", folder, *options]
        url = f"postgresql://loadlab@127.0.0.1:{port}/postgres"
        with running(command, folder, user=POSTGRES_USER):
            wait_for(lambda: psycopg.connect(url, connect_timeout=2).close(), psycopg.Error)
            yield url
