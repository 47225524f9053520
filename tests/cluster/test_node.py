"""The embedded node's configuration: what a load test relies on."""

import json
import re

import pytest
import yaml

from loadlab_cluster.components import build_components
from loadlab_cluster.node_files import build_kubelet_config, build_node_files, kubelet_tuning
from loadlab_cluster.settings import (
    DNS_ADDRESS,
    REPOSITORY,
    SOURCES,
    Settings,
    load_settings,
)


def test_a_guaranteed_pod_can_own_a_cpu(settings: Settings) -> None:
    config = build_kubelet_config(settings, cpus=2)

    assert config["cpuManagerPolicy"] == "static"
    assert config["kubeReserved"] == {"cpu": "10m"}


def test_beside_a_pod_that_owns_a_cpu_of_two_others_may_ask_for_nearly_one(
    settings: Settings,
) -> None:
    config = build_kubelet_config(settings, cpus=2)

    assert "reservedSystemCPUs" not in config  # it would take a whole CPU off what may be asked for


def test_one_cpu_alone_is_never_reserved(settings: Settings) -> None:
    assert "cpuManagerPolicy" not in build_kubelet_config(settings, cpus=1)


def test_kind_has_the_same_kubelet_settings() -> None:
    kind = yaml.safe_load((SOURCES / "kind.yaml").read_text())
    patches = [yaml.safe_load(text) for text in kind["nodes"][0]["kubeadmConfigPatches"]]
    kubelet = next(patch for patch in patches if patch.pop("kind") == "KubeletConfiguration")

    assert kubelet == kubelet_tuning(cpus=2)


def test_kind_has_the_same_proxy_interval(settings: Settings) -> None:
    command = " ".join(build_components(settings)["kube-proxy"].command)

    assert "--iptables-min-sync-period=100ms" in command
    assert "minSyncPeriod: 100ms" in (SOURCES / "kind.yaml").read_text()


def test_every_command_names_the_state_folder(settings: Settings) -> None:
    """That is how `down` tells its own processes from others."""
    for component in build_components(settings).values():
        assert any(str(settings.state) in word for word in component.command), component.name


def test_pods_hang_under_one_cgroup_that_down_removes(settings: Settings) -> None:
    assert build_kubelet_config(settings, cpus=2)["cgroupRoot"] == "/loadlab"


def test_pod_namespaces_and_plugins_stay_in_the_state_folder(settings: Settings) -> None:
    toml = build_node_files(settings, cpus=2)[settings.state / "containerd.toml"]

    assert "netns_mounts_under_state_dir = true" in toml
    assert f'path = "{settings.state}/opt"' in toml


def test_images_outlive_the_cluster(settings: Settings) -> None:
    toml = build_node_files(settings, cpus=2)[settings.state / "containerd.toml"]
    root = re.search(r'^root = "(.*)"$', toml, re.MULTILINE)

    assert root
    assert root.group(1).startswith(str(settings.cache))


def test_a_name_that_does_not_exist_yet_is_asked_again_after_a_second(settings: Settings) -> None:
    corefile = build_node_files(settings, cpus=2)[settings.state / "Corefile"]

    assert re.search(r"denial \d+ 1$", corefile, re.MULTILINE)


def test_pods_ask_the_address_that_the_dns_service_has(settings: Settings) -> None:
    files = build_node_files(settings, cpus=2)
    kubelet = json.loads(files[settings.state / "kubelet.yaml"])

    assert kubelet["clusterDNS"] == [DNS_ADDRESS]
    assert files[settings.state / "resolv.conf"] == f"nameserver {DNS_ADDRESS}\n"


@pytest.mark.parametrize("folder", ["cache", "state"])
def test_nothing_is_kept_in_the_repository(folder: str) -> None:
    place = getattr(load_settings({"HOME": "/home/somebody"}), folder)

    assert not place.is_relative_to(REPOSITORY)
