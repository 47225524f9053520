"""The embedded cluster: one node of real Kubernetes, brought up, repaired and taken down."""

import contextlib
import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from loadlab_cluster import daemons
from loadlab_cluster.api import api_is_ready, controllers_work, node_is_ready
from loadlab_cluster.build import ImageBuilder
from loadlab_cluster.builds import build_leftovers, forget_builds
from loadlab_cluster.cgroups import ensure_cgroups, pod_cgroups, pod_processes, remove_cgroups
from loadlab_cluster.commands import read_output, succeeds
from loadlab_cluster.components import build_components
from loadlab_cluster.containerd import embedded_containerd
from loadlab_cluster.debian import IMAGE_PROGRAMS, NODE_PROGRAMS, ensure_packages
from loadlab_cluster.errors import ClusterError, last_lines
from loadlab_cluster.go_builds import ensure_go_program
from loadlab_cluster.handout import Access, note_cluster, remove_handout, write_handout
from loadlab_cluster.mounts import mounts_under
from loadlab_cluster.network import EMBEDDED
from loadlab_cluster.node_files import PAUSE_IMAGE, SYSTEM_CPUS, build_node_files, dns_manifest
from loadlab_cluster.oci import write_single_file_image
from loadlab_cluster.own_image import OwnImage
from loadlab_cluster.pki import ensure_certificates
from loadlab_cluster.places import OF_BUILDAH, OF_CONTAINERD, OF_KUBELET, Places
from loadlab_cluster.settings import NAME, NODE_ADDRESS, Settings
from loadlab_cluster.terminal import say, step

FOLDERS = ("bin", "pki", "etcd", "kubelet", "cni", "run", "pod-logs")
BEFORE_API = ("etcd", "containerd", "kube-apiserver")
READY_SECONDS = 60.0
# Places outside the state folder that the kubelet and libcni write to, whatever they are told.
FIXED_PLACES = (*OF_KUBELET, *OF_CONTAINERD, *OF_BUILDAH)


