"""Debian's RabbitMQ on loopback."""

import json
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.loopback_server import (
    free_port,
    get_answer,
    require,
    running,
    wait_for,
)

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
# Statistics often, so that a drain is seen soon; one scheduler that sleeps when it is idle.
RABBITMQ_CONF = """
listeners.tcp.1 = 127.0.0.1:{port}
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = {metrics_port}
collect_statistics_interval = 250
log.console.level = warning
load_definitions = {definitions}
"""
OURS_ALONE = {
    "configure": "^loadlab:",
    "write": r"^(loadlab:|amq\.default$)",
    "read": r"^(loadlab:|amq\.direct$)",
}
# Besides its own administrator: a guest of a virtual host of others, and one without any right.
DEFINITIONS = {
    "vhosts": [{"name": "/"}, {"name": "shop"}],
    "users": [
        {"name": "guest", "password": "guest", "tags": "administrator"},
        {"name": "lab", "password": "lab-secret", "tags": ""},
        {"name": "nobody", "password": "nobody-secret", "tags": ""},
    ],
    "permissions": [
        {"user": "guest", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
        {"user": "guest", "vhost": "shop", "configure": ".*", "write": ".*", "read": ".*"},
        {"user": "lab", "vhost": "shop", **OURS_ALONE},
        {"user": "nobody", "vhost": "shop", "configure": "", "write": "", "read": ""},
    ],
}
RABBITMQ_ERLANG = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"


@contextmanager
def serve_rabbitmq() -> Iterator[tuple[str, int]]:
    """Run a RabbitMQ node: its AMQP URL, and the port of its metrics."""
    require(RABBITMQ, package="rabbitmq-server")
    with tempfile.TemporaryDirectory(prefix="loadlab-rabbitmq-") as folder:
        port, metrics_port, names_port = free_port(), free_port(), free_port()
        definitions = Path(folder, "definitions.json")
        definitions.write_text(json.dumps(DEFINITIONS))
        conf = RABBITMQ_CONF.format(port=port, metrics_port=metrics_port, definitions=definitions)
        Path(folder, "rabbitmq.conf").write_text(conf)
        Path(folder, "plugins").write_text("[rabbitmq_prometheus].")
        environment = os.environ | rabbitmq_environment(folder, port=port, names_port=names_port)
        url = f"amqp://guest:guest@127.0.0.1:{port}/"
        # Erlang's name server, in the foreground: one that a node starts itself would outlive it.
        with (
            # No handler of its own for SIGINT, which a shell's background job ignores.
            running(
                ["epmd", "-port", str(names_port)],
                folder,
                env=environment,
                log="epmd.log",
                end=signal.SIGTERM,
            ),
            # Nobody uses the node again: an orderly end would take it seconds.
            running([str(RABBITMQ)], folder, env=environment, end=signal.SIGKILL),
        ):
            wait_for(lambda: get_answer(f"http://127.0.0.1:{metrics_port}/metrics"), OSError)
            # Opened last, after the definitions were read.
            wait_for(lambda: socket.create_connection(("127.0.0.1", port), 2).close(), OSError)
            yield url, metrics_port


def rabbitmq_environment(folder: str, *, port: int, names_port: int) -> dict[str, str]:
    """Keep a node away from the machine's own: another name, name server, data and settings."""
    return {
        "HOME": folder,  # of Erlang's cookie
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names_port),
        "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
        "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_LOG_BASE": folder,
        "RABBITMQ_MNESIA_BASE": f"{folder}/data",
        "RABBITMQ_NODENAME": f"loadlab-{port}@localhost",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": RABBITMQ_ERLANG,
        "RUNNING_UNDER_SYSTEMD": "true",  # the script becomes the node, which ends by its pid
    }
