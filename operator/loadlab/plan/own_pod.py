"""What a variant says of its service's pods: how the image is pulled, as whom it runs, marks."""

import re
from collections.abc import Iterable

from loadlab.model.spec.pod import PodFields, PullPolicy
from loadlab.model.spec.secrets import EnvSource
from loadlab.plan.pods import Manifest

# What these mean is Kubernetes' and ours to say: a pod could leave its Service, or its profile.
RESERVED = re.compile(r"([^/]*\.)?(loadlab\.dev|kubernetes\.io|k8s\.io)/.*")


def build_image(given: PodFields, image: str, of_the_operator: str) -> Manifest:
    """Return an image and how it is pulled, as a piece of a container.

    Kubernetes itself takes the latest of a tag that moves by its name. An operator that never
    pulls, or always does, is on nodes where that is so of all images.
    """
    usual = None if of_the_operator == PullPolicy.IF_NOT_PRESENT else of_the_operator
    policy = given.image_pull_policy or usual
    return {"image": image, **({"imagePullPolicy": str(policy)} if policy else {})}


def build_env_from(given: Iterable[EnvSource]) -> Manifest:
    """Return where more variables come from, as a piece of a container; nothing for nowhere."""
    sources = [source.dump() for source in given]
    return {"envFrom": sources} if sources else {}


def build_identity(given: PodFields) -> Manifest:
    """Return a pod's ServiceAccount and whether it has the token, as a piece of its spec."""
    if given.service_account_name is None:
        return {}
    return {
        "serviceAccountName": given.service_account_name,
        "automountServiceAccountToken": bool(given.automount_service_account_token),
    }


def build_pull_secrets(given: PodFields, of_the_operator: Iterable[str]) -> Manifest:
    """Return the pull secrets, as a piece of a pod's spec: a name that both say stands once."""
    own = [secret.name for secret in given.image_pull_secrets or ()]
    names = dict.fromkeys([*own, *of_the_operator])
    return {"imagePullSecrets": [{"name": name} for name in names]} if names else {}


def marked(template: Manifest, given: PodFields) -> Manifest:
    """Return a pod template with the variant's labels and annotations beside ours."""
    metadata = template["metadata"]
    annotations = metadata["annotations"] | given.pod_annotations
    labels = given.pod_labels | metadata["labels"]
    marks = {"labels": labels, "annotations": annotations}
    return {**template, "metadata": {**metadata, **marks}}
