"""The tables of `wells` as ORM classes, the same for every variant.

`schema.sql` and `keys.sql` beside this module create the tables; a test holds both together.
Relations never load on their own: a lazy load is a query that nobody asked for, and an
AsyncSession cannot run one at all.
"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, DateTime, ForeignKey, Integer, Numeric, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """What the classes have in common."""

    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it from the class)
        int: BigInteger,
        str: Text,
        datetime: DateTime(timezone=True),
    }


class Operator(Base):
    """A company that runs wells."""

    __tablename__ = "operators"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    country: Mapped[str]


class Field(Base):
    """An oil field: wells that draw from the same rock."""

    __tablename__ = "fields"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    basin: Mapped[str]


class Well(Base):
    """One well."""

    __tablename__ = "wells"

    id: Mapped[int] = mapped_column(primary_key=True)
    field_id: Mapped[int] = mapped_column(ForeignKey("fields.id"))
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    name: Mapped[str]
    status: Mapped[str]
    depth_m: Mapped[int] = mapped_column(Integer)
    drilled_on: Mapped[date]

    field: Mapped[Field] = relationship(lazy="raise")
    operator: Mapped[Operator] = relationship(lazy="raise")


class Measurement(Base):
    """What a well gave at one moment."""

    __tablename__ = "measurements"

    id: Mapped[int] = mapped_column(primary_key=True)
    well_id: Mapped[int] = mapped_column(ForeignKey("wells.id"))
    measured_at: Mapped[datetime]
    oil_m3: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    pressure_bar: Mapped[Decimal] = mapped_column(Numeric(7, 2))
    water_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))


class Event(Base):
    """What happened at a well."""

    __tablename__ = "well_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    well_id: Mapped[int] = mapped_column(ForeignKey("wells.id"))
    kind: Mapped[str]
    note: Mapped[str]
    happened_at: Mapped[datetime]
