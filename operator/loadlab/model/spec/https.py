"""Services that are asked by https: their certificate, and who has signed it."""

from pydantic import Field

from loadlab.model.spec.secrets import OBJECT_NAME, MayBeRenewed, ValueSource


class Https(MayBeRenewed):
    """How a service's certificate is found and checked."""

    secret_name: str | None = Field(
        default=None,
        pattern=OBJECT_NAME,
        max_length=253,
        description=(
            "Secret of the namespace with the certificate, such as shop-tls, whose keys (tls.crt, "
            "tls.key) are files in /tls of the image's container; absent where it has its own."
        ),
    )
    ca: ValueSource | None = Field(
        default=None,
        description=(
            "Certificates, in PEM, of those who may have signed it, such as {secretKeyRef: {name: "
            "shop-tls, key: ca.crt}}; absent for the cluster's own (ConfigMap kube-root-ca.crt)."
        ),
    )
