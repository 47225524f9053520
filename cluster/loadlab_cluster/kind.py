"""A cluster in Docker by kind: created, repaired, used and deleted, whichever Docker that is."""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from loadlab_cluster.commands import read_output, run_logged
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.handout import Access, in_shell, note_cluster, remove_handout, write_handout
from loadlab_cluster.kind_config import KIND_YAML, LABEL, refuse_another
from loadlab_cluster.own_image import OwnImage
from loadlab_cluster.settings import NAME, Settings
from loadlab_cluster.terminal import say, step

Command = tuple[str, ...]
READY_SECONDS = 120.0
NODE_LABEL = f"label={LABEL}={NAME}"
# Asked on the node itself: the kubeconfig, kubectl and proxy out here may be another cluster's.
FIRST_NODE = f"{NAME}-control-plane"
CONDITIONS = '{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}'
ASK_NODES = (
    *("exec", FIRST_NODE, "kubectl", "--kubeconfig=/etc/kubernetes/admin.conf"),
    *("--request-timeout=5s", "get", "nodes"),
    *("--output", f'jsonpath={{range .items[*]}}{CONDITIONS}{{"\\n"}}{{end}}'),
)

MADE_OF = "/kind/loadlab.yaml"  # on the first node: the configuration that the cluster was made of


class Engine(Protocol):
    """A Docker in which kind keeps its nodes, and how images come onto them."""

    direct_address: str  # of the API server, where no proxy leads to it

    def programs(self) -> Mapping[str, str]: ...
    def ensure(self) -> None: ...
    def answers(self) -> bool: ...
    def silence(self) -> str: ...  # why nobody knows what is in it while it does not answer
    def docker(self) -> list[str]: ...
    def kind(self) -> list[str]: ...
    def kubectl(self) -> list[str]: ...
    def ensure_node_image(self) -> str: ...
    def config(self) -> Path: ...
    def images(self) -> None: ...
    def image(self, own: OwnImage) -> None: ...
    def leftovers(self) -> list[str]: ...
    def remove(self) -> None: ...


def plan_create(kind: Sequence[str], image: str, config: Path, kubeconfig: Path) -> Command:
    """The command that creates the cluster; whether it is Ready is asked afterwards."""
    files = ("--config", str(config), "--kubeconfig", str(kubeconfig))
    return (*kind, "create", "cluster", "--name", NAME, "--image", image, *files)


def plan_delete(kind: Sequence[str], kubeconfig: Path) -> Command:
    """The command that removes the cluster."""
    return (*kind, "delete", "cluster", "--name", NAME, "--kubeconfig", str(kubeconfig))


def plan_repair(docker: Sequence[str], nodes: Mapping[str, str]) -> list[Command]:
    """The commands that bring stopped nodes back; a paused one is let go on."""
    paused = [name for name, state in nodes.items() if state == "paused"]
    stopped = [name for name, state in nodes.items() if state not in {"running", "paused"}]
    plan = [("unpause", *paused), ("start", *stopped)]
    return [(*docker, *words) for words in plan if len(words) > 1]


def find_lack(containers: Mapping[str, str], ready: Mapping[str, bool]) -> str:
    """What the cluster lacks to be Ready; empty where that is nothing.

    `containers` has the state of each by its name; `ready` what the API server says of the node
    of that name, and nothing where it does not answer.
    """
    if not containers:
        return "there is none"
    stopped = [f"{name} is {state}" for name, state in containers.items() if state != "running"]
    never = [f"{name} never joined it" for name in containers if name not in ready]
    late = [f"{name} is not Ready" for name, is_ready in ready.items() if not is_ready]
    if not ready and not stopped:
        return "its API server does not answer"
    return ", ".join(stopped or never or late)


