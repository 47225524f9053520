"""A cluster in Docker by kind: created, repaired, used and deleted, whichever Docker that is."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from loadlab_cluster.commands import read_output, run_logged, succeeds
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.handout import Access, in_shell, remove_handout, write_handout
from loadlab_cluster.kind_config import LABEL
from loadlab_cluster.own_image import OwnImage
from loadlab_cluster.settings import NAME, Settings
from loadlab_cluster.terminal import say, step

Command = tuple[str, ...]
READY_SECONDS = 120.0
READY = "--for=condition=Ready"
NODE_LABEL = f"label={LABEL}={NAME}"


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
        kubectl = engine.kubectl()
        nodes = self.nodes()
        repairs = plan_repair(engine.docker(), nodes)
        if nodes and not repairs and self.is_ready():
            say(f"✓ the kind cluster {NAME} is up: {', '.join(nodes)} Ready")
        elif nodes:
            with step("Bring the kind cluster's nodes back", first=20, again=10):
                self._run(*repairs)
                self._await_ready(kubectl)
        else:
            self._create(kubectl)
        title, address = f"the kind cluster {NAME}", engine.direct_address
        write_handout(settings, Access("kind", title, in_shell(kubectl), direct_address=address))

    def down(self) -> None:
        """Delete the cluster, and end the engine if it is ours."""
        kubeconfig = self._settings.kubeconfig
        if not self.leftovers():
            say("✓ nothing is up, nothing is left")
            remove_handout(self._settings)
            return
        self._engine.ensure()
        kind = self._engine.kind()
        with step("Delete the kind cluster", first=5, again=5):
            self._run(plan_delete(kind, kubeconfig))
            self._engine.remove()
        remove_handout(self._settings)
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
        if not self._engine.answers():
            return False
        nodes, kubectl = self.nodes(), self._settings.program("kubectl")
        if not nodes or set(nodes.values()) != {"running"} or not kubectl.exists():
            return False
        ready = ("wait", READY, "nodes", "--all", "--timeout=1s", "--request-timeout=5s")
        return succeeds([kubectl, *ready])

    def describe(self) -> list[str]:
        """One line for each node, one for the cluster."""
        try:
            lines = [f"{name:<32}{state}" for name, state in self.nodes().items()]
        except ClusterError as error:
            return [str(error)]
        missing = f"no kind cluster {NAME}: CLUSTER=kind make up"
        ready = f"the kind cluster {NAME} is {'' if self.is_ready() else 'not '}Ready"
        return [*lines, ready if lines else missing]

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

    def _create(self, kubectl: list[str]) -> None:
        settings, engine = self._settings, self._engine
        settings.handout.mkdir(exist_ok=True)
        settings.kubeconfig.unlink(missing_ok=True)  # of another cluster: kind would add to it
        image, kind = engine.ensure_node_image(), engine.kind()
        with step("Create the kind cluster and wait until it is Ready", first=90, again=30):
            self._run(plan_create(kind, image, engine.config(), settings.kubeconfig))
            self._await_ready(kubectl)

    def _await_ready(self, kubectl: list[str]) -> None:
        """A node that has just started needs a moment; its kubeconfig may have been lost."""
        kind, kubeconfig = self._engine.kind(), str(self._settings.kubeconfig)
        self._run((*kind, "export", "kubeconfig", "--name", NAME, "--kubeconfig", kubeconfig))
        wait = ("wait", READY, "nodes", "--all", "--timeout=30s", "--request-timeout=30s")
        deadline = time.monotonic() + READY_SECONDS
        while not succeeds([*kubectl, f"--kubeconfig={kubeconfig}", *wait]):
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"waited {READY_SECONDS:.0f} s in vain: the nodes of the kind cluster {NAME} "
                    f"are Ready\n  ask: {in_shell(kubectl)} --kubeconfig {kubeconfig} "
                    "describe nodes; `CLUSTER=kind make down up` starts anew"
                )
            time.sleep(0.5)  # an API server that does not answer yet ends the wait at once

    def _refuse_without_nodes(self) -> None:
        if "running" not in self.nodes().values():
            raise ClusterError(f"no node of the kind cluster {NAME} runs: CLUSTER=kind make up")

    def _run(self, *plan: Command) -> None:
        for command in plan:
            run_logged(command, self._settings.logs / "kind.log")
