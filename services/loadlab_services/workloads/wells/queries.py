"""The queries of `wells` as SQLAlchemy statements: what every variant runs, sync or async."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, Numeric, Select, cast, func, literal_column, select, true
from sqlalchemy.orm import joinedload

from loadlab_services.workloads.wells.models import Event, Measurement, Well

LAST_EVENTS = 10
BEST_RUN = 10

Listed = tuple[Well, datetime, Decimal]
Month = tuple[date, int, Decimal, Decimal, Decimal]
Standing = tuple[int, int, Decimal, Decimal, Decimal, Decimal]


def wells_page(limit: int, offset: int) -> Select[*Listed]:
    """Some wells by id, each with its field, its operator and its latest measurement."""
    latest = (
        select(Measurement.measured_at, Measurement.oil_m3)
        .where(Measurement.well_id == Well.id)
        .order_by(Measurement.measured_at.desc())
        .limit(1)
        .lateral("latest")
    )
    return (
        select(Well, latest.c.measured_at, latest.c.oil_m3)
        .join(latest, true())
        .options(joinedload(Well.field), joinedload(Well.operator))
        .order_by(Well.id)
        .limit(limit)
        .offset(offset)
    )


def one_well(well_id: int) -> Select[Well]:
    """A well with its field and its operator."""
    return (
        select(Well)
        .options(joinedload(Well.field), joinedload(Well.operator))
        .where(Well.id == well_id)
    )


def months_of(well_id: int) -> Select[*Month]:
    """What a well gave, month by month."""
    month = cast(func.date_trunc(literal_column("'month'"), Measurement.measured_at), Date)
    return (
        select(
            month.label("month"),
            func.count().label("measurements"),
            func.sum(Measurement.oil_m3).label("oil_m3"),
            func.round(func.avg(Measurement.pressure_bar), 2, type_=Numeric).label("pressure_bar"),
            func.max(Measurement.water_percent).label("water_percent"),
        )
        .where(Measurement.well_id == well_id)
        .group_by(month)
        .order_by(month)
    )


def standing_of(well: Well) -> Select[*Standing]:
    """How a well does among the wells of its field: reads every measurement of the field."""
    run = func.sum(Measurement.oil_m3).over(
        partition_by=Measurement.well_id,
        order_by=Measurement.measured_at,
        rows=(1 - BEST_RUN, 0),
    )
    readings = (
        select(
            Measurement.well_id, Measurement.oil_m3, Measurement.pressure_bar, run.label("run_m3")
        )
        .join(Well, Well.id == Measurement.well_id)
        .where(Well.field_id == well.field_id)
        .subquery("readings")
    )
    totals = (
        select(
            readings.c.well_id,
            func.sum(readings.c.oil_m3).label("oil_m3"),
            func.max(readings.c.run_m3).label("best_run_m3"),
            func.percentile_disc(0.9).within_group(readings.c.pressure_bar).label("pressure_p90"),
        )
        .group_by(readings.c.well_id)
        .subquery("totals")
    )
    share = 100 * totals.c.oil_m3 / func.sum(totals.c.oil_m3).over()
    ranked = select(
        totals,
        func.rank().over(order_by=totals.c.oil_m3.desc()).label("rank"),
        func.count().over().label("wells"),
        func.round(share, 2, type_=Numeric).label("percent"),
    ).subquery("ranked")
    return select(
        ranked.c.rank,
        ranked.c.wells,
        ranked.c.oil_m3,
        ranked.c.percent,
        ranked.c.best_run_m3,
        ranked.c.pressure_p90,
    ).where(ranked.c.well_id == well.id)


def last_events(well_id: int) -> Select[Event]:
    """The latest events of a well, the newest first."""
    return (
        select(Event)
        .where(Event.well_id == well_id)
        .order_by(Event.happened_at.desc(), Event.id.desc())
        .limit(LAST_EVENTS)
    )
