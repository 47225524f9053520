"""The command lines of the embedded node's daemons: a pure function of the settings."""

from dataclasses import dataclass
from pathlib import Path

from loadlab_cluster.settings import NAME, NODE_ADDRESS, POD_RANGE, SERVICE_RANGE, Settings

ETCD = "http://127.0.0.1:2379"
ETCD_PEER = "http://127.0.0.1:2380"


@dataclass(frozen=True)
class Component:
    """A daemon: its name, its command line, and how `down` treats it."""

    name: str
    command: tuple[str, ...]


def build_components(settings: Settings) -> dict[str, Component]:
    """Every daemon in the order of their start."""
    state, pki = settings.state, settings.state / "pki"
    lines = {
        "etcd": _etcd(state),
        "containerd": ["containerd", "--config", f"{state}/containerd.toml"],
        "kube-apiserver": _api_server(pki),
        "kube-controller-manager": [
            f"--kubeconfig={pki}/controller-manager.conf",
            f"--root-ca-file={pki}/ca.crt",
            f"--service-account-private-key-file={pki}/sa.key",
            f"--cluster-signing-cert-file={pki}/ca.crt",
            f"--cluster-signing-key-file={pki}/ca.key",
            "--use-service-account-credentials",
            # At the default of 20 the controllers alone take 5 s to start.
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
        ],
        "kube-scheduler": [
            f"--kubeconfig={pki}/scheduler.conf",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
        ],
        "kubelet": [
            f"--config={state}/kubelet.yaml",
            f"--kubeconfig={pki}/kubelet.conf",
            f"--hostname-override={NAME}",
            f"--node-ip={NODE_ADDRESS}",
            f"--root-dir={state}/kubelet",
        ],
        "kube-proxy": [
            f"--kubeconfig={pki}/proxy.conf",
            f"--hostname-override={NAME}",
            f"--cluster-cidr={POD_RANGE}",
            "--proxy-mode=iptables",
            "--iptables-min-sync-period=100ms",  # a new Service answers at once
            "--conntrack-max-per-core=0",
        ],
        "coredns": ["-conf", f"{state}/Corefile"],
    }
    return {name: Component(name, _program(name, line, state)) for name, line in lines.items()}


def _program(name: str, line: list[str], state: Path) -> tuple[str, ...]:
    if name == "containerd":
        return tuple(line)
    return (f"{state}/bin/{name}", *line)  # a link to hyperkube, which acts by its name


def _etcd(state: Path) -> list[str]:
    return [
        f"--data-dir={state}/etcd",
        "--unsafe-no-fsync",  # the cluster does not outlive the machine
        f"--listen-client-urls={ETCD}",
        f"--advertise-client-urls={ETCD}",
        f"--listen-peer-urls={ETCD_PEER}",
        f"--initial-advertise-peer-urls={ETCD_PEER}",
        f"--initial-cluster=default={ETCD_PEER}",
    ]


def _api_server(pki: Path) -> list[str]:
    return [
        f"--etcd-servers={ETCD}",
        f"--advertise-address={NODE_ADDRESS}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--client-ca-file={pki}/ca.crt",
        f"--service-account-key-file={pki}/sa.key",
        f"--service-account-signing-key-file={pki}/sa.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--kubelet-client-certificate={pki}/admin.crt",
        f"--kubelet-client-key={pki}/admin.key",
        f"--kubelet-certificate-authority={pki}/ca.crt",
        # Otherwise `kubectl logs` looks the node's name up in DNS.
        "--kubelet-preferred-address-types=InternalIP",
    ]
