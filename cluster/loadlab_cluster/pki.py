"""The cluster's certificates and kubeconfigs, made by openssl."""

import base64
import json
from pathlib import Path

from loadlab_cluster.commands import read_output
from loadlab_cluster.settings import API_ADDRESS, API_SERVER, NAME, NODE_ADDRESS

DAYS = "3650"
SERVERS = {
    "apiserver": (
        "/CN=kube-apiserver",
        ",".join(
            (
                *("DNS:kubernetes", "DNS:kubernetes.default", "DNS:kubernetes.default.svc"),
                *("DNS:localhost", "IP:127.0.0.1", f"IP:{NODE_ADDRESS}", f"IP:{API_ADDRESS}"),
            )
        ),
    ),
    "node": (f"/CN={NODE_ADDRESS}", f"DNS:{NAME},IP:{NODE_ADDRESS}"),
}
CLIENTS = {
    "admin": "/O=system:masters/CN=admin",
    "kubelet": f"/O=system:nodes/CN=system:node:{NAME}",
    "controller-manager": "/CN=system:kube-controller-manager",
    "scheduler": "/CN=system:kube-scheduler",
    "proxy": "/CN=system:kube-proxy",
}


def ensure_certificates(folder: Path) -> None:
    """Make the authority, the certificates and a kubeconfig per client, unless they are there."""
    complete = folder / "complete"
    if complete.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    authority = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", DAYS]
    key, certificate = str(folder / "ca.key"), str(folder / "ca.crt")
    read_output([*authority, "-keyout", key, "-out", certificate, "-subj", f"/CN={NAME}-ca"])
    read_output(["openssl", "genrsa", "-out", folder / "sa.key", "2048"])
    for name, (subject, alternatives) in SERVERS.items():
        _sign(folder, name, subject, alternatives)
    for name, subject in CLIENTS.items():
        _sign(folder, name, subject, f"DNS:{name}")
        (folder / f"{name}.conf").write_text(build_kubeconfig(folder, name))
    complete.touch()


def _sign(folder: Path, name: str, subject: str, alternatives: str) -> None:
    request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
    extensions.write_text(f"subjectAltName={alternatives}\n")
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{folder}/{name}.key"]
    read_output([*new, "-out", str(request), "-subj", subject])
    sign = ["openssl", "x509", "-req", "-in", str(request), "-CA", f"{folder}/ca.crt"]
    sign += ["-CAkey", f"{folder}/ca.key", "-CAcreateserial", "-days", DAYS]
    read_output([*sign, "-out", f"{folder}/{name}.crt", "-extfile", str(extensions)])
    request.unlink()
    extensions.unlink()


def build_kubeconfig(folder: Path, client: str) -> str:
    """A kubeconfig that needs no other file (JSON is YAML)."""

    def encoded(name: str) -> str:
        return base64.b64encode((folder / name).read_bytes()).decode()

    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": NAME,
                "cluster": {"server": API_SERVER, "certificate-authority-data": encoded("ca.crt")},
            }
        ],
        "users": [
            {
                "name": client,
                "user": {
                    "client-certificate-data": encoded(f"{client}.crt"),
                    "client-key-data": encoded(f"{client}.key"),
                },
            }
        ],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": client}}],
        "current-context": NAME,
    }
    return json.dumps(config, indent=1) + "\n"
