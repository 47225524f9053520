"""Hosts of URLs, put into other URLs and told to people. Imports nothing of ours.

Colons are a part of an address of IPv6, so that it stands in brackets wherever a port may follow.
"""

from urllib.parse import urlsplit

LOCAL = "localhost"  # what clients of stores take where a URL names no host


def in_brackets(host: str) -> str:
    """Return a host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def host_of(url: str) -> str:
    """Return a URL's host as it stands before a port."""
    return in_brackets(urlsplit(url).hostname or LOCAL)


def is_readable(url: str) -> bool:
    """Whether host and port can be told apart: brackets are closed, and the port is a number."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        return False
    return True
