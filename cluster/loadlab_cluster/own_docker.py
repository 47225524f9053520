"""A Docker of our own under kind, for a machine that has none: Debian's, and no registry.

It runs in a network namespace that leads to this machine and nowhere else, so that none of the
machine's links, routes or rules changes. Images are those of the embedded node: stand-ins for the
official ones, by buildah.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from loadlab_cluster import daemons
from loadlab_cluster.build import ImageBuilder
from loadlab_cluster.builds import build_leftovers, forget_builds
from loadlab_cluster.cgroups import pod_cgroups, pod_processes, remove_cgroups
from loadlab_cluster.commands import Argument, read_output, succeeds
from loadlab_cluster.containerd import Containerd, EveryNode
from loadlab_cluster.debian import IMAGE_PROGRAMS, ensure_packages
from loadlab_cluster.errors import ClusterError, last_lines
from loadlab_cluster.go_builds import ensure_go_program
from loadlab_cluster.kind_config import LABEL, NODE, kind_config
from loadlab_cluster.kubectl import own_kubectl
from loadlab_cluster.mounts import mounts_under
from loadlab_cluster.network import DOCKER
from loadlab_cluster.node_image import NodeImage
from loadlab_cluster.own_image import OwnImage
from loadlab_cluster.places import OF_BUILDAH, OF_CONTAINERD, OF_DOCKER, Places
from loadlab_cluster.settings import DOCKER_ADDRESS, NAME, SOURCES, Settings
from loadlab_cluster.terminal import step

PROGRAMS = {
    "dockerd": "docker.io",
    "iptables": "iptables",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "mmdebstrap": "mmdebstrap",
}
RUNTIME = SOURCES / "kind" / "runc-own-capabilities"
NODES = ("ps", "--filter", f"label={LABEL}={NAME}", "--format", "{{.Names}}")
API_PORT = 6443
ANSWER_SECONDS = 30.0


def can_run_own_docker() -> bool:
    """Whether this is a machine where a Docker of our own can be installed and started."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


class OwnDocker:
    """Starts and ends a Docker daemon, and fills its kind nodes with our images."""

    direct_address = DOCKER_ADDRESS

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = Path("/run") / DOCKER.name
        self._data = settings.cache / "docker"
        made = (*OF_DOCKER, *OF_CONTAINERD, *OF_BUILDAH)
        self._places = Places(self.folder / "created.json", made)

    def programs(self) -> Mapping[str, str]:
        return PROGRAMS | IMAGE_PROGRAMS

    def ensure(self) -> None:
        """Install Docker, and start a daemon unless ours answers."""
        if self.answers():
            return
        if not can_run_own_docker():
            raise ClusterError(
                "a Docker of our own needs root on Debian: start the machine's Docker instead"
            )
        ensure_packages(PROGRAMS, self._settings)
        with step("Start a Docker in a network namespace of its own", first=3, again=3):
            self._clear()
            DOCKER.ensure()
            self._start()

    def answers(self) -> bool:
        return self._socket.exists() and succeeds([*self.docker(), "info"])

    def silence(self) -> str:
        """What is left of it while it does not run, `leftovers` sees."""
        return ""

    def docker(self) -> list[str]:
        return ["docker", "--host", f"unix://{self._socket}"]

    def kind(self) -> list[str]:
        program = ensure_go_program("kind", self._settings)
        return ["env", f"DOCKER_HOST=unix://{self._socket}", str(program)]

    def kubectl(self) -> list[str]:
        return own_kubectl(self._settings)

    def ensure_node_image(self) -> str:
        if os.environ.get(NODE):
            raise ClusterError(
                f"{NODE} is for a Docker that answers and pulls: one of our own has no registry, "
                "and its node image is built here; leave that away"
            )
        return NodeImage(self._settings, self.docker()).ensure()

    def config(self) -> Path:
        """The configuration of every kind cluster, and the address at which this one is reached."""
        path = self.folder / "kind.yaml"
        address = f"networking: {{apiServerAddress: {DOCKER_ADDRESS}, apiServerPort: {API_PORT}}}\n"
        path.write_text(kind_config() + address)
        return path

    def images(self) -> None:
        self._builder().build_and_load()

    def image(self, own: OwnImage) -> None:
        self._builder().build_own(own)

    def leftovers(self) -> list[str]:
        """What of the daemon is on the machine; the images that it keeps are cache.

        Builds alone do not say that it was ever there: the embedded node's leave as much.
        """
        found = [f"process {pid}" for pid in sorted(self._processes())]
        found += [f"mount {path}" for path in self._mounts()]
        found += DOCKER.leftovers() if DOCKER.namespace.exists() or self.folder.exists() else []
        cgroups = [path for path in pod_cgroups(name=DOCKER.name) if path.exists()]
        found += [f"cgroup {path}" for path in cgroups]
        return found + ([f"folder {self.folder}"] if self.folder.exists() else [])

    def remove(self) -> None:
        """End the daemon, and what it left: mounts, namespace, cgroups, files."""
        if pid := self._pid():
            daemons.stop([pid], grace=ANSWER_SECONDS)
        forget_builds(self._settings)
        left = build_leftovers(self._settings)
        self._clear()
        if left:
            raise ClusterError("still there after `down`: " + ", ".join(left))

    @property
    def _socket(self) -> Path:
        return self.folder / "docker.sock"

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._data.mkdir(parents=True, exist_ok=True)
        self._places.remember()
        log = self._settings.logs / "dockerd.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(
                DOCKER.inside(*self._command()),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise ClusterError(f"dockerd does not answer\n{last_lines(log)}\n  log: {log}")
            time.sleep(0.1)
        process.returncode = 0  # it outlives this program: no wait, and no warning about that

    def _command(self) -> list[Argument]:
        folders = ("--data-root", self._data, "--exec-root", self.folder / "exec")
        ours = ("--pidfile", self.folder / "dockerd.pid", "--host", f"unix://{self._socket}")
        runtime = (f"--add-runtime=own={RUNTIME}", "--default-runtime=own")
        rest = (
            f"--cgroup-parent=/{DOCKER.name}",
            "--group=root",
            "--oom-score-adjust=0",
            "--storage-driver=overlay2",
        )
        return ["dockerd", *folders, *ours, *runtime, *rest]

    def _pid(self) -> int | None:
        try:
            pid = int((self.folder / "dockerd.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if any(str(self.folder) in word for word in daemons.command_line(pid)) else None

    def _mounts(self) -> list[str]:
        return mounts_under(self.folder) + mounts_under(self._data)

    def _processes(self) -> set[int]:
        """The daemon, what it started, and the nodes with all that they run."""
        named = daemons.processes_naming(f"{self.folder}/")
        return {*named, *pod_processes(name=DOCKER.name)}

    def _clear(self) -> None:
        daemons.kill(self._processes())
        for mount in self._mounts():
            succeeds(["umount", "-l", mount])
        DOCKER.remove()
        self._places.remove()
        shutil.rmtree(self.folder, ignore_errors=True)
        remove_cgroups(name=DOCKER.name)

    def _builder(self) -> ImageBuilder:
        names = read_output([*self.docker(), *NODES]).split()
        clients = ([*self.docker(), "exec", "-i", name, "ctr", "-n", "k8s.io"] for name in names)
        store = EveryNode([Containerd(client) for client in clients])
        return ImageBuilder(self._settings, store, self._settings.cache / "kind" / "loaded.json")