class KindCluster:
    """What `up`, `down`, `images` and `status` do with kind."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine

    def programs(self) -> Mapping[str, str]:
        """What its Docker needs, by the Debian packages of each."""
        return self._engine.programs()

    def up(self) -> None:
        """Create the cluster, or bring back what of it is stopped."""
        engine, settings = self._engine, self._settings
        engine.ensure()
        note_cluster(settings, "kind")
        kubectl = engine.kubectl()
        nodes = self.nodes()
        if nodes:
            self._refuse_another(nodes)
            self._say_what_changed(nodes)
        if nodes and not self._lack():
            say(f"✓ the kind cluster {NAME} is up: {', '.join(nodes)} Ready")
        elif nodes:
            with step("Bring the kind cluster's nodes back", first=20, again=10):
                self._run(*plan_repair(engine.docker(), nodes))
                self._await_ready()
        else:
            self._create()
        self._take_kubeconfig()
        title, address = f"the kind cluster {NAME}", engine.direct_address
        write_handout(settings, Access("kind", title, in_shell(kubectl), direct_address=address))

    def down(self) -> None:
        """Delete the cluster, and end the engine if it is ours."""
        kubeconfig = self._settings.kubeconfig
        if not self.leftovers():
            say("✓ nothing is up, nothing is left")
            remove_handout(self._settings, "kind")
            return
        self._engine.ensure()
        kind = self._engine.kind()
        with step("Delete the kind cluster", first=5, again=5):
            self._run(plan_delete(kind, kubeconfig))
            self._engine.remove()
        remove_handout(self._settings, "kind")
        if left := self.leftovers():
            raise ClusterError("still there after `down`: " + ", ".join(left))

    def images(self) -> None:
        self._refuse_without_nodes()
        self._engine.images()

    def image(self, own: OwnImage) -> None:
        self._refuse_without_nodes()
        self._engine.image(own)
        say(own.use())

    def load(self, archive: str) -> None:
        """Load an image archive into every node."""
        self._refuse_without_nodes()
        if not Path(archive).is_file():
            raise ClusterError(f"no such file: {archive}; name an archive (docker save, OCI)")
        kind = self._engine.kind()
        with step(f"Load {archive} into kind", first=10, again=10):
            self._run((*kind, "load", "image-archive", "--name", NAME, archive))

    def is_ready(self) -> bool:
        """Whether every node runs and is Ready."""
        return self._engine.answers() and not self._lack()

    def describe(self) -> list[str]:
        """One line for each node, one for the cluster."""
        try:
            lines = [f"{name:<32}{state}" for name, state in self.nodes().items()]
        except ClusterError as error:
            return [str(error)]
        if not lines:
            return [f"no kind cluster {NAME}: CLUSTER=kind make up"]
        lack = self._lack()
        return [*lines, f"the kind cluster {NAME} is {f'not Ready: {lack}' if lack else 'Ready'}"]

    def nodes(self) -> dict[str, str]:
        """The state of each node's container, by its name; raises where that cannot be known."""
        if not self._engine.answers():
            if silence := self._engine.silence():
                raise ClusterError(silence)
            return {}
        asked = ("ps", "--all", "--filter", NODE_LABEL, "--format", "{{.Names}} {{.State}}")
        rows = read_output([*self._engine.docker(), *asked]).splitlines()
        return dict(row.split(" ", 1) for row in sorted(rows))

    def leftovers(self) -> list[str]:
        """What of the cluster is on the machine, one line each."""
        return [f"container {name}" for name in self.nodes()] + self._engine.leftovers()

    def _lack(self) -> str:
        """What it lacks to be Ready, asked anew."""
        containers = self.nodes()
        try:
            rows = read_output([*self._engine.docker(), *ASK_NODES], seconds=20).splitlines()
        except ClusterError:  # no such container, or no API server in it
            rows = []
        ready = dict(row.strip().partition(" ")[::2] for row in rows if row.strip())
        return find_lack(containers, {name: is_ready == "True" for name, is_ready in ready.items()})

    def _create(self) -> None:
        settings, engine = self._settings, self._engine
        settings.handout.mkdir(exist_ok=True)
        settings.kubeconfig.unlink(missing_ok=True)  # of another cluster: kind would add to it
        image, kind = engine.ensure_node_image(), engine.kind()
        with step("Create the kind cluster and wait until it is Ready", first=90, again=30):
            config, docker = engine.config(), engine.docker()
            self._run(plan_create(kind, image, config, settings.kubeconfig))
            self._await_ready()
            self._run((*docker, "cp", str(config), f"{FIRST_NODE}:{MADE_OF}"))

    def _await_ready(self) -> None:
        """A node that has just started needs a moment."""
        deadline = time.monotonic() + READY_SECONDS
        while lack := self._lack():
            if time.monotonic() > deadline:
                docker = " ".join(self._engine.docker())
                raise ClusterError(
                    f"waited {READY_SECONDS:.0f} s in vain: the kind cluster {NAME} is not Ready: "
                    f"{lack}\n  `CLUSTER=kind make down up` starts anew, as it must where `up` was "
                    f"interrupted; else ask: {docker} exec {FIRST_NODE} kubectl describe nodes"
                )
            time.sleep(0.5)

    def _take_kubeconfig(self) -> None:
        """The one at hand may be lost, or another cluster's."""
        settings = self._settings
        settings.handout.mkdir(exist_ok=True)
        settings.kubeconfig.unlink(missing_ok=True)  # kind would add to it
        export = ("export", "kubeconfig", "--name", NAME, "--kubeconfig", str(settings.kubeconfig))
        self._run((*self._engine.kind(), *export))

    def _refuse_another(self, nodes: Mapping[str, str]) -> None:
        asked = ("inspect", "--format", "{{.Config.Image}}", min(nodes))
        image = read_output([*self._engine.docker(), *asked]).strip()
        refuse_another(os.environ, len(nodes) - 1, image)

    def _say_what_changed(self, nodes: Mapping[str, str]) -> None:
        """Of a checkout that moved on; a node that is stopped cannot be asked."""
        if nodes.get(FIRST_NODE) != "running":
            return
        try:
            made_of = read_output([*self._engine.docker(), "exec", FIRST_NODE, "cat", MADE_OF])
        except ClusterError:  # an older one, or one that was interrupted
            return
        if not made_of.startswith(KIND_YAML.read_text()):
            say(
                "  cluster/kind.yaml has changed since this cluster was made, and is not its own; "
                "`CLUSTER=kind make down up` takes the new one"
            )

    def _refuse_without_nodes(self) -> None:
        if "running" not in self.nodes().values():
            raise ClusterError(f"no node of the kind cluster {NAME} runs: CLUSTER=kind make up")

    def _run(self, *plan: Command) -> None:
        for command in plan:
            run_logged(command, self._settings.logs / "kind.log")
