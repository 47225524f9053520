"""How much of etcd is used, and its compaction: by the gateway that it opens beside gRPC."""

import json
import urllib.request
from typing import Any

Json = dict[str, Any]


class Etcd:
    """One etcd on loopback."""

    def __init__(self, url: str) -> None:
        self._url = url

    def mebibytes(self) -> float:
        """Return the size of its file."""
        return int(self._ask("maintenance/status", {})["dbSize"]) / 2**20

    def compact(self) -> float:
        """Forget what is not the newest, give the room back, and return the size that stays."""
        revision = self._ask("maintenance/status", {})["header"]["revision"]
        self._ask("kv/compaction", {"revision": revision, "physical": True})
        self._ask("maintenance/defragment", {})
        return self.mebibytes()

    def _ask(self, what: str, body: Json) -> Json:
        request = urllib.request.Request(f"{self._url}/v3/{what}", json.dumps(body).encode())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return dict(json.loads(answer.read()))
