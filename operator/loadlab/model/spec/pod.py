"""What a variant says of the pods that its service runs in; a preparation of its own, too."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from loadlab.base.models import ApiModel
from loadlab.base.rules import Rule, short_keys
from loadlab.model.spec.placement import LabelValue
from loadlab.model.spec.secrets import SecretName

AnnotationValue = Annotated[str, Field(max_length=1000)]
# Of whatever has PodFields.
POD_RULES: tuple[Rule[Any], ...] = (
    Rule(
        "!has(self.automountServiceAccountToken) || has(self.serviceAccountName)",
        lambda it: it.automount_service_account_token is None or bool(it.service_account_name),
        "automountServiceAccountToken goes with serviceAccountName: no pod has another's token",
    ),
    short_keys("pod_labels", "podLabels", 317),
    short_keys("pod_annotations", "podAnnotations", 317),
)


class PullSecret(ApiModel):
    """A Secret of the namespace by which an image is pulled."""

    name: SecretName


class PullPolicy(StrEnum):
    """When a node asks the registry for an image."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class PodFields(ApiModel):
    """The fields about the pods of an image, as a pod's own spec calls them."""

    image_pull_policy: PullPolicy | None = Field(
        default=None,
        description=(
            "When a node asks the registry for the image; absent as Kubernetes does (Always for "
            "the tag latest or none, else IfNotPresent), unless the operator's is Always or Never. "
            "IfNotPresent for latest takes what is on the node, be it last week's."
        ),
    )
    image_pull_secrets: tuple[PullSecret, ...] | None = Field(
        default=None,
        max_length=5,
        description=(
            "Secrets of the namespace by which the image is pulled, such as [{name: regcred}], "
            "beside those of the operator; absent for none."
        ),
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    )
    service_account_name: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        max_length=253,
        description=(
            "ServiceAccount of the image's pods, such as shop. Its owner must have labelled it "
            'loadlab.dev/may-be-used: "true"; absent for the namespace\'s default one.'
        ),
    )
    automount_service_account_token: bool | None = Field(
        default=None,
        description=(
            "true gives the image's pods the token of serviceAccountName; absent for no token."
        ),
    )
    pod_labels: dict[str, LabelValue] = Field(
        default={},
        max_length=20,
        description=(
            "Labels of the pods beside ours, such as {team: shop}; none of loadlab.dev, "
            "kubernetes.io or k8s.io."
        ),
    )
    pod_annotations: dict[str, AnnotationValue] = Field(
        default={},
        max_length=20,
        description=(
            'Annotations of the pods, such as {sidecar.istio.io/inject: "false"}; none of '
            "loadlab.dev, kubernetes.io or k8s.io."
        ),
    )
