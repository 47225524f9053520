"""The same service and the same requests by somebody who has kubectl and k6, and no LoadLab."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.e2e.cluster_tools import VALUES, Lab, RefusedError, eventually
from tests.e2e.mesh import RESTRICTED
from tests.manifests import Json

PORT = 8000
LABEL = "lab.example/plain"
KINDS = "deployment,service,pod,configmap"
POD_SECURITY: Json = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
# What an experiment gives its service where it says nothing.
USUAL = {"cpu": "1", "memory": "1Gi"}
LEAST = {"cpu": "20m", "memory": "32Mi"}
RUN_SECONDS = 90
SETTLED_SECONDS = 2  # in which the node learns of the new pod: some connections met the old one


def image_of(part: str) -> str:
    """An image of the chart's values, such as k6."""
    image = yaml.safe_load(VALUES.read_text())["images"][part]
    return f"{image['repository']}:{image['tag']}"


@dataclass(frozen=True, slots=True)
class PlainService:
    """A Deployment with its Service, and a k6 pod for each run."""

    lab: Lab
    name: str

    @property
    def k6(self) -> str:
        return f"{self.name}-k6"

    def give(self, files: Mapping[str, str]) -> None:
        """The files that k6 finds, plain.js among them, in place of those before."""
        load = {"kind": "ConfigMap", "metadata": {"name": self.k6}}
        _apply(self.lab, self.name, [load | {"data": dict(files), "apiVersion": "v1"}])

    def exec(self, *command: str) -> None:
        self.lab.kubectl("exec", f"deployment/{self.name}", "-c", "service", "--", *command)

    def run(self) -> dict[str, float]:
        """One run of the script against fresh processes, and what its summary says."""
        self.lab.kubectl("rollout", "restart", f"deployment/{self.name}")
        self.await_ready()
        time.sleep(SETTLED_SECONDS)
        pod = build_k6_pod(self.k6, f"http://{self.name}:{PORT}")
        self.lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(_marked(pod, self.name)))
        phase = eventually(self._ended, RUN_SECONDS, f"{self.k6} has ended")
        said = self.lab.kubectl("logs", self.k6, "-c", "k6")
        self.lab.kubectl("delete", "pod", self.k6, "--wait")
        assert phase == "Succeeded", f"{self.k6}: {phase}\n{said}"
        summary = [line for line in said.splitlines() if line.startswith("{")]
        assert summary, f"{self.k6} printed no summary:\n{said}"
        figures = dict[str, float](json.loads(summary[-1]))
        print(f"{self.k6}: {figures}")
        return figures

    def await_ready(self) -> None:
        """Wait for its processes, or say what became of them."""
        rollout = ("rollout", "status", f"deployment/{self.name}", "--timeout=60s")
        try:
            self.lab.kubectl(*rollout)
        except RefusedError as error:
            selected = ("-l", f"app={self.name}")
            pods = self.lab.kubectl("describe", "pods", *selected)
            said = self.lab.kubectl("logs", *selected, "--all-containers", "--tail=30")
            raise AssertionError(f"{error}\n{pods}\n{said}") from error

    def _ended(self) -> str:
        phase = self.lab.kubectl("get", "pod", self.k6, "-o=jsonpath={.status.phase}")
        return phase if phase in {"Succeeded", "Failed"} else ""


