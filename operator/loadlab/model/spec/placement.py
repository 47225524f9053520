"""Where the pods run."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from loadlab.base.quantities import Cpu
from loadlab.base.rules import Rule, RuledModel, short_keys


class ServiceCpu(StrEnum):
    """Whether the service owns its CPUs."""

    PREFERRED = "Preferred"
    EXCLUSIVE = "Exclusive"
    SHARED = "Shared"


LabelValue = Annotated[
    str, Field(pattern=r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$", max_length=63)
]


class Placement(RuledModel):
    """Where the pods run."""

    RULES: ClassVar[tuple[Rule["Placement"], ...]] = (
        short_keys("node_selector", "nodeSelector", 317),  # a subdomain, a slash, a name
    )

    service_cpu: ServiceCpu = Field(
        default=ServiceCpu.PREFERRED,
        description=(
            "Exclusive: a Guaranteed pod with whole CPUs, which a kubelet with the static CPU "
            "manager gives to it alone. Shared: it competes for CPU with all others. Preferred: "
            "Exclusive where the first trial's service finds a node with as many free CPUs, else "
            "Shared, for all trials alike; status.chosen says which, and why."
        ),
    )
    foreign_cpu: Cpu | None = Field(
        default=None,
        description=(
            "CPUs, such as 500m, that others may use of the service's CPUs, or of those of stores "
            "and generator, before a trial is void and repeated; absent for 300m, or a tenth of "
            "the CPUs where that is more."
        ),
    )
    node_selector: dict[str, LabelValue] = Field(
        default={}, max_length=20, description="Labels of the nodes that may run the pods."
    )
