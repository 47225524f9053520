"""Installs, on Debian, the programs that a step needs and the machine lacks."""

import os
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from loadlab_cluster.commands import run_logged, succeeds
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.settings import Settings
from loadlab_cluster.terminal import say, step

# program (or file, by a pattern too, or Python module) → the Debian package that brings it
NODE_PROGRAMS = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "iptables": "iptables",
    "ip": "iproute2",
    "conntrack": "conntrack",
    "socat": "socat",
    "openssl": "openssl",
    "nsenter": "util-linux",
}
IMAGE_PROGRAMS = {"buildah": "buildah", "mmdebstrap": "mmdebstrap"}
TEST_PROGRAMS = {
    "/usr/lib/postgresql/*/bin/postgres": "postgresql",  # any version that Debian or Ubuntu has
    "redis-server": "redis-server",
    "wrk": "wrk",
    "hey": "hey",
    "zsh": "zsh",  # `source .state/activate` is for it too
    "/usr/lib/rabbitmq/bin/rabbitmq-server": "rabbitmq-server",
}
VENV_PROGRAMS = {"import ensurepip": "python3-venv"}
BASIC_PROGRAMS = {"make": "make", "/etc/ssl/certs/ca-certificates.crt": "ca-certificates"}
LAYERS = {
    "all": {**BASIC_PROGRAMS, **VENV_PROGRAMS, **TEST_PROGRAMS},
    "cluster": {**BASIC_PROGRAMS, **VENV_PROGRAMS},
}

POLICY = Path("/usr/sbin/policy-rc.d")


def missing_packages(programs: Mapping[str, str]) -> list[str]:
    """The packages of the programs that are not there."""
    absent = {package for program, package in programs.items() if not _exists(program)}
    return sorted(absent)


def ensure_prerequisites(settings: Settings, cluster: Mapping[str, str], layers: str) -> None:
    """Everything that some layers of the tests use, in one go: `all`, or `cluster` for end to end.

    `cluster` is what the cluster needs. End to end the stores and generators are in its images.
    """
    if layers not in LAYERS:
        raise ClusterError(f"no layers {layers} of the tests; there are {', '.join(LAYERS)}")
    ensure_packages({**LAYERS[layers], **cluster}, settings)


def ensure_packages(programs: Mapping[str, str], settings: Settings) -> None:
    """Install what is missing; packages that bring a daemon are kept from starting it."""
    packages = missing_packages(programs)
    if not packages:
        return
    if not shutil.which("apt-get"):
        raise ClusterError(f"install these first (this is not Debian): {' '.join(packages)}")
    if not may_install():
        raise ClusterError(
            "install these first, which needs root (sudo asks for a password, or is not there):\n"
            f"  apt-get install --no-install-recommends {' '.join(packages)}"
        )
    with step(f"Install from Debian: {' '.join(packages)}", first=20, again=0):
        _install(packages, settings)
    if absent := missing_packages(programs):
        raise ClusterError(f"still missing after the installation: {' '.join(absent)}")


def may_install() -> bool:
    """Whether this is root, or somebody for whom sudo asks no password."""
    return os.geteuid() == 0 or succeeds(["sudo", "-n", "true"])


def _as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


def _install(packages: list[str], settings: Settings) -> None:
    log = settings.logs / "apt.log"
    apt = [*_as_root(), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    daemons_held = _hold_daemons(settings)
    try:
        run_logged([*apt, "update", "-q"], log)
        run_logged([*apt, "install", "-y", "-q", "--no-install-recommends", *packages], log)
    finally:
        if daemons_held:
            run_logged([*_as_root(), "rm", "-f", POLICY], log)


def _hold_daemons(settings: Settings) -> bool:
    """Let no package start its daemon; a policy that the machine has stays untouched."""
    if POLICY.exists():
        say(f"  {POLICY} is there already and decides which daemons start")
        return False
    log, ours = settings.logs / "apt.log", settings.cache / "policy-rc.d"
    ours.parent.mkdir(parents=True, exist_ok=True)
    ours.write_text("#!/bin/sh\nexit 101\n")
    run_logged([*_as_root(), "install", "-m", "755", ours, POLICY], log)
    return True


def _exists(program: str) -> bool:
    if program.startswith("import "):
        return find_spec(program.removeprefix("import ")) is not None
    if program.startswith("/"):
        return any(Path("/").glob(program.removeprefix("/")))
    return bool(shutil.which(program))
