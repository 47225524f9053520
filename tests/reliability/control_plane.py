"""A real API server with its controllers and no node: etcd and Kubernetes on loopback ports.

Nothing of it outlives the block: the processes are ended by their ids, the data is a temporary
folder. Two users may come: the administrator, and the operator with the rights that
manifests/install.yaml grants; an audit log tells what each has asked.
"""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from tests.reliability.etcd import Etcd

REPOSITORY = Path(__file__).resolve().parents[2]
ADMIN, OPERATOR = "the-administrator", "the-operator"  # their tokens; of loopback, for minutes
ACCOUNT = "system:serviceaccount:loadlab-system:loadlab"
GROUPS = "system:serviceaccounts,system:serviceaccounts:loadlab-system,system:authenticated"
CONTROLLERS = ("garbagecollector", "namespace", "job", "deployment", "replicaset", "statefulset")
# No defaults for pods: they need a controller or an informer that is not here, or a node.
LEFT_OUT = ("ServiceAccount", "DefaultTolerationSeconds", "TaintNodesByCondition", "Priority")
START_SECONDS = 90
# Below the ephemeral ports, and each process has its own: others look for some at the same time.
PORTS = count(20_000 + os.getpid() * 7 % 10_000)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """Where the API server listens, and what it wrote down."""

    url: str
    folder: Path
    etcd: Etcd
    processes: dict[str, subprocess.Popen[bytes]]

    @property
    def tls(self) -> ssl.SSLContext:
        """A client's: the server signed its certificate itself, a second ago, on loopback."""
        return unverified()

    def ask(self, verb: str, path: str, body: Json | None = None, kind: str = "") -> Json:
        """Send a request as the administrator.

        Raises:
            urllib.error.HTTPError: the API server refused.
        """
        headers = {"Authorization": f"Bearer {ADMIN}", "Content-Type": kind or "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=verb)
        with _opener().open(request, timeout=30) as answer:
            return dict(json.loads(answer.read()))

    def audited(self) -> Iterator[Json]:
        """Yield what was asked, as the audit log has it."""
        for line in (self.folder / "audit.log").read_text().splitlines():
            yield json.loads(line)


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    for port in PORTS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("unreachable: the ports do not end")


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextmanager
def control_plane() -> Iterator[ControlPlane]:
    """Run one, with the kinds and the roles of this checkout, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="loadlab-control-plane-") as name, ExitStack() as stack:
        folder = Path(name)
        programs = _link_programs(folder)
        etcd, api, controllers = _write_files(folder)
        store = Etcd(f"http://127.0.0.1:{etcd}")
        plane = ControlPlane(f"https://127.0.0.1:{api}", folder, store, {})

        def start(program: str, arguments: Iterable[str]) -> None:
            plane.processes[program] = stack.enter_context(
                _running([programs[program], *arguments], folder / f"{program}.log")
            )

        start("etcd", _etcd(folder, etcd))
        start("kube-apiserver", _api_server(folder, etcd, api))
        _await(plane, lambda: plane.ask("GET", "/apis/apps/v1"))
        start("kube-controller-manager", _controllers(folder, controllers))
        for manifest in _manifests():
            _await(plane, lambda manifest=manifest: _create(plane, manifest))
        for kinds in ("loadexperiments", "loadtrials"):
            served = f"/apis/loadlab.dev/v1alpha1/{kinds}"
            _await(plane, lambda served=served: plane.ask("GET", served))
        yield plane


def _link_programs(folder: Path) -> dict[str, str]:
    """Links to the one binary that the embedded cluster is made of: it acts by its name."""
    command = [sys.executable, "-m", "loadlab_cluster", "path", "hyperkube"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "cluster")}
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    links = {}
    (folder / "bin").mkdir()
    for name in ("etcd", "kube-apiserver", "kube-controller-manager"):
        links[name] = str(folder / "bin" / name)
        Path(links[name]).symlink_to(found.stdout.strip())
    return links


def _write_files(folder: Path) -> tuple[int, int, int]:
    etcd, api, controllers = free_port(), free_port(), free_port()
    key = folder / "accounts.key"
    openssl = str(shutil.which("openssl"))
    subprocess.run([openssl, "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    users = [f'{ADMIN},admin,1,"system:masters"', f'{OPERATOR},{ACCOUNT},2,"{GROUPS}"']
    (folder / "tokens.csv").write_text("\n".join(users) + "\n")
    rule = {"level": "Metadata", "users": [ACCOUNT], "omitStages": ["RequestReceived"]}
    policy = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "rules": [rule, {"level": "None"}],
    }
    (folder / "audit.yaml").write_text(yaml.safe_dump(policy))
    (folder / "admin.conf").write_text(kubeconfig(f"https://127.0.0.1:{api}", ADMIN))
    return etcd, api, controllers


def kubeconfig(url: str, token: str = "") -> str:
    """Return a kubeconfig of one server that is trusted as it is."""
    cluster: Json = {"server": url}
    if url.startswith("https"):
        cluster |= {"insecure-skip-tls-verify": True}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {"token": token} if token else {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "c",
        }
    )


def _etcd(folder: Path, port: int) -> list[str]:
    address, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{free_port()}"
    return [
        f"--data-dir={folder}/data",
        "--unsafe-no-fsync",
        f"--listen-client-urls={address}",
        f"--advertise-client-urls={address}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--log-level=error",
    ]


def _api_server(folder: Path, etcd: int, port: int) -> list[str]:
    return [
        f"--etcd-servers=http://127.0.0.1:{etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--advertise-address=192.0.2.1",  # nobody's (RFC 5737): no pod asks for it
        "--endpoint-reconciler-type=none",
        f"--cert-dir={folder}/certificates",
        f"--token-auth-file={folder}/tokens.csv",
        f"--service-account-key-file={folder}/accounts.key",
        f"--service-account-signing-key-file={folder}/accounts.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=RBAC",
        f"--disable-admission-plugins={','.join(LEFT_OUT)}",
        f"--audit-policy-file={folder}/audit.yaml",
        f"--audit-log-path={folder}/audit.log",
        "--service-cluster-ip-range=10.96.0.0/16",
    ]


def _controllers(folder: Path, port: int) -> list[str]:
    return [
        f"--kubeconfig={folder}/admin.conf",
        f"--controllers={','.join(CONTROLLERS)}",
        "--leader-elect=false",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={folder}/certificates",
        "--namespace-sync-period=1s",
    ]


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=START_SECONDS)


def _await(plane: ControlPlane, attempt: Any) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            attempt()
        except OSError as error:  # no connection yet, or an HTTPError
            ended = [name for name, each in plane.processes.items() if each.poll() is not None]
            if ended or time.monotonic() > deadline:
                logs = {p.stem: p.read_text()[-1500:] for p in plane.folder.glob("*.log")}
                raise TimeoutError(f"the control plane does not answer: {logs}") from error
            time.sleep(0.1)
        else:
            return


def _manifests() -> list[Json]:
    """The kinds, the namespace and the roles; the operator itself runs as a process."""
    text = (REPOSITORY / "manifests" / "install.yaml").read_text()
    return [item for item in yaml.safe_load_all(text) if item["kind"] != "Deployment"]


PLACES = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
}


def _create(plane: ControlPlane, manifest: Json) -> None:
    place = PLACES.get(manifest["kind"])
    if place is None:  # what only a node or a network plugin would act upon
        return
    plane.ask("POST", place.format(manifest["metadata"].get("namespace", "")), manifest)


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unverified())
    )
