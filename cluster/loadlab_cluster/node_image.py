"""The image of kind's nodes where no registry has one: of Debian packages and Go modules alone."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from loadlab_cluster.build import DEBIAN_SOURCES, LEFT_OUT
from loadlab_cluster.commands import Argument, read_output, run_logged, succeeds
from loadlab_cluster.go_builds import ensure_go_program, hash_files
from loadlab_cluster.images import PREFIX
from loadlab_cluster.settings import SOURCES, Settings
from loadlab_cluster.terminal import step

RECIPE = SOURCES / "kind" / "node"
NETWORK = f"{PREFIX}/kind-network:dev"  # what the nodes' network runs in, as default-cni.yaml says
PACKAGES = (
    "systemd,systemd-sysv,dbus,containerd,runc,containernetworking-plugins,iptables,conntrack,"
    "ethtool,socat,kmod,iproute2,procps,mount"
)
# kube-proxy needs iptables, the network's script `ip` and a shell. They are unpacked and nothing is
# configured (no hook of mmdebstrap runs either): the links that would have been made are LINKS.
PROXY_PACKAGES = "iptables,iproute2,dash,coreutils,libc-bin"
COMPONENTS = (
    *("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"),
    *("etcd", "coredns", "kubectl"),
)
LINKS = tuple(f"{v}tables{act}" for v in ("ip", "ip6") for act in ("", "-save", "-restore"))


class NodeImage:
    """Builds the image with a Docker, once for what it is made of."""

    def __init__(self, settings: Settings, docker: Sequence[Argument]) -> None:
        self._settings = settings
        self._docker = docker
        self._log = settings.logs / "image-kind-node.log"
        self._kept = settings.cache / "kind"

    def ensure(self) -> str:
        """The image's name; it is built now if this Docker has not got it."""
        hyperkube = ensure_go_program("hyperkube", self._settings)
        pause = ensure_go_program("pause", self._settings)
        name = self._name(hyperkube, pause)
        if not succeeds([*self._docker, "image", "inspect", name]):
            with step("Build the image of kind's nodes from Debian", first=120, again=0):
                self._kept.mkdir(parents=True, exist_ok=True)
                self._build(name, hyperkube, pause)
        return name

    def _name(self, hyperkube: Path, pause: Path) -> str:
        recipe = [*sorted(RECIPE.rglob("*")), Path(__file__), SOURCES / "versions.env"]
        made_of = [hash_files(recipe), *(path.name.split("-")[1] for path in (hyperkube, pause))]
        version = self._settings.versions["KUBERNETES"]
        return f"{PREFIX}/kind-node:v{version}-{'-'.join(each[:8] for each in made_of)}"

    def _build(self, name: str, hyperkube: Path, pause: Path) -> None:
        with TemporaryDirectory(dir=self._kept) as folder:
            context = Path(folder)
            shutil.copytree(RECIPE, context, dirs_exist_ok=True)
            self._debian(context / "rootfs.tar", "minbase", PACKAGES, LEFT_OUT)
            self._debian(context / "proxy.tar", "extract", PROXY_PACKAGES, ("/usr/share/*",))
            shutil.copy(hyperkube, context / "hyperkube")
            shutil.copy(pause, context / "pause")
            _write_links(context / "components")
            references = self._references(hyperkube)
            _fill_in(context, references, f"v{self._settings.versions['KUBERNETES']}")
            self._pack(context, references)
            self._target("node", name, context)

    def _references(self, hyperkube: Path) -> list[str]:
        """The names under which kubeadm looks for the images of this version."""
        version = f"--kubernetes-version=v{self._settings.versions['KUBERNETES']}"
        return read_output([hyperkube, "kubeadm", "config", "images", "list", version]).split()

    def _pack(self, context: Path, references: Sequence[str]) -> None:
        """Put every image that the node starts with into one archive."""
        archive = context / "images.tar"
        archive.touch()  # the recipe names it, also for the targets that do without
        self._target("kubernetes", NETWORK, context)
        self._target("pause", _pause(references), context)
        for reference in references:
            if reference != _pause(references):
                self._run("tag", NETWORK, reference)
        self._run("save", "--output", archive, NETWORK, *references)

    def _target(self, target: str, name: str, context: Path) -> None:
        self._run("build", "--quiet", "--target", target, "--tag", name, context)

    def _run(self, *words: Argument) -> None:
        # BuildKit would ask a registry for its own frontend.
        run_logged([*self._docker, *words], self._log, env={"DOCKER_BUILDKIT": "0"})

    def _debian(self, target: Path, variant: str, packages: str, left_out: Sequence[str]) -> None:
        exclude = [f"--dpkgopt=path-exclude={pattern}" for pattern in left_out]
        sources = [DEBIAN_SOURCES] if DEBIAN_SOURCES.exists() else []
        what = [f"--variant={variant}", f"--include={packages}", *exclude]
        suite = self._settings.versions["DEBIAN"]
        run_logged(["mmdebstrap", "--quiet", *what, suite, target, *sources], self._log)


def _pause(references: Sequence[str]) -> str:
    return next(reference for reference in references if "/pause:" in reference)


def _write_links(folder: Path) -> None:
    """One program is each component, by the name it is called by; so it is with iptables."""
    folder.mkdir()
    for name in COMPONENTS:
        (folder / name).symlink_to("hyperkube")
    for name in LINKS:
        (folder / name).symlink_to("/usr/sbin/xtables-nft-multi")


def _fill_in(context: Path, references: Sequence[str], version: str) -> None:
    config = context / "root/etc/containerd/config.toml"
    config.write_text(config.read_text().replace("@PAUSE@", _pause(references)))
    (context / "root/kind/version").write_text(f"{version}\n")
