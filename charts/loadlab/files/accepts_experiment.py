"""The test of `helm test`: runs in the operator's image, with the standard library alone."""

import json
import os
import ssl
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
GROUP_VERSION = "/apis/loadlab.dev/v1alpha1"
EXPERIMENT = {
    "apiVersion": "loadlab.dev/v1alpha1",
    "kind": "LoadExperiment",
    "metadata": {"name": "helm-test"},
    "spec": {"workload": "sleep", "variants": [{"name": "async"}]},
}


def ask(path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Send a request to the API server; exit with its answer where it refuses."""
    server = (
        f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
    )
    headers = {
        "Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}",
        "Content-Type": "application/json",
    }
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(server + path, data=data, headers=headers)  # noqa: S310
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    try:
        with opener.open(request, timeout=20) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        sys.exit(f"{path}: {error.code} {error.read().decode()}")


served = {resource["name"] for resource in ask(GROUP_VERSION)["resources"]}
if missing := {"loadexperiments", "loadtrials"} - served:
    sys.exit(f"not served: {', '.join(sorted(missing))}; install the CRDs (crds.enabled)")
namespace = os.environ["EXPERIMENT_NAMESPACE"]
made = ask(f"{GROUP_VERSION}/namespaces/{namespace}/loadexperiments?dryRun=All", EXPERIMENT)
if made["spec"].get("replicates") is None:
    sys.exit("the API server fills in no defaults: the CRDs are of another version")
sys.stdout.write("the API serves LoadLab's kinds and accepts an experiment\n")
