"""Builds the Go programs once per version and keeps them in the cache.

A program's key is a hash of its module's files and of versions.env, so a change of either builds
anew and an unchanged one costs a few milliseconds.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadlab_cluster.commands import WORK_SECONDS, read_output, run_logged
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.settings import REPOSITORY, SOURCES, Settings
from loadlab_cluster.terminal import step

VERSION_PACKAGE = "k8s.io/component-base/version"
# Debug information is not even made, as -s -w would throw it away: 8 to 18 % less time for k6.
# `go test` with the same flags and CGO_ENABLED finds these packages compiled.
COMPILER_FLAGS = ("-trimpath", "-gcflags=all=-dwarf=false")
UNUSED_SECONDS = 7 * 86400.0  # after which another version of a program is removed
BUILD_ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}


@dataclass(frozen=True)
class GoProgram:
    """One binary: the module it is built in, the package, and how long that takes when cold."""

    name: str
    title: str
    folder: Path
    package: str = "."
    flags: str = ""
    first_seconds: float = 60
    depends_on_versions: bool = True


def go_programs(versions: dict[str, str]) -> dict[str, GoProgram]:
    """Every Go program that the cluster, the images or the tests use."""
    kubernetes = versions["KUBERNETES"]
    major, minor, _ = kubernetes.split(".")
    stamp = (
        f" -X {VERSION_PACKAGE}.gitVersion=v{kubernetes}"
        f" -X {VERSION_PACKAGE}.gitMajor={major} -X {VERSION_PACKAGE}.gitMinor={minor}"
    )
    # Helm is a tool of the same module: the libraries that both use are then compiled once.
    module = SOURCES / "hyperkube"
    programs = [
        GoProgram(
            "hyperkube",
            f"Kubernetes {kubernetes}, etcd {versions['ETCD']}, CoreDNS {versions['COREDNS']}",
            module,
            flags=stamp,
            first_seconds=330,
        ),
        *(_helm(version, versions, module) for version in ("3", "4")),
        GoProgram("pause", "pause", SOURCES / "pause", first_seconds=5, depends_on_versions=False),
        *_linters(),
        *_release_tools(),
        GoProgram(
            "kind",
            f"kind {versions['KIND']}",
            SOURCES / "kind",
            "sigs.k8s.io/kind",
            first_seconds=20,
            depends_on_versions=False,
        ),
        GoProgram(
            "k6",
            "k6 with LoadLab's histogram output",
            REPOSITORY / "loadgen",
            first_seconds=80,
            depends_on_versions=False,
        ),
    ]
    return {program.name: program for program in programs}


def _linters() -> tuple[GoProgram, ...]:
    """Two tools of one module."""
    linters = {
        "staticcheck": ("staticcheck, which lints Go", "honnef.co/go/tools/cmd/staticcheck"),
        "actionlint": (
            "actionlint, which lints workflows",
            "github.com/rhysd/actionlint/cmd/actionlint",
        ),
    }
    module, seconds = SOURCES / "staticcheck", 30.0
    return tuple(
        GoProgram(name, title, module, package, "", seconds, depends_on_versions=False)
        for name, (title, package) in linters.items()
    )


def _release_tools() -> tuple[GoProgram, ...]:
    """What pushes images and looks into them, and a registry for the tests of that."""
    tools = {
        "crane": ("crane, which pushes images", "github.com/google/go-containerregistry/cmd/crane"),
        "registry": ("a registry for tests", "./registry"),
    }
    module, seconds = SOURCES / "release", 40.0
    syft = GoProgram(
        "syft",
        "syft, which writes SBOMs",
        SOURCES / "sbom",
        "github.com/anchore/syft/cmd/syft",
        first_seconds=300,
        depends_on_versions=False,
    )
    return (
        *(
            GoProgram(name, title, module, package, "", seconds, depends_on_versions=False)
            for name, (title, package) in tools.items()
        ),
        syft,
    )


def _helm(major: str, versions: dict[str, str], module: Path) -> GoProgram:
    """Helm is told which Kubernetes it knows: charts ask for that, without a cluster too."""
    package, version = f"helm.sh/helm/v{major}", versions[f"HELM{major}"]
    known = {
        "3": ("pkg/chartutil.k8sVersion", "pkg/lint/rules.k8sVersion"),
        "4": (
            *("pkg/chart/common.k8sVersion", "pkg/chart/v2/lint/rules.k8sVersion"),
            "internal/version.kubeClientVersion",
        ),
    }
    minor = versions["KUBERNETES"].split(".")[1]
    flags = f" -X {package}/internal/version.version=v{version}"
    for name in known[major]:
        flags += f" -X {package}/{name}Major=1 -X {package}/{name}Minor={minor}"
    command, title = f"{package}/cmd/helm", f"Helm {version}"
    return GoProgram(f"helm{major}", title, module, command, flags, first_seconds=100)


def ensure_go_program(name: str, settings: Settings) -> Path:
    """The cached binary, built now if it is not there."""
    binary, program = go_binary(name, settings), go_programs(dict(settings.versions))[name]
    if not binary.exists():
        with _alone(binary.parent, name):
            if not binary.exists():
                _build(program, binary, settings)
    os.utime(binary)  # it is in use, see remove_unused
    return binary


def go_binary(name: str, settings: Settings) -> Path:
    """Where the binary of a program's present sources is, or would be."""
    program = go_programs(dict(settings.versions))[name]
    if not (program.folder / "go.mod").exists():
        raise ClusterError(f"{program.folder} holds no Go module: {program.title} cannot be built")
    inputs = [path for path in sorted(program.folder.rglob("*")) if is_go_source(path)]
    if program.depends_on_versions:
        inputs.append(SOURCES / "versions.env")
    flags = hashlib.sha256(program.flags.encode()).hexdigest()[:8]
    return settings.cache / "bin" / f"{name}-{hash_files(inputs)}-{flags}"


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """Let one process build a program; the others wait, and then find it built."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(program: GoProgram, binary: Path, settings: Settings) -> None:
    if not shutil.which("go"):
        raise ClusterError(
            "the go command is missing: install Go 1.26 or later (https://go.dev/dl)"
        )
    unfinished = binary.with_suffix(".part")
    command = ["go", "build", *COMPILER_FLAGS, "-ldflags", f"-s -w{program.flags}"]
    with step(f"Build {program.title} from Go modules", first=program.first_seconds, again=0):
        run_logged(
            [*command, "-o", unfinished, program.package],
            settings.logs / f"build-{program.name}.log",
            cwd=program.folder,
            env=BUILD_ENVIRONMENT,
        )
    unfinished.rename(binary)
    remove_unused(binary, program.name, time.time() - UNUSED_SECONDS)


def remove_unused(binary: Path, name: str, since: float) -> None:
    """Remove other versions, but for those that another checkout, or its cluster, may run."""
    for old in binary.parent.glob(f"{name}-*"):
        if old != binary and old.stat().st_mtime < since:
            old.unlink()


def is_go_source(path: Path) -> bool:
    """Whether a file of a module decides what its binary is."""
    return path.suffix in {".go", ".mod", ".sum"} and not path.name.endswith("_test.go")


def hash_files(paths: Iterable[Path]) -> str:
    """A short hash over the names and contents of files; folders are left out."""
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file() and "__pycache__" not in path.parts:
            place = path.relative_to(REPOSITORY)
            digest.update(f"{place}\0{path.stat().st_mode & 0o111}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def pin_versions(settings: Settings) -> None:
    """Write go.mod and go.sum anew from versions.env (needs the Go proxy)."""
    versions = settings.versions
    log = settings.logs / "pin.log"
    environment = {**BUILD_ENVIRONMENT, "GOFLAGS": "-mod=mod"}
    kubernetes = versions["KUBERNETES"]
    staging = "v0." + kubernetes.split(".", 1)[1]
    edits = [
        *(f"-replace={module}={module}@{staging}" for module in _staging_modules(kubernetes)),
        f"-require=k8s.io/kubernetes@v{kubernetes}",
        f"-require=go.etcd.io/etcd/server/v3@v{versions['ETCD']}",
        f"-require=github.com/coredns/coredns@v{versions['COREDNS']}",
    ]
    edits += [f"-tool=helm.sh/helm/v{n}/cmd/helm" for n in (3, 4)]
    edits += [f"-require=helm.sh/helm/v{n}@v{versions[f'HELM{n}']}" for n in (3, 4)]
    kind = ["-tool=sigs.k8s.io/kind", f"-require=sigs.k8s.io/kind@v{versions['KIND']}"]
    for name, changes in (("hyperkube", edits), ("kind", kind)):
        folder = SOURCES / name
        (folder / "go.mod").write_text(f"module loadlab/{name}\n\ngo 1.24.0\n")
        (folder / "go.sum").unlink(missing_ok=True)
        with step(f"Pin the modules of cluster/{name}", first=80, again=10):
            run_logged(["go", "mod", "edit", *changes], log, cwd=folder, env=environment)
            run_logged(["go", "mod", "tidy"], log, cwd=folder, env=environment)


def _staging_modules(kubernetes: str) -> list[str]:
    """Kubernetes points its libraries at ./staging; who imports it repeats them with versions."""
    os.environ.setdefault("GOFLAGS", "-mod=mod")
    fetch = ["go", "mod", "download", "-json", f"k8s.io/kubernetes@v{kubernetes}"]
    answer = read_output(fetch, seconds=WORK_SECONDS)
    text = Path(json.loads(answer)["GoMod"]).read_text()
    return sorted(set(re.findall(r"(k8s\.io/[a-z0-9-]+) => \./staging", text)))