@contextmanager
def plain_service(
    lab: Lab, spec: Json, script: Path | None, env: Sequence[Json] = (), beside: Sequence[Json] = ()
) -> Iterator[PlainService]:
    """Deploy the image of an experiment's only variant with its variables and its resources."""
    (variant,) = spec["variants"]
    name = f"plain-{variant['name']}"
    service = PlainService(lab, name)
    _remove(lab, name)
    given = spec.get("resources", {}).get("service", {})
    limits = {**USUAL, **{what: given[what] for what in USUAL if what in given}}
    container = {
        "name": "service",
        "image": variant["image"],
        "env": [*env, *variant.get("env", [])],
        "ports": [{"containerPort": PORT}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": PORT}, "periodSeconds": 1},
        "resources": {"requests": LEAST, "limits": limits},
        "securityContext": RESTRICTED | {"readOnlyRootFilesystem": True},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    try:
        _apply(lab, name, [_deployment(name, [container, *beside]), _service(name, PORT)])
        service.give({script.name: script.read_text()} if script else {})
        service.await_ready()
        yield service
    finally:
        _remove(lab, name)


@contextmanager
def plain_postgres(lab: Lab, spec: Json, cpu: str = "") -> Iterator[str]:
    """A Postgres with the settings of an experiment's; gives its URL."""
    name, password = "plain-postgres", "plain"
    settings = spec.get("postgres", {}).get("settings", {})
    arguments = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    variables = {"POSTGRES_USER": "plain", "POSTGRES_DB": "plain", "POSTGRES_PASSWORD": password}
    variables["PGDATA"] = "/var/lib/postgresql/data/pgdata"  # the volume itself belongs to root
    container = {
        "name": "postgres",
        "image": image_of("postgres"),
        "args": ["postgres", *arguments],
        "env": [{"name": key, "value": value} for key, value in variables.items()],
        "readinessProbe": {
            "exec": {"command": ["pg_isready", "-q", "-h", "127.0.0.1"]},
            "periodSeconds": 1,
        },
        "resources": {
            "requests": LEAST,
            "limits": {"memory": "1Gi"} | ({"cpu": cpu} if cpu else {}),
        },
        "securityContext": RESTRICTED | {"runAsUser": 999},
        "volumeMounts": [
            {"name": "data", "mountPath": "/var/lib/postgresql/data"},
            {"name": "run", "mountPath": "/var/run/postgresql"},
        ],
    }
    volumes: list[Json] = [{"name": volume, "emptyDir": {}} for volume in ("data", "run")]
    pod = {"containers": [container], "volumes": volumes, "terminationGracePeriodSeconds": 5}
    pod["securityContext"] = POD_SECURITY | {"runAsUser": 999, "fsGroup": 999}
    metadata = {"name": name, "labels": {"app": name}}
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod}
    _remove(lab, name)
    try:
        _apply(lab, name, [whole, _service(name, 5432)])
        lab.kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=90s")
        yield f"postgresql://plain:{password}@{name}:5432/plain"
    finally:
        _remove(lab, name)


def _apply(lab: Lab, name: str, objects: Sequence[Json]) -> None:
    marked = [_marked(each, name) for each in objects]
    lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(marked))


def _remove(lab: Lab, name: str) -> None:
    lab.kubectl("delete", KINDS, "-l", f"{LABEL}={name}", "--wait")


def _marked(manifest: Json, name: str) -> Json:
    """With the label by which it is removed."""
    labels = manifest["metadata"].get("labels", {}) | {LABEL: name}
    return manifest | {"metadata": manifest["metadata"] | {"labels": labels}}


def _deployment(name: str, containers: Sequence[Json]) -> Json:
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": POD_SECURITY | {"runAsUser": 10001, "fsGroup": 10001},
        "terminationGracePeriodSeconds": 5,
        "containers": list(containers),
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    labels = {"app": name, LABEL: name}
    spec = {
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    kind = {"apiVersion": "apps/v1", "kind": "Deployment"}
    return {**kind, "metadata": {"name": name}, "spec": spec}


def _service(name: str, port: int) -> Json:
    spec = {"selector": {"app": name}, "ports": [{"port": port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def build_k6_pod(name: str, target: str) -> Json:
    """The pod of one run; its ConfigMap has the script."""
    container = {
        "name": "k6",
        "image": image_of("k6"),
        "args": ["run", "--quiet", "--no-usage-report", "/load/plain.js"],
        "env": [
            {"name": "TARGET", "value": target},
            {"name": "LOADLAB_TARGET", "value": target},  # as a script of one's own knows it
            {"name": "K6_AUTO_EXTENSION_RESOLUTION", "value": "false"},  # it would call outside
        ],
        "resources": {"requests": LEAST, "limits": {"memory": "1Gi"}},
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": "load", "mountPath": "/load"}],
    }
    pod = {
        "automountServiceAccountToken": False,
        "restartPolicy": "Never",
        "containers": [container],
        "volumes": [{"name": "load", "configMap": {"name": name}}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod}
