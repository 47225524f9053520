"""What the variants of `wells` share towards HTTP: routes, parameters, answers, GET /ping.

An unknown well is 404. A database that is away, or a pool in which no connection came free in
time, is 503 with Retry-After, whatever kind of session met it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row

from loadlab_services.stores.unavailable import build_router
from loadlab_services.workloads.wells import queries
from loadlab_services.workloads.wells.engine import DatabaseAwayError
from loadlab_services.workloads.wells.models import Event, Well

LIST_PATH: Final = "/wells"
DETAILS_PATH: Final = "/wells/{well_id}/details"
PING_PATH: Final = "/ping"

Limit = Annotated[int, Query(ge=1, le=500, description="how many wells")]
Offset = Annotated[int, Query(ge=0, le=2**63 - 1, description="how many wells to pass over")]
WellId = Annotated[int, Path(ge=1, le=2**63 - 1, description="which well")]


class Answer(BaseModel):
    """An answer, read from ORM objects or from rows by the names of its fields."""

    model_config = ConfigDict(from_attributes=True)


class FieldAnswer(Answer):
    """The field of a well."""

    id: int
    name: str
    basin: str


class OperatorAnswer(Answer):
    """The operator of a well."""

    id: int
    name: str
    country: str


class WellAnswer(Answer):
    """A well itself."""

    id: int
    name: str
    status: str
    depth_m: int
    drilled_on: date
    field: FieldAnswer
    operator: OperatorAnswer


class ListedWell(BaseModel):
    """A well in the list, with its latest measurement."""

    well: WellAnswer
    measured_at: datetime
    oil_m3: Decimal


class MonthAnswer(Answer):
    """What the well gave in one month."""

    month: date
    measurements: int
    oil_m3: Decimal
    pressure_bar: Decimal
    water_percent: Decimal


class StandingAnswer(Answer):
    """How the well does within its field."""

    rank: int
    wells: int
    oil_m3: Decimal
    percent: Decimal
    best_run_m3: Decimal
    pressure_p90: Decimal


class EventAnswer(Answer):
    """One event."""

    id: int
    kind: str
    note: str
    happened_at: datetime


class WellDetails(BaseModel):
    """Everything about a well."""

    well: WellAnswer
    months: list[MonthAnswer]
    standing: StandingAnswer
    events: list[EventAnswer]


class Pong(BaseModel):
    """The answer of the light route."""

    pong: bool = True


def new_router() -> APIRouter:
    """Make a variant's router; the light route is in it, and is served by the event loop."""
    router = build_router(DatabaseAwayError)

    @router.get(PING_PATH)
    async def ping() -> Pong:
        """Answer without a database."""
        return Pong()

    return router


def fold_list(rows: Sequence[Row[*queries.Listed]]) -> list[ListedWell]:
    """Make the answer of the list."""
    return [
        ListedWell(well=WellAnswer.model_validate(well), measured_at=measured_at, oil_m3=oil_m3)
        for well, measured_at, oil_m3 in rows
    ]


def fold_details(
    well: Well,
    *,
    months: Sequence[Row[*queries.Month]],
    standing: Row[*queries.Standing],
    events: Sequence[Event],
) -> WellDetails:
    """Make the answer of the details."""
    return WellDetails(
        well=WellAnswer.model_validate(well),
        months=[MonthAnswer.model_validate(row) for row in months],
        standing=StandingAnswer.model_validate(standing),
        events=[EventAnswer.model_validate(event) for event in events],
    )


def known(details: WellDetails | None, well_id: int) -> WellDetails:
    """Give what was found, or answer 404; after the transaction, which so commits either way."""
    if details is None:
        raise HTTPException(
            404, f"there is no well {well_id}; GET {LIST_PATH} lists those there are"
        )
    return details
