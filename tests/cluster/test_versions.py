"""versions.env is the one place for versions: the Go modules and kind must agree with it."""

import os
import re
from pathlib import Path

import pytest

from loadlab_cluster.go_builds import remove_unused
from loadlab_cluster.settings import SOURCES, read_versions

VERSIONS = read_versions()


def go_mod(name: str) -> str:
    return (SOURCES / name / "go.mod").read_text()


@pytest.mark.parametrize(
    ("folder", "module", "version"),
    [
        ("hyperkube", "k8s.io/kubernetes", VERSIONS["KUBERNETES"]),
        ("hyperkube", "go.etcd.io/etcd/server/v3", VERSIONS["ETCD"]),
        ("hyperkube", "github.com/coredns/coredns", VERSIONS["COREDNS"]),
        ("hyperkube", "helm.sh/helm/v3", VERSIONS["HELM3"]),
        ("hyperkube", "helm.sh/helm/v4", VERSIONS["HELM4"]),
        ("kind", "sigs.k8s.io/kind", VERSIONS["KIND"]),
    ],
)
def test_go_module_requires_the_version_of_versions_env(
    folder: str, module: str, version: str
) -> None:
    pattern = rf"^\s*(require )?{re.escape(module)} v{version}\b"

    assert re.search(pattern, go_mod(folder), re.MULTILINE)


def test_staging_libraries_have_kubernetes_own_version() -> None:
    pattern = r"^replace k8s\.io/\S+ => k8s\.io/\S+ v(\S+)$"
    replaced = re.findall(pattern, go_mod("hyperkube"), re.MULTILINE)

    assert set(replaced) == {"0." + VERSIONS["KUBERNETES"].split(".", 1)[1]}


def test_checksums_are_committed() -> None:
    assert (SOURCES / "hyperkube" / "go.sum").stat().st_size > 10_000


def test_comments_and_blank_lines_are_no_versions(tmp_path: Path) -> None:
    (tmp_path / "v.env").write_text("# a comment\n\nONE=1.2\n")

    assert read_versions(tmp_path / "v.env") == {"ONE": "1.2"}


def test_a_build_leaves_what_another_checkout_runs(tmp_path: Path) -> None:
    """Its cluster's kubectl is such a version: a build in one checkout took it from the other."""
    now, used, unused = (tmp_path / f"hyperkube-{name}" for name in ("now", "used", "unused"))
    for each, age in ((now, 0), (used, 1000), (unused, 5000)):
        each.touch()
        os.utime(each, (0, 10_000 - age))
    other = tmp_path / "k6-old"
    other.touch()
    os.utime(other, (0, 0))

    remove_unused(now, "hyperkube", since=6_000)

    assert sorted(tmp_path.iterdir()) == sorted([now, used, other])
