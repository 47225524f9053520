"""Asks the API server of the embedded cluster, without the 0.2 s that a kubectl takes to start."""

import json
import ssl
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

from loadlab_cluster.settings import API_SERVER, NAME

TIMEOUT_SECONDS = 2.0


def read_api(pki: Path, path: str) -> str | None:
    """The body of a GET as the administrator, or None while there is no good answer."""
    try:
        context = ssl.create_default_context(cafile=pki / "ca.crt")
        context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        # No proxy of this machine leads into the node's namespace.
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with opener.open(API_SERVER + path, timeout=TIMEOUT_SECONDS) as answer:
            return str(answer.read().decode())
    except (OSError, urllib.error.URLError):
        return None


def api_is_ready(pki: Path) -> bool:
    """Whether the API server takes requests."""
    return read_api(pki, "/readyz") == "ok"


def controllers_work(pki: Path) -> bool:
    """Whether the controllers have made what every namespace gets: no pod starts without it."""
    return read_api(pki, "/api/v1/namespaces/default/serviceaccounts/default") is not None


def node_is_ready(pki: Path, *, since: int = 0) -> bool:
    """Whether the node's Ready condition is true and was said after `since` (epoch seconds)."""
    body = read_api(pki, f"/api/v1/nodes/{NAME}")
    node: dict[str, Any] = json.loads(body) if body else {}
    conditions = node.get("status", {}).get("conditions", [])
    ready = [each for each in conditions if each["type"] == "Ready" and each["status"] == "True"]
    return any(_epoch(each["lastHeartbeatTime"]) >= since for each in ready)


def _epoch(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp()
