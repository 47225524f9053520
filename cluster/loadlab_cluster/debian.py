"""Installs, on Debian, the programs that a step needs and the machine lacks."""

import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from loadlab_cluster.commands import run_logged
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.settings import Settings
from loadlab_cluster.terminal import say, step

# program (or file, or Python module) → the Debian package that brings it
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
    "/usr/lib/postgresql/15/bin/postgres": "postgresql-15",
    "redis-server": "redis-server",
    "zsh": "zsh",  # `source .state/activate` is for it too
    "/usr/lib/rabbitmq/bin/rabbitmq-server": "rabbitmq-server",
}
VENV_PROGRAMS = {"import ensurepip": "python3-venv"}
BASIC_PROGRAMS = {"make": "make", "/etc/ssl/certs/ca-certificates.crt": "ca-certificates"}

POLICY = Path("/usr/sbin/policy-rc.d")


def missing_packages(programs: Mapping[str, str]) -> list[str]:
    """The packages of the programs that are not there."""
    absent = {package for program, package in programs.items() if not _exists(program)}
    return sorted(absent)


def ensure_prerequisites(settings: Settings) -> None:
    """Everything that `make test` uses, in one go."""
    everything = BASIC_PROGRAMS | VENV_PROGRAMS | NODE_PROGRAMS | IMAGE_PROGRAMS | TEST_PROGRAMS
    ensure_packages(everything, settings)


def ensure_packages(programs: Mapping[str, str], settings: Settings) -> None:
    """Install what is missing; packages that bring a daemon are kept from starting it."""
    packages = missing_packages(programs)
    if not packages:
        return
    if not shutil.which("apt-get"):
        raise ClusterError(f"install these first (this is not Debian): {' '.join(packages)}")
    with step(f"Install from Debian: {' '.join(packages)}", first=20, again=0):
        _install(packages, settings)
    if absent := missing_packages(programs):
        raise ClusterError(f"still missing after the installation: {' '.join(absent)}")


def _install(packages: list[str], settings: Settings) -> None:
    log = settings.logs / "apt.log"
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    daemons_held = _hold_daemons()
    try:
        run_logged(["apt-get", "update", "-q"], log, env=quiet)
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
        run_logged(install, log, env=quiet)
    finally:
        if daemons_held:
            POLICY.unlink()


def _hold_daemons() -> bool:
    """Let no package start its daemon; a policy that the machine has stays untouched."""
    if POLICY.exists():
        say(f"  {POLICY} is there already and decides which daemons start")
        return False
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    return True


def _exists(program: str) -> bool:
    if program.startswith("import "):
        return find_spec(program.removeprefix("import ")) is not None
    return Path(program).exists() if program.startswith("/") else bool(shutil.which(program))
