"""A stand-in for a service mesh: a webhook that adds a container to every pod of an experiment."""

import base64
import json
import subprocess
from pathlib import Path

import yaml

from tests.e2e.cluster_tools import Lab, get, kubectl
from tests.manifests import Json

NAME = "mesh-stand-in"
SIDECAR = "istio-proxy"
NATIVE = "native"  # experiments whose name ends so get the sidecar among the init containers
SLEEPS = "import signal; signal.signal(15, lambda *_: exit(0)); signal.pause()"
WORKS = """
import signal, time
signal.signal(15, lambda *_: exit(0))
while True:
    until = time.monotonic() + 0.002
    while time.monotonic() < until:
        pass
    time.sleep(0.008)
"""
RESTRICTED: Json = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
WEBHOOK = """
import base64, json, os, ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        ask = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        name = ask["object"]["metadata"]["labels"]["loadlab.dev/experiment"]
        side = json.loads(os.environ["SIDECAR"])
        if name.endswith("native"):
            side["restartPolicy"] = "Always"
            first = ask["object"]["spec"].get("initContainers") or []
            patch = [{"op": "add", "path": "/spec/initContainers", "value": [side, *first]}]
        else:
            patch = [{"op": "add", "path": "/spec/containers/0", "value": side}]
        answer = {"uid": ask["uid"], "allowed": True, "patchType": "JSONPatch",
                  "patch": base64.b64encode(json.dumps(patch).encode()).decode()}
        body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                           "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = ThreadingHTTPServer(("0.0.0.0", 8443), Handler)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain("/tls/tls.crt", "/tls/tls.key")
server.socket = tls.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def services_image() -> str:
    """The image of the services, which has a Python and is on every node."""
    (operator,) = get("-n", "loadlab-system", "pods", "-l", "app.kubernetes.io/name=loadlab")[
        "items"
    ]
    variables = operator["spec"]["containers"][0]["env"]
    return next(str(v["value"]) for v in variables if v["name"] == "LOADLAB_IMAGE_SERVICES")


def install(lab: Lab, folder: Path, program: str = SLEEPS) -> None:
    """Add a container to each pod of the lab's experiments from here on."""
    certificate, key = _certificate(lab.namespace, folder)
    image = services_image()
    manifests = [_secret(certificate, key), _pod(image, program), _service()]
    lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests))
    lab.kubectl("wait", "--for=condition=Ready", f"pod/{NAME}", "--timeout=60s")
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump(_configuration(lab.namespace, certificate)))


def remove(lab: Lab) -> None:
    kubectl("delete", "mutatingwebhookconfiguration", NAME, "--ignore-not-found")
    lab.kubectl("delete", "--ignore-not-found", f"pod/{NAME}", f"service/{NAME}", f"secret/{NAME}")


def _certificate(namespace: str, folder: Path) -> tuple[bytes, bytes]:
    host, paths = f"{NAME}.{namespace}.svc", (folder / "tls.crt", folder / "tls.key")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
    files = ["-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run([*command, *names, *files], check=True, capture_output=True)
    return paths[0].read_bytes(), paths[1].read_bytes()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _secret(certificate: bytes, key: bytes) -> Json:
    data = {"tls.crt": _text(certificate), "tls.key": _text(key)}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": NAME}, "data": data}


def sidecar(image: str, program: str = SLEEPS) -> Json:
    """The container that pods get: it stands beside the others, and no request goes through it."""
    return {
        "name": SIDECAR,
        "image": image,
        "command": ["python", "-c", program],
        "securityContext": RESTRICTED,
        "resources": {"requests": {"memory": "40Mi"}, "limits": {"memory": "200Mi"}},
    }


def _pod(image: str, program: str) -> Json:
    container = {
        "name": "webhook",
        "image": image,
        "command": ["python", "-c", WEBHOOK],
        "env": [{"name": "SIDECAR", "value": json.dumps(sidecar(image, program))}],
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": "tls", "mountPath": "/tls"}],
        "readinessProbe": {"tcpSocket": {"port": 8443}, "periodSeconds": 1},
    }
    spec = {
        "terminationGracePeriodSeconds": 0,
        "securityContext": {"fsGroup": 10001},
        "containers": [container],
        "volumes": [{"name": "tls", "secret": {"secretName": NAME}}],
    }
    metadata = {"name": NAME, "labels": {"app": NAME}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _service() -> Json:
    spec = {"selector": {"app": NAME}, "ports": [{"port": 443, "targetPort": 8443}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME}, "spec": spec}


def _configuration(namespace: str, certificate: bytes) -> Json:
    webhook = {
        "name": f"{NAME}.lab.example",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "timeoutSeconds": 5,
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "objectSelector": {"matchLabels": {"app.kubernetes.io/managed-by": "loadlab"}},
        "rules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["pods"],
            }
        ],
        "clientConfig": {
            "caBundle": _text(certificate),
            "service": {"name": NAME, "namespace": namespace, "path": "/"},
        },
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": NAME},
        "webhooks": [webhook],
    }
