"""Where k6 sends its own metrics: what an installation says, and no experiment may."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints, field_validator

from loadlab.base.models import ApiModel
from loadlab.base.quantities import Duration, bounded
from loadlab.base.rules import Rule, RuledModel
from loadlab.model.spec.request import HEADER_NAME, SecretHeader

# Without a user, a query or a fragment: k6 takes host and path apart, and prints both.
RECEIVER_URL = (
    r"^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~/-]*)?$"
)
HeaderName = Annotated[str, StringConstraints(pattern=HEADER_NAME, max_length=100)]
HeaderText = Annotated[str, StringConstraints(pattern=r"^[!-~]([ -~]*[!-~])?$", max_length=1000)]
TrendStat = Annotated[
    str, StringConstraints(pattern=r"^(count|sum|min|max|avg|med|p\([0-9]{1,2}(\.[0-9]{1,3})?\))$")
]


class Receiver(RuledModel):
    """Whose pods or addresses take the metrics: whom a NetworkPolicy lets k6 speak to."""

    RULES: ClassVar[tuple[Rule["Receiver"], ...]] = (
        Rule(
            "has(self.namespace) != has(self.cidr)",
            lambda it: (it.namespace is None) != (it.cidr is None),
            "give either a namespace or a cidr",
        ),
    )

    namespace: str | None = Field(default=None, description="All pods of this namespace.")
    cidr: str | None = Field(default=None, description="Addresses beyond the cluster.")
    port: int = Field(ge=1, le=65_535, description="Their port: of pods theirs, not a Service's.")


class K6Output(ApiModel):
    """One of k6's outputs."""

    url: str = Field(pattern=RECEIVER_URL, max_length=500, description="Where it writes to.")
    interval: Annotated[Duration, bounded("1s", "5m")] = Field(
        default="10s", description="How often it does."
    )
    headers: tuple[tuple[HeaderName, HeaderText], ...] = Field(
        default=(), description="Headers in plain words, by name."
    )
    headers_from: tuple[SecretHeader, ...] = Field(
        default=(), description="Headers from Secrets of each experiment's namespace."
    )
    to: Receiver = Field(description="Whom the generators' NetworkPolicies let through.")

    @field_validator("headers", mode="before")
    @classmethod
    def _in_pairs(cls, value: object) -> object:
        """Take a map as pairs: plans are looked up by what an installation says."""
        return tuple(value.items()) if isinstance(value, Mapping) else value


class RemoteWrite(K6Output):
    """What goes to a Prometheus by remote write."""

    # k6 keeps all samples from one write to the next, 2.4 kB of a request.
    interval: Annotated[Duration, bounded("1s", "10s")] = Field(
        default="5s", description="How often it does."
    )
    trend_stats: tuple[TrendStat, ...] = Field(
        default=(), description="Figures of each time instead of a native histogram."
    )


class K6Outputs(ApiModel):
    """Those of k6's outputs that are on beside LoadLab's own."""

    opentelemetry: K6Output | None = Field(default=None, description="To a collector, by OTLP.")
    prometheus_remote_write: RemoteWrite | None = Field(
        default=None, description="To a Prometheus, by remote write."
    )

    @property
    def receivers(self) -> tuple[Receiver, ...]:
        """Whom k6 speaks to for them."""
        outputs = (self.opentelemetry, self.prometheus_remote_write)
        return tuple(output.to for output in outputs if output)
