"""Who takes k6's own metrics, played on loopback: one that answers, refuses or hangs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from loadlab.model.k6_outputs import K6Outputs
from loadlab.model.resources import Experiment
from loadlab.plan import make_plan
from tests.contract.sides import IMAGES
from tests.manifests import Json

PATHS = {"opentelemetry": "/v1/metrics", "prometheusRemoteWrite": "/api/v1/write"}
KINDS = list(PATHS)
SECRET = "s3cr%t, of=ours"


@dataclass
class Receiver:
    """What it was sent, and how it answers; 0 is never."""

    status: int
    address: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)


@contextmanager
def receiving(status: int) -> Iterator[Receiver]:
    receiver = Receiver(status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
            receiver.bodies.append(body)
            if not status:
                receiver.closing.wait()
                return
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"no such\ntenant" * 10_000 if status >= 300 else b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver.address = f"127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield receiver
        receiver.closing.set()
        server.shutdown()


def unpack_snappy(packed: bytes) -> bytes:
    """Unpack a block as remote write sends it (google/snappy, format_description.txt)."""
    at = next(i for i, byte in enumerate(packed) if byte < 0x80) + 1  # after the length
    out = bytearray()
    while at < len(packed):
        kind, size, at = packed[at] & 3, packed[at] >> 2, at + 1
        if kind == 0:
            if size >= 60:
                more = size - 59
                size, at = int.from_bytes(packed[at : at + more], "little"), at + more
            out += packed[at : at + size + 1]
            at += size + 1
            continue
        length = (size & 7) + 4 if kind == 1 else size + 1
        wide = {1: 1, 2: 2, 3: 4}[kind]
        offset = int.from_bytes(packed[at : at + wide], "little")
        offset |= (size >> 3) << 8 if kind == 1 else 0
        at += wide
        for _ in range(length):
            out.append(out[-offset])
    return bytes(out)


def planned(outputs: Json, secret: str = SECRET) -> tuple[list[str], dict[str, str], Json]:
    """What the operator tells the generator of outputs: arguments, variables, configuration."""
    spec = {"workload": "select", "variants": [{"name": "asyncpg"}]}
    metadata = {"name": "demo", "namespace": "lab", "uid": "uid-demo"}
    images = replace(IMAGES, k6_outputs=K6Outputs.model_validate(outputs))
    plan = make_plan(Experiment.model_validate({"metadata": metadata, "spec": spec}), images)
    pod = plan.generator_manifest(plan.trials[0], 1)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    values = {v["name"]: v.get("value", f"{secret}\n") for v in container["env"]}
    told = {n: v for n, v in values.items() if n.startswith(("K6_", "OTEL_", "LOADLAB_OUTPUT"))}
    flags = container["args"][container["args"].index("--out=histogram") :]
    tags = json.loads(values["TRIAL_0"]).get("tags")
    return [f for f in flags if f.startswith("--")], told, {"tags": tags} if tags else {}


def output_to(address: str, kind: str) -> Json:
    """Return what the chart would say of an output to this address."""
    key = {"name": "k6-metrics", "key": "token"}
    return {
        kind: {
            "url": f"http://{address}{PATHS[kind]}",
            "interval": "1s",
            "headers": {"X-Scope-OrgID": "lab $(HOME)"},
            "headersFrom": [{"name": "Authorization", "prefix": "Bearer ", "secretKeyRef": key}],
            "to": {"cidr": "127.0.0.1/32", "port": 1},
        }
    }
