"""What a spec left open and the operator chose: facts, from which the same plan is made again."""

import operator
from typing import Annotated

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.rounding import decimals
from loadlab.model.spec.placement import ServiceCpu
from loadlab.model.status.absent import without_default
from loadlab.model.status.search import SearchEnd

NodeName = Annotated[str, Field(max_length=253)]
MOST_NODES = 20  # of one component
LONGEST_TITLE = 200  # characters of a cell's


class CellLoad(ObservedModel):
    """What a cell carried in its pilot trial, and the rate that it is offered for it."""

    cell: str = Field(max_length=LONGEST_TITLE, description="The cell, without a rate.")
    carries: Annotated[float | None, decimals(1)] = Field(
        default=None,
        description=(
            "Successful requests a second that it carried in a closed loop, at least; absent where "
            "its pilot trial came to no result, or had mostly failures at a rate that is given."
        ),
    )
    rate: int | None = Field(
        default=None,
        description="Requests per load.timeUnit that were chosen; absent where factors.rate says.",
    )
    tier: int = Field(
        default=1,
        description="Cells of one tier are offered one rate; only those are compared by trials.",
    )
    rates: tuple[int, ...] = Field(
        default=(),
        max_length=50,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description="With load.search: the rate of each of its trials, in their order.",
    )
    ended: SearchEnd | None = Field(
        default=None, description="With load.search: why no further rate is tried."
    )


class PartNodes(ObservedModel):
    """On which nodes a component is."""

    component: str = Field(max_length=20, description="service, worker, k6 or a store.")
    nodes: tuple[NodeName, ...] = Field(max_length=MOST_NODES, description="Names of its nodes.")


class Chosen(ObservedModel):
    """What was chosen for an experiment; it stays once it stands in the status."""

    seed: int = Field(description="Seed of the trials' order: as given, or drawn from the uid.")
    service_cpu: ServiceCpu | None = Field(
        default=None,
        description=(
            "Exclusive or Shared, as given or as found out with the first trial; absent until then."
        ),
    )
    service_cpu_reason: str = Field(
        default="", max_length=500, description="Why it is Shared where Exclusive was preferred."
    )
    layout: tuple[PartNodes, ...] = Field(
        default=(),
        max_length=6,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description=(
            "Nodes of each component and store in the first trial that came to a result; later "
            "trials run on no others. Absent until then."
        ),
    )
    generator_apart: bool | None = Field(
        default=None,
        description=(
            "Whether the load generator and all stores run on other nodes than the service; "
            "absent until the first trial has shown it."
        ),
    )
    replicates: int | None = Field(
        default=None,
        description=(
            "With spec.precision: replicates of each cell, as computed from the first ones; absent "
            "until then."
        ),
    )
    loads: tuple[CellLoad, ...] = Field(
        default=(),
        max_length=50,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description=(
            "With load.purpose Compare or load.search: what the pilot trials found, cell by cell."
        ),
    )

    def nodes_of(self, component: str) -> tuple[str, ...]:
        """Return the nodes that a component is held to; none until that is known."""
        return next((part.nodes for part in self.layout if part.component == component), ())
