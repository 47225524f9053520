"""What the variants of `simulation` share towards HTTP: the path, its parameters, the answer."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from loadlab_services.orders.request import UserId

__all__ = ["PATH", "Accepted", "Fib", "RequestId", "Simulated", "UserId"]

PATH: Final = "/simulation"
# fibonacci(35) takes seconds; each step beyond it 1.6 times as long.
Fib = Annotated[
    int,
    Query(
        ge=1,
        le=35,
        description="how high to count, unless the total is less",
        json_schema_extra={"x-cheap-up-to": 10},
    ),
]


RequestId = Annotated[int, Query(ge=0, le=10**15, description="by which the result is found")]


class Accepted(BaseModel):
    """The answer of `queued`: what is known already, and the key of the number to come."""

    key: UUID
    total: int
    products: int
    orders: int


class Simulated(BaseModel):
    """The answer."""

    total: int
    fib: int
    products: int
    orders: int
