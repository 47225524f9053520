"""The table of `items`, and how a queue's worker writes into it.

The schema is made by the migrations beside this module; a test holds the two together.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Connection, DateTime, Identity, Text, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """Knows the tables of this workload."""


class Item(Base):
    """One item. `key` is made by the API, so a job that comes twice writes once."""

    __tablename__ = "items"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[UUID] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


def write_item(
    session_or_connection: Session | Connection, *, key: str, name: str, description: str
) -> bool:
    """Write one item unless its key is there already; the caller commits. Tells whether it was new.

    Call `cache.invalidate` after the commit, and also where this answers False: the worker that
    wrote the row may have died before it cleared the cache.
    """
    statement = (
        insert(Item)
        .values(key=UUID(key), name=name, description=description)
        .on_conflict_do_nothing(index_elements=[Item.key])
        .returning(Item.id)
    )
    return session_or_connection.execute(statement).scalar_one_or_none() is not None
