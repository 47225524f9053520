"""Network namespaces that are linked to this machine, and to nothing else.

They hold no outside interface, so nothing that a pod sends can leave the machine, and a load test
stays inside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loadlab_cluster.commands import Argument, read_output, succeeds
from loadlab_cluster.settings import (
    DOCKER_ADDRESS,
    DOCKER_HOST_ADDRESS,
    DOCKER_NAME,
    HOST_ADDRESS,
    NAME,
    NODE_ADDRESS,
)

Commands = Sequence[Sequence[Argument]]


@dataclass(frozen=True)
class Network:
    """A namespace and the link to it, with the address at each end."""

    name: str
    host_address: str
    address: str

    @property
    def namespace(self) -> Path:
        return Path("/run/netns") / self.name

    @property
    def host_link(self) -> str:
        return f"{self.name}-host"

    @property
    def inner_link(self) -> str:
        return f"{self.name}-node"

    def inside(self, *command: Argument) -> list[Argument]:
        """The command line that runs a command in the namespace."""
        # Not `ip netns exec`: that one remounts /sys and hides the cgroups from the kubelet.
        return ["nsenter", f"--net={self.namespace}", "--", *command]

    def is_up(self) -> bool:
        """Whether the namespace and both of its ways out are there."""
        return (
            self.namespace.exists()
            and succeeds(["ip", "link", "show", self.host_link])
            and succeeds(self.inside("ip", "link", "show", "sink"))
        )

    def ensure(self) -> None:
        """Create the namespace and its links; a half-made one is made anew."""
        if self.is_up():
            return
        self.remove()
        for command in self._plan():
            read_output(command)
        # A pod that calls a Service which it serves itself needs this; the kernel may lack it.
        succeeds(["modprobe", "br_netfilter"])
        succeeds(self.inside("sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1"))

    def remove(self) -> None:
        """Delete the namespace, and with it its links, routes and iptables rules."""
        succeeds(["ip", "netns", "del", self.name])
        succeeds(["ip", "link", "del", self.host_link])

    def leftovers(self) -> list[str]:
        """Names of what `remove` would still have to remove."""
        links = read_output(["ip", "-o", "link"])
        found = [f"link {self.host_link}"] if f" {self.host_link}@" in links else []
        return found + ([f"network namespace {self.name}"] if self.namespace.exists() else [])

    def _plan(self) -> Commands:
        host, inner, name = self.host_link, self.inner_link, self.name
        within = ("ip", "-n", name)
        return (
            ("ip", "netns", "add", name),
            ("ip", "link", "add", host, "type", "veth", "peer", "name", inner, "netns", name),
            ("ip", "addr", "add", f"{self.host_address}/30", "dev", host),
            ("ip", "link", "set", host, "up"),
            (*within, "link", "set", "lo", "up"),
            (*within, "addr", "add", f"{self.address}/30", "dev", inner),
            (*within, "link", "set", inner, "up"),
            # kubelet wants a default route, and Service addresses need some route before kube-proxy
            # rewrites them: a bridge without ports (not every kernel has the `dummy` link type).
            (*within, "link", "add", "sink", "type", "bridge"),
            (*within, "link", "set", "sink", "up"),
            (*within, "route", "add", "default", "dev", "sink"),
            self.inside("sysctl", "-qw", "net.ipv4.ip_forward=1"),
        )


EMBEDDED = Network(NAME, HOST_ADDRESS, NODE_ADDRESS)
DOCKER = Network(DOCKER_NAME, DOCKER_HOST_ADDRESS, DOCKER_ADDRESS)
