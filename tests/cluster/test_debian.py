"""What is installed before a step: only what is missing, by whoever may."""

from collections.abc import Callable
from pathlib import Path

import pytest

from loadlab_cluster import debian
from loadlab_cluster.current import CurrentCluster
from loadlab_cluster.debian import ensure_packages, ensure_prerequisites, missing_packages
from loadlab_cluster.embedded import EmbeddedCluster
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.kind import KindCluster
from loadlab_cluster.machine_docker import MachineDocker
from loadlab_cluster.settings import Settings

Add = Callable[[str, str], Path]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Add:
    """A machine of somebody who is not root, with the programs that a test gives it."""
    folder = tmp_path / "machine"
    folder.mkdir()
    for name in ("sh", "env", "install", "rm", "mkdir"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("LOADLAB_TOOL", str(folder / "tool"))
    monkeypatch.setattr(debian, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    def add(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return add


APT = """
echo "$*" >> "$LOADLAB_TOOL.said"
test -e "$(dirname "$LOADLAB_TOOL")/../policy-rc.d" && echo held >> "$LOADLAB_TOOL.said"
test "$1" = install && { echo "#!/bin/sh" > "$LOADLAB_TOOL"; chmod +x "$LOADLAB_TOOL"; }
true
"""


def test_who_has_sudo_without_a_password_needs_do_nothing(
    machine: Add, settings: Settings, tmp_path: Path
) -> None:
    for name in ("dirname", "test", "chmod", "true"):
        (tmp_path / "machine" / name).symlink_to(f"/usr/bin/{name}")
    machine("sudo", 'shift; exec "$@"')
    machine("apt-get", APT)
    ensure_packages({"tool": "the-tool"}, settings)

    said = (tmp_path / "machine" / "tool.said").read_text().splitlines()
    assert said == ["update -q", "held", "install -y -q --no-install-recommends the-tool", "held"]
    assert not (tmp_path / "policy-rc.d").exists()


def test_who_may_not_install_is_told_the_line(machine: Add, settings: Settings) -> None:
    machine("sudo", "exit 1")
    machine("apt-get", "exit 1")

    with pytest.raises(ClusterError, match=r"needs root .*\n  apt-get install .* a-tool b-tool"):
        ensure_packages({"b": "b-tool", "a": "a-tool"}, settings)


def test_what_is_there_is_never_asked_for(machine: Add, settings: Settings) -> None:
    machine("tool", "exit 0")  # neither sudo nor apt-get is there

    ensure_packages({"tool": "the-tool"}, settings)


def test_any_version_will_do_where_a_pattern_says_so(tmp_path: Path) -> None:
    (tmp_path / "16" / "bin").mkdir(parents=True)
    wanted = {f"{tmp_path}/*/bin/postgres": "postgresql"}
    before = missing_packages(wanted)
    (tmp_path / "16" / "bin" / "postgres").touch()

    assert (before, missing_packages(wanted)) == (["postgresql"], [])


def test_only_the_embedded_node_asks_for_what_a_node_needs(settings: Settings) -> None:
    docker = KindCluster(settings, MachineDocker(settings))

    assert docker.programs() == CurrentCluster(settings).programs() == {}
    assert "containerd" in EmbeddedCluster.programs(None).values()  # type: ignore[arg-type]


def test_end_to_end_no_store_of_the_machine_is_used(settings: Settings, machine: Add) -> None:
    """They are in the cluster's images: what CI installs is what its layers need."""
    with pytest.raises(ClusterError) as all_layers:
        ensure_prerequisites(settings, {}, "all")
    with pytest.raises(ClusterError) as cluster:
        ensure_prerequisites(settings, {"dockerd": "docker.io"}, "cluster")

    assert "redis-server" in str(all_layers.value)
    assert "docker.io" in str(cluster.value)
    assert not any(
        name in str(cluster.value) for name in ("rabbitmq", "redis", "postgresql", "wrk")
    )


def test_layers_that_are_not_there_are_named(settings: Settings) -> None:
    with pytest.raises(ClusterError, match="no layers unit of the tests; there are all, cluster"):
        ensure_prerequisites(settings, {}, "unit")
