"""The cluster, the CRDs, the operator and the images of what it starts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from loadlab.base.names import GROUP, VERSION
from loadlab.cli.doctor.finding import Answer, Ask, Finding, Outcome, unknown
from loadlab.model.spec import LoadExperimentSpec

OLDEST_KUBERNETES = (1, 30)  # as the chart demands
_INSTALL = (
    "build, push and name its images, as none are published yet, then: helm install loadlab "
    "charts/loadlab -n loadlab-system --create-namespace --set … (docs/how-to/install.md says how)"
)
_IS_IT_UP = "is the cluster up, and is it the context of your kubeconfig (--context)?"
_LOG_IN = "log in anew: it refuses the credentials of your context; or name another by --context"
_CRD = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/loadexperiments.{GROUP}"
_OPERATORS = (
    "/apis/apps/v1/deployments?labelSelector="
    "app.kubernetes.io/name=loadlab,app.kubernetes.io/component=operator"
)
_VERSION_LABEL = "app.kubernetes.io/version"
_IMAGE = re.compile(r"LOADLAB_IMAGE_(?!PULL)(?P<component>\w+)")
Document = Mapping[str, Any]


def cluster(ask: Ask, server: str) -> Finding:
    """Whether the API server at an address answers, and is new enough."""
    answer = ask("/version")
    if not answer.is_there:
        remedy = _LOG_IN if answer.status == 401 else _IS_IT_UP
        return Finding("cluster", Outcome.PROBLEM, f"the API server {server}: {answer.why}", remedy)
    found = str(answer.document.get("gitVersion", ""))
    numbers = re.match(r"v(\d+)\.(\d+)", found)
    if numbers is None:
        message = f"the version of {server}: {found or 'it names none'}"
        return Finding("cluster", Outcome.UNKNOWN, message)
    message = f"Kubernetes {found} at {server}"
    if tuple(map(int, numbers.groups())) < OLDEST_KUBERNETES:
        oldest = ".".join(map(str, OLDEST_KUBERNETES))
        return Finding("cluster", Outcome.PROBLEM, message, f"take {oldest} or later")
    return Finding("cluster", Outcome.OK, message)


def crd(ask: Ask, own: str) -> Finding:
    """Whether the resources are known, and are those that this command writes."""
    answer = ask(_CRD)
    if answer.status == 404:
        return Finding("crd", Outcome.PROBLEM, "LoadExperiments are not installed", _INSTALL)
    if not answer.is_there:
        return _served(ask, answer)
    schemas = [v for v in answer.document["spec"]["versions"] if v["name"] == VERSION]
    if not schemas:
        return Finding("crd", Outcome.PROBLEM, f"it does not serve {VERSION}", _upgrade(own))
    known = _fields(schemas[0])
    wanted = {info.alias or name for name, info in LoadExperimentSpec.model_fields.items()}
    if lacking := sorted(wanted - known):
        message = f"it is of an older release: it lacks spec.{', spec.'.join(lacking)}"
        return Finding("crd", Outcome.PROBLEM, message, _upgrade(own))
    if more := sorted(known - wanted):
        message = f"it is of a later release than this command: it has spec.{', spec.'.join(more)}"
        return Finding("crd", Outcome.WARNING, message, "take the command of that release")
    named = (answer.document["metadata"].get("labels") or {}).get(_VERSION_LABEL)
    release = f", of release {named}" if named else ""
    return Finding("crd", Outcome.OK, f"{GROUP}/{VERSION} with all fields of {own}{release}")


def _served(ask: Ask, refused: Answer) -> Finding:
    served = ask(f"/apis/{GROUP}/{VERSION}")
    if served.status == 404:
        return Finding("crd", Outcome.PROBLEM, "LoadExperiments are not installed", _INSTALL)
    if not served.is_there:
        return unknown("crd", f"{GROUP}/{VERSION}", served)
    return unknown("crd", f"{GROUP}/{VERSION} is served; which release's it is", refused)


def _fields(version: Document) -> set[str]:
    schema = version.get("schema", {}).get("openAPIV3Schema", {})
    return set(schema.get("properties", {}).get("spec", {}).get("properties", {}))


def _upgrade(own: str) -> str:
    return f"helm upgrade loadlab charts/loadlab of release {own}"


def operator(answer: Answer, namespace: str, own: str) -> Iterator[Finding]:
    """Whether an operator runs, is of this release and looks at the namespace."""
    if not answer.is_there:
        yield unknown("operator", "Deployments of all namespaces", answer)
        return
    if not answer.items:
        yield Finding("operator", Outcome.PROBLEM, "there is none", _INSTALL)
    for deployment in answer.items:
        yield _operator(deployment, own)
        watched = variables(deployment).get("LOADLAB_WATCH_NAMESPACES", "")
        if watched and namespace not in re.split(r"[\s,]+", watched):
            message = f"it looks at {watched} only, not at {namespace}"
            remedy = f"add {namespace} to the chart's watchNamespaces, or take another namespace"
            yield Finding("operator", Outcome.PROBLEM, message, remedy)


def _operator(deployment: Document, own: str) -> Finding:
    metadata, status = deployment["metadata"], deployment.get("status") or {}
    place = f"{metadata['namespace']}/{metadata['name']}"
    if not status.get("readyReplicas"):
        remedy = f"kubectl logs deployment/{metadata['name']} -n {metadata['namespace']}"
        return Finding("operator", Outcome.PROBLEM, f"{place} is not ready", remedy)
    release = (metadata.get("labels") or {}).get(_VERSION_LABEL)
    if release is None:
        return Finding("operator", Outcome.UNKNOWN, f"{place} is ready; its label names no release")
    if release != own:
        message = f"{place} is ready, of release {release}; this command is of {own}"
        return Finding("operator", Outcome.WARNING, message, "take the command of its release")
    return Finding("operator", Outcome.OK, f"{place} is ready, of release {release}")


def operators(ask: Ask) -> Answer:
    """Read the operators' Deployments."""
    return ask(_OPERATORS)


