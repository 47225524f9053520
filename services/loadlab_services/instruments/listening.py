"""Where a server listens: on the pod's addresses of both families, whichever its cluster has.

A pod has an address of IPv4, of IPv6 or of both. A socket of IPv6 takes connections of either; one
of 0.0.0.0 would leave a cluster of IPv6 without an answer.
"""

import socket
from functools import cache


@cache
def takes_both() -> bool:
    """Whether a socket of IPv6 takes connections of IPv4, too; without IPv6 in the kernel, none."""
    return socket.has_dualstack_ipv6()


def family() -> socket.AddressFamily:
    """Return the family of a socket that listens on all addresses."""
    return socket.AF_INET6 if takes_both() else socket.AF_INET


def anywhere() -> str:
    """Return all addresses, as a server is told them."""
    return "::" if takes_both() else "0.0.0.0"  # noqa: S104 (a container serves its pod's address)


def bind(port: int, *, shared: bool = False) -> socket.socket:
    """Bind a port on all addresses; one that is shared other sockets may have as well.

    Raises:
        OSError: the port is taken.
    """
    listener = socket.socket(family())
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if listener.family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((anywhere(), port))
    return listener
