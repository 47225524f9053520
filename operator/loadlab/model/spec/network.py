"""Who may speak to whom."""

from enum import StrEnum

from pydantic import Field

from loadlab.base.models import ApiModel


class ServiceEgress(StrEnum):
    """Whether the service under test may speak to others than its stores."""

    OPEN = "Open"
    CLOSED = "Closed"


class Network(ApiModel):
    """NetworkPolicies of the experiment's pods; a network plugin has to enforce them."""

    policies: bool = Field(
        default=True,
        description=(
            "true makes a NetworkPolicy for each part: it is reached by, and reaches, the parts "
            "that it works with, and nobody else. false makes none, for a service mesh whose "
            "proxies need connections of their own."
        ),
    )
    service_egress: ServiceEgress | None = Field(
        default=None,
        description=(
            "Open: the service may open connections to anywhere. Closed: to its stores only. "
            "Absent: Open with an image of your own among the variants, else Closed. With "
            "postgres.mode Existing it is open: where that database is, only its Secret says."
        ),
    )
