"""The configuration files of the embedded node: pure functions of the settings."""

import json
from pathlib import Path

from loadlab_cluster.settings import (
    DNS_ADDRESS,
    NAME,
    NODE_ADDRESS,
    POD_RANGE,
    SOURCES,
    Settings,
)

PAUSE_IMAGE = "localhost/loadlab/pause:1"
SYSTEM_CPUS = "0"  # everything but the Guaranteed pods with whole CPUs runs here
# The static CPU manager rounds what is reserved up to whole CPUs, the first of them, which no pod
# gets alone; the scheduler takes off what is reserved. To reserve the CPU itself (the setting
# reservedSystemCPUs) would leave one of two to be asked for, and nothing for anybody beside it.
RESERVED = {"cpu": "10m"}


def build_node_files(settings: Settings, *, cpus: int) -> dict[Path, str]:
    """Every file by its place."""
    state = settings.state
    return {
        state / "containerd.toml": build_containerd_config(settings),
        state / "cni" / "10-bridge.conflist": json.dumps(build_network_config(state), indent=1),
        state / "resolv.conf": f"nameserver {DNS_ADDRESS}\n",
        state / "kubelet.yaml": json.dumps(build_kubelet_config(settings, cpus=cpus), indent=1),
        state / "Corefile": build_corefile(state / "pki" / "admin.conf"),
    }


def build_containerd_config(settings: Settings) -> str:
    """The images outlive the cluster: containerd's root is in the cache, its state is not."""
    return f"""\
version = 2
root = "{settings.containerd_root}"
state = "{settings.state}/containerd"
[grpc]
  address = "{settings.socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{settings.state}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true        # root here may lack CAP_SYS_RESOURCE
  disable_apparmor = true
  netns_mounts_under_state_dir = true  # so that the pods' namespaces go with the state
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{settings.state}/cni"
"""


def build_network_config(state: Path) -> dict[str, object]:
    """Pods hang on one bridge; host-local hands out their addresses."""
    ranges = [[{"subnet": POD_RANGE}]]
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": f"{state}/addresses",
            "ranges": ranges,
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    portmap = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "1.0.0", "name": NAME, "plugins": [bridge, portmap]}


def kubelet_tuning(*, cpus: int) -> dict[str, object]:
    """What a load test asks of a kubelet; cluster/kind.yaml says the same."""
    static = {
        "cpuManagerPolicy": "static",
        "kubeReserved": RESERVED,
        # How soon running containers leave the CPUs that a new one was given for itself.
        "cpuManagerReconcilePeriod": "1s",
    }
    pinning = static if cpus > 1 else {}
    return {
        **pinning,
        "containerLogMaxSize": "50Mi",  # k6 prints its histograms in one line at the end
        "serializeImagePulls": False,
    }


def build_kubelet_config(settings: Settings, *, cpus: int) -> dict[str, object]:
    """The kubelet of a node whose root may lack some capabilities."""
    state = settings.state
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{NAME}",  # one folder holds every pod's cgroup, so `down` finds them all
        "containerRuntimeEndpoint": f"unix://{settings.socket}",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{state}/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{state}/pki/node.crt",
        "tlsPrivateKeyFile": f"{state}/pki/node.key",
        "clusterDomain": "cluster.local",
        "clusterDNS": [DNS_ADDRESS],
        "resolvConf": f"{state}/resolv.conf",
        "podLogsDir": f"{state}/pod-logs",
        "volumePluginDir": f"{state}/volume-plugins",
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "enforceNodeAllocatable": [],
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "1%",
            "imagefs.available": "1%",
        },
        "imageGCHighThresholdPercent": 100,  # no registry has these images: never collect them
        "featureGates": {"KubeletInUserNamespace": True},  # tolerates settings it may not write
        **kubelet_tuning(cpus=cpus),
    }


def build_corefile(kubeconfig: Path) -> str:
    """Names that do not exist yet are asked again after a second: a Service may just be coming."""
    return f"""\
.:53 {{
  bind {NODE_ADDRESS}
  errors
  ready
  kubernetes cluster.local in-addr.arpa ip6.arpa {{
    ttl 2
    endpoint https://{NODE_ADDRESS}:6443
    kubeconfig {kubeconfig} {NAME}
  }}
  cache 5 {{
    denial 9984 1
  }}
}}
"""


def dns_manifest() -> str:
    """The Service of the CoreDNS that runs beside the kubelet, not in a pod."""
    text = (SOURCES / "kube-dns.yaml").read_text()
    return text.replace("${DNS_ADDRESS}", DNS_ADDRESS).replace("${NODE_ADDRESS}", NODE_ADDRESS)
