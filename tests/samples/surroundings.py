"""What the head of a sample asks its reader to make first, and what must not have changed after."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.e2e.cluster_tools import SAMPLES, Lab, run
from tests.samples.stores import stores_of_their_own

Surroundings = Callable[[Lab], AbstractContextManager[None]]
SHOP = "running-shop"
IMAGE = "localhost/loadlab/own-service:dev"


@contextmanager
def a_running_shop(lab: Lab) -> Iterator[None]:
    """The Deployment and the Service of own/running.yaml, as `restricted` wants the pod."""
    made = ("create", "deployment", SHOP, f"--image={IMAGE}")
    deployment = json.loads(lab.kubectl(*made, "--dry-run=client", "-o=json"))
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["securityContext"] = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    lab.kubectl("apply", "-f", "-", stdin=json.dumps(deployment))
    lab.kubectl("expose", "deployment", SHOP, "--port=80", "--target-port=8000")
    lab.kubectl("rollout", "status", f"deployment/{SHOP}", "--timeout=60s")
    before = _version(lab)
    yield
    assert _version(lab) == before, "somebody wrote to a Service that was to be measured only"


def _version(lab: Lab) -> str:
    return lab.kubectl("get", "service", SHOP, "-o=jsonpath={.metadata.resourceVersion}")


@contextmanager
def a_certificate(lab: Lab) -> Iterator[None]:
    """The Secret of own/https.yaml, for this namespace."""
    with TemporaryDirectory() as folder:
        key, certificate = Path(folder, "tls.key"), Path(folder, "tls.crt")
        name = f"subjectAltName=DNS:*.{lab.namespace}.svc"
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"]
        made += [
            "-subj",
            "/CN=own-shop",
            "-addext",
            name,
            "-keyout",
            str(key),
            "-out",
            str(certificate),
        ]
        subprocess.run(made, check=True, capture_output=True)
        files = (f"--key={key}", f"--cert={certificate}")
        lab.kubectl("create", "secret", "tls", "own-shop-tls", *files)
    yield


@contextmanager
def two_images(lab: Lab) -> Iterator[None]:
    """Both images of two-images.yaml, of the same folder: what the machine makes of nothing."""
    for tag in ("search:1", "search:2"):
        folder = SAMPLES / "own-service"
        run(sys.executable, "-m", "loadlab_cluster", "image", str(folder), tag, timeout=300)
    yield


SURROUNDINGS: Mapping[str, Surroundings] = {
    "own/running": a_running_shop,
    "own/https": a_certificate,
    "own/existing-stores": stores_of_their_own,
    "two-images": two_images,
}
