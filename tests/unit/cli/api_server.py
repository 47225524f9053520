"""An API server on loopback that holds one experiment, and the kubeconfig of it."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

PATH = "/apis/loadlab.dev/v1alpha1/namespaces/lab/loadexperiments"
TRIALS_PATH = "/apis/loadlab.dev/v1alpha1/namespaces/lab/loadtrials"
PODS_PATH = "/api/v1/namespaces/lab/pods"
Answer = tuple[int, list[Any]]


class ApiServer(BaseHTTPRequestHandler):
    """Answers reads and watches of one experiment from prepared answers, the last one forever."""

    others: ClassVar[dict[str, Answer]] = {}  # by path
    pods: ClassVar[Answer] = (200, [{"metadata": {}, "items": []}])
    trials: ClassVar[Answer] = (403, [{"kind": "Status", "reason": "Forbidden"}])
    applied: ClassVar[list[tuple[str, str, Any]]] = []  # path, content type, body
    writes: ClassVar[Answer] = (200, [{}])
    reads: ClassVar[list[Answer]] = []
    watches: ClassVar[list[Answer]] = []

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path in self.others:
            return self._answer(*self.others[path])
        if path in {TRIALS_PATH, PODS_PATH}:
            return self._answer(*(self.trials if path == TRIALS_PATH else self.pods))
        watching = "watch=true" in query.lower()
        assert path == (PATH if watching else f"{PATH}/select"), self.path
        answers = self.watches if watching else self.reads
        return self._answer(*(answers.pop(0) if len(answers) > 1 else answers[0]))

    def _answer(self, status: int, bodies: list[Any]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            self.wfile.write(text.encode() + b"\n")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        return self._answer(*self.others[self.path])

    def do_PATCH(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"]))
        self.applied.append((self.path, self.headers["Content-Type"], json.loads(text)))
        return self._answer(*self.writes)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def kubeconfig_for(server: str) -> dict[str, Any]:
    context = {"cluster": "c", "user": "u", "namespace": "lab"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "x",
        "contexts": [{"name": "x", "context": context}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {}}],
    }


Run = Callable[..., tuple[int, str, str]]
