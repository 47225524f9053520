"""The node's network namespace: linked to this machine, and to nothing else.

It holds no outside interface, so nothing that a pod sends can leave the machine, and a load test
stays inside it.
"""

from pathlib import Path

from loadlab_cluster.commands import Argument, read_output, succeeds
from loadlab_cluster.settings import HOST_ADDRESS, NAME, NODE_ADDRESS

NAMESPACE = Path("/run/netns") / NAME
HOST_LINK, NODE_LINK = f"{NAME}-host", f"{NAME}-node"
# Not `ip netns exec`: that one remounts /sys and hides the cgroups from the kubelet.
ENTER = ("nsenter", f"--net={NAMESPACE}", "--")


def inside(*command: Argument) -> list[Argument]:
    """The command line that runs a command in the node's network namespace."""
    return [*ENTER, *command]


def network_is_up() -> bool:
    """Whether the namespace and both of its ways out are there."""
    return (
        NAMESPACE.exists()
        and succeeds(["ip", "link", "show", HOST_LINK])
        and succeeds(inside("ip", "link", "show", "sink"))
    )


def ensure_network() -> None:
    """Create the namespace and its links; a half-made one is made anew."""
    if network_is_up():
        return
    remove_network()
    in_node = ("ip", "-n", NAME)
    for command in (
        ("ip", "netns", "add", NAME),
        ("ip", "link", "add", HOST_LINK, "type", "veth", "peer", "name", NODE_LINK, "netns", NAME),
        ("ip", "addr", "add", f"{HOST_ADDRESS}/30", "dev", HOST_LINK),
        ("ip", "link", "set", HOST_LINK, "up"),
        (*in_node, "link", "set", "lo", "up"),
        (*in_node, "addr", "add", f"{NODE_ADDRESS}/30", "dev", NODE_LINK),
        (*in_node, "link", "set", NODE_LINK, "up"),
        # kubelet wants a default route, and Service addresses need some route before kube-proxy
        # rewrites them: a bridge without ports (not every kernel has the `dummy` link type).
        (*in_node, "link", "add", "sink", "type", "bridge"),
        (*in_node, "link", "set", "sink", "up"),
        (*in_node, "route", "add", "default", "dev", "sink"),
        inside("sysctl", "-qw", "net.ipv4.ip_forward=1"),
    ):
        read_output(command)
    # A pod that calls a Service which it serves itself needs this; the kernel may lack the module.
    succeeds(["modprobe", "br_netfilter"])
    succeeds(inside("sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1"))


def remove_network() -> None:
    """Delete the namespace, and with it its links, routes and iptables rules."""
    succeeds(["ip", "netns", "del", NAME])
    succeeds(["ip", "link", "del", HOST_LINK])


def network_leftovers() -> list[str]:
    """Names of what remove_network would still have to remove."""
    links = read_output(["ip", "-o", "link"])
    found = [f"link {HOST_LINK}"] if HOST_LINK in links else []
    return found + ([f"network namespace {NAME}"] if NAMESPACE.exists() else [])
