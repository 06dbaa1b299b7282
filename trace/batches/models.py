"""Batches and the events of their nine stages."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database.append_only import append_only
from core.database.base import Base, Identified, Json
from core.identity.models import Party
from products.models import Product


class Batch(Base, Identified):
    """What a producer made in one go. `quantity` is in the form's base: milligrams or a count.

    Until `confirmed_at` the quantity is a declaration and nothing stands in the books.
    """

    __tablename__ = "batch"
    __table_args__ = (
        UniqueConstraint("party_id", "number"),
        CheckConstraint("quantity > 0", "has_quantity"),
        CheckConstraint("base IN ('mass', 'count')", "base_known"),
        Index("ix_batch_party_created", "party_id", "created_at", "id"),
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), index=True)
    number: Mapped[str] = mapped_column(String(40))
    form: Mapped[str] = mapped_column(String(40))
    process: Mapped[str | None] = mapped_column(String(40))
    condition: Mapped[str | None] = mapped_column(String(40))
    grade: Mapped[str | None] = mapped_column(String(40))
    base: Mapped[str] = mapped_column(String(5))
    quantity: Mapped[int] = mapped_column(BigInteger)
    quantity_typed: Mapped[str] = mapped_column(String(30))
    quantity_unit: Mapped[str] = mapped_column(String(10))
    production_date: Mapped[date]
    best_before: Mapped[date | None]
    place_code: Mapped[str | None] = mapped_column(ForeignKey("division.code"))
    place: Mapped[str | None] = mapped_column(String(120))
    declared: Mapped[Any] = mapped_column(Json, default=list)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    version: Mapped[int] = mapped_column(Integer, default=1)

    product: Mapped[Product] = relationship(lazy="joined", innerjoin=True)
    party: Mapped[Party] = relationship(lazy="joined", innerjoin=True)


class Event(Base, Identified):
    """A fact of one stage. A correction names the one it replaces, with a reason; both stay.

    `readings` are [{characteristic, typed, unit, detection_limit, requirement}]; `documents`
    are [{name, document}]. `operator` is the sealed digest of a person's name, never the name.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("corrects_id"),
        CheckConstraint("(corrects_id IS NULL) = (reason IS NULL)", "correction_has_reason"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    stage: Mapped[str] = mapped_column(String(20))
    happened_on: Mapped[date]
    place: Mapped[str | None] = mapped_column(String(120))
    note: Mapped[str | None] = mapped_column(Text)
    operator: Mapped[str | None] = mapped_column(String(64))
    readings: Mapped[Any] = mapped_column(Json, default=list)
    documents: Mapped[Any] = mapped_column(Json, default=list)
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("event.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[datetime]


class Submission(Base, Identified):
    """送检: a producer sends a batch to a laboratory, which from then on sees it."""

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("batch_id", "laboratory_id"),)

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"))
    laboratory_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    note: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    sent_at: Mapped[datetime]


append_only(Event.__table__)
append_only(Submission.__table__)