def variables(deployment: Document) -> dict[str, str]:
    """Return the environment of an operator, as far as it stands in its Deployment."""
    containers = deployment["spec"]["template"]["spec"]["containers"]
    env = [each for container in containers for each in container.get("env") or ()]
    return {each["name"]: each.get("value") or "" for each in env}


def images(deployments: Answer, nodes: Answer) -> Iterator[Finding]:
    """Whether the images of what an operator starts lie on the nodes, as far as they tell."""
    if not (deployments.is_there and nodes.is_there):
        missing = nodes if deployments.is_there else deployments
        yield unknown("images", "what the operator starts, and what nodes hold", missing)
        return
    held = [_held(node) for node in nodes.items]
    for deployment in deployments.items:
        env = variables(deployment)
        policy = env.get("LOADLAB_IMAGE_PULL_POLICY", "")
        for name, image in env.items():
            if found := _IMAGE.fullmatch(name):
                yield _image(found["component"].lower(), image, held, policy)


def _image(component: str, image: str, held: list[set[str]], policy: str) -> Finding:
    count = sum(_full(image) in names for names in held)
    if held and count == len(held):
        return Finding("images", Outcome.OK, f"{component}: {image}")
    where = f"on {count} of {len(held)} nodes" if count else "on no node"
    message = f"{component}: {image} is {where}, as far as they tell"
    if policy == "Never" or image.startswith("localhost/"):
        remedy = f"load it into each node, or let the chart's images.{component} name a registry"
        outcome = Outcome.WARNING if count else Outcome.PROBLEM
        return Finding("images", outcome, message, remedy)
    return Finding("images", Outcome.UNKNOWN, f"{message}; it is pulled when it is first needed")


def _held(node: Document) -> set[str]:
    images = (node.get("status") or {}).get("images") or ()
    return {_full(name) for image in images for name in image.get("names") or ()}


def _full(image: str) -> str:
    """Spell an image as the container runtime does."""
    first, slash, rest = image.partition("/")
    if not slash:
        return f"docker.io/library/{image}"
    is_registry = "." in first or ":" in first or first == "localhost"
    return image if is_registry else f"docker.io/{first}/{rest}"