class EmbeddedCluster:
    """What `up`, `down`, `images` and `status` do on a machine without Docker."""

    def __init__(self, settings: Settings, builder: ImageBuilder) -> None:
        self._settings = settings
        self._builder = builder
        self._components = build_components(settings)
        self._pki = settings.state / "pki"
        self._containerd = embedded_containerd(settings)
        self._places = Places(settings.state / "created.json", FIXED_PLACES)

    def programs(self) -> Mapping[str, str]:
        """What its node and its images need, by the Debian packages of each."""
        return NODE_PROGRAMS | IMAGE_PROGRAMS

    def up(self) -> None:
        """Bring the node up, or bring back what of it is missing."""
        settings = self._settings
        if os.geteuid() != 0 or not _is_linux():
            raise ClusterError(
                "the embedded cluster needs Linux and root; or use CLUSTER=kind with Docker"
            )
        ensure_packages(NODE_PROGRAMS, settings)
        hyperkube = ensure_go_program("hyperkube", settings)
        pause = ensure_go_program("pause", settings)
        if self._is_current(hyperkube) and self.is_ready():
            say(f"✓ the cluster is up: {len(self._components)} daemons, node {NAME} Ready")
        else:
            self._discard_unless_repairable(hyperkube)
            with step("Start Kubernetes and wait until its node is Ready", first=8, again=1):
                self._prepare(hyperkube)
                self._start(pause)
        self._hand_out(hyperkube)

    def down(self) -> None:
        """End what `up` started; images and binaries stay in the cache for the next time."""
        if not self.leftovers():
            say("✓ nothing is up, nothing is left")
            remove_handout(self._settings, "embedded")
            return
        if os.geteuid() != 0:
            raise ClusterError("the embedded cluster here is root's: `make down` as root ends it")
        with step("Take the cluster down", first=3, again=0):
            self._stop()
            self._remove()
        remove_handout(self._settings, "embedded")
        if left := self.leftovers():
            raise ClusterError("still there after `down`: " + ", ".join(left))

    def images(self) -> None:
        """Build what changed and load it into the node."""
        self._builder.build_and_load()

    def image(self, own: OwnImage) -> None:
        """Build a folder of the user's own and load it into the node."""
        self._builder.build_own(own)
        say(own.use())

    def load(self, archive: str) -> None:
        """Load an image archive into the node."""
        self._containerd.load(Path(archive))

    def describe(self) -> list[str]:
        """One line for each daemon, one for the node, one for each image."""
        running = self.daemons()
        lines = [f"{name:<24}{pid or 'not running'}" for name, pid in running.items()]
        lines.append(f"{'node ' + NAME:<24}{'Ready' if self.is_ready() else 'not ready'}")
        if running["containerd"]:
            images = sorted(name for name in self._containerd.images() if ":" in name)
            lines += [f"image {name}" for name in images if not name.startswith("sha256:")]
        return lines

    def is_ready(self) -> bool:
        """Whether every daemon runs and the node is Ready."""
        return all(self.daemons().values()) and node_is_ready(self._pki)

    def daemons(self) -> dict[str, int | None]:
        """The process id of each daemon that runs."""
        return {
            name: daemons.running_pid(component, self._settings)
            for name, component in self._components.items()
        }

    def leftovers(self) -> list[str]:
        """Everything of the cluster that is on the machine, one line each."""
        if not _is_linux():
            return []
        state = self._settings.state
        processes = {*daemons.processes_naming(str(state)), *pod_processes()}
        found = [f"process {pid}: {daemons.command_line(pid)[:1]}" for pid in sorted(processes)]
        found += [f"mount {path}" for path in self._mounts()]
        found += build_leftovers(self._settings)
        found += EMBEDDED.leftovers()
        found += [f"cgroup {path}" for path in pod_cgroups() if path.exists()]
        return found + ([f"folder {state}"] if state.exists() else [])

    def _hand_out(self, hyperkube: Path) -> None:
        settings = self._settings
        settings.handout.mkdir(exist_ok=True)
        shutil.copy(self._pki / "admin.conf", settings.kubeconfig)
        settings.kubeconfig.chmod(0o600)
        kubectl = f'"{hyperkube}" kubectl'
        write_handout(
            settings,
            Access("embedded", "the embedded cluster", kubectl, direct_address=NODE_ADDRESS),
        )

    def _is_current(self, hyperkube: Path) -> bool:
        stamp = self._settings.state / "stamp.json"
        return stamp.exists() and stamp.read_text() == self._stamp(hyperkube)

    def _stamp(self, hyperkube: Path) -> str:
        """What a running cluster was made of: another value means it must be made anew."""
        files = build_node_files(self._settings, cpus=_cpus())
        commands = {name: each.command for name, each in self._components.items()}
        contents = {str(path): text for path, text in files.items()}
        return json.dumps({"hyperkube": hyperkube.name, "commands": commands, "files": contents})

    def _discard_unless_repairable(self, hyperkube: Path) -> None:
        """A cluster that is dead as a whole, or made of something else, is not worth a repair."""
        alive = any(self.daemons().values())
        if self.leftovers() and not (alive and self._is_current(hyperkube)):
            say("  what is left of an earlier cluster goes first")
            self.down()

    def _prepare(self, hyperkube: Path) -> None:
        settings = self._settings
        note_cluster(settings, "embedded")
        self._places.remember()
        for folder in FOLDERS:
            (settings.state / folder).mkdir(parents=True, exist_ok=True)
        for name, component in self._components.items():
            if component.command[0].startswith("/"):
                _link(settings.state / "bin" / name, hyperkube)
        _link(settings.state / "bin" / "kubectl", hyperkube)
        for path, text in build_node_files(settings, cpus=_cpus()).items():
            path.write_text(text)
        ensure_certificates(self._pki)
        ensure_cgroups()
        EMBEDDED.ensure()
        (settings.state / "stamp.json").write_text(self._stamp(hyperkube))

    def _mounts(self) -> list[str]:
        """The pods' and containers' mounts."""
        ours = (self._settings.state, self._settings.containerd_root)
        return [mount for folder in ours for mount in mounts_under(folder)]

    def _start(self, pause: Path) -> None:
        fresh = not any(self.daemons().values())
        self._start_missing(BEFORE_API)
        self._await("containerd answers", self._containerd.answers)
        if fresh:
            self._containerd.remove_containers()
        self._ensure_pause_image(pause)
        self._await("the API server is ready", lambda: api_is_ready(self._pki))
        started = int(time.time())
        revived = "kubelet" in self._start_missing(tuple(self._components))
        kubectl, config = self._settings.state / "bin" / "kubectl", self._pki / "admin.conf"
        ours = (f"--kubeconfig={config}", f"--cache-dir={self._settings.state / 'kubectl-cache'}")
        read_output([kubectl, *ours, "apply", "-f", "-"], text=dns_manifest())
        since = started if revived else 0  # what the last kubelet said counts no more
        self._await("the node is Ready", lambda: node_is_ready(self._pki, since=since))
        self._await("the controllers work", lambda: controllers_work(self._pki))
        self._confine()

    def _start_missing(self, names: tuple[str, ...]) -> list[str]:
        running = self.daemons()
        missing = [name for name in names if running[name] is None]
        for name in missing:
            daemons.start(self._components[name], self._settings)
        return missing

    def _ensure_pause_image(self, pause: Path) -> None:
        if PAUSE_IMAGE not in self._containerd.images():
            archive = self._settings.cache / "pause.tar"
            write_single_file_image(pause, PAUSE_IMAGE, archive)
            self._containerd.load(archive)
            archive.unlink()

    def _await(self, what: str, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not holds():
            self._refuse_dead_daemons(what)
            if time.monotonic() > deadline:
                log = daemons.log_file("kubelet", self._settings)
                raise ClusterError(
                    f"waited {READY_SECONDS:.0f} s in vain: {what}\n{last_lines(log)}\n"
                    f"  logs: {self._settings.logs}; `make down up` starts anew"
                )
            time.sleep(0.05)

    def _refuse_dead_daemons(self, what: str) -> None:
        for name, pid in self.daemons().items():
            started = (self._settings.state / "run" / f"{name}.pid").exists()
            if started and pid is None:
                log = daemons.log_file(name, self._settings)
                raise ClusterError(f"{name} ended before {what}\n{last_lines(log)}\n  log: {log}")

    def _confine(self) -> None:
        """Daemons keep off the CPUs that pods may own. (containerd's children would inherit it.)"""
        if _cpus() > 1:
            for name, pid in self.daemons().items():
                if pid is not None and name != "containerd":
                    daemons.confine(pid, {int(SYSTEM_CPUS)})

    def _stop(self) -> None:
        running = self.daemons()
        ends_first = [pid for name, pid in running.items() if pid and name not in BEFORE_API]
        daemons.stop(ends_first)
        # Without its etcd the API server never drains, and nobody needs it to.
        daemons.kill(
            [pid for name in BEFORE_API if name != "containerd" and (pid := running[name])]
        )
        daemons.kill(pod_processes())
        if running["containerd"]:
            with contextlib.suppress(ClusterError):  # the next `up` forgets what stays
                self._containerd.remove_containers()
            daemons.stop([running["containerd"]])
        daemons.kill(daemons.processes_naming(str(self._settings.socket)))
        daemons.kill(daemons.processes_naming(f"{self._settings.state}/"))

    def _remove(self) -> None:
        for mount in self._mounts():
            succeeds(["umount", "-l", mount])
        EMBEDDED.remove()
        remove_cgroups()
        forget_builds(self._settings)
        self._places.remove()
        shutil.rmtree(self._settings.state, ignore_errors=True)


def _cpus() -> int:
    return os.cpu_count() or 1


def _is_linux() -> bool:
    return platform.system() == "Linux"


def _link(link: Path, target: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(target)
