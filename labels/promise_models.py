"""Certificates of promise (承诺达标合格证), everything printed frozen: only added, never changed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
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
from trace.batches.models import Batch


class Promise(Base, Identified):
    """A party promises that some of a batch meets what the law asks of it.

    `token` is the random number of its public address. `promises` are texts, `basis` is
    [{key, zh}], `rests_on` names the reports and events behind a basis of test. `contact` is the
    sealed digest of what is printed (it may be a person's), `quantity` in the base of the form.
    """

    __tablename__ = "promise"
    __table_args__ = (
        UniqueConstraint("token"),
        UniqueConstraint("number"),
        UniqueConstraint("party_id", "issued_on", "ordinal"),
        UniqueConstraint("replaces_id"),
        CheckConstraint("form IN ('producer', 'purchaser')", "form_known"),
        CheckConstraint("quantity > 0", "has_quantity"),
        CheckConstraint("replaces_id IS NULL OR replaces_id <> id", "of_another"),
        Index("ix_promise_party_issued", "party_id", "issued_at", "id"),
    )

    token: Mapped[UUID]
    number: Mapped[str] = mapped_column(String(24))
    ordinal: Mapped[int] = mapped_column(Integer)
    form: Mapped[str] = mapped_column(String(10))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), index=True)
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("promise.id"))
    template: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(40))
    lead: Mapped[str] = mapped_column(String(120))
    promises: Mapped[Any] = mapped_column(Json)
    basis: Mapped[Any] = mapped_column(Json)
    rests_on: Mapped[Any] = mapped_column(Json, default=list)
    other_proof: Mapped[str | None] = mapped_column(Text)
    product_name: Mapped[str] = mapped_column(String(60))
    goods_form: Mapped[str] = mapped_column(String(40))
    batch_number: Mapped[str] = mapped_column(String(40))
    base: Mapped[str] = mapped_column(String(5))
    quantity: Mapped[int] = mapped_column(BigInteger)
    quantity_typed: Mapped[str] = mapped_column(String(30))
    quantity_unit: Mapped[str] = mapped_column(String(10))
    origin: Mapped[str] = mapped_column(String(200))
    promisor: Mapped[str] = mapped_column(String(120))
    credit_code: Mapped[str] = mapped_column(String(18))
    contact: Mapped[str] = mapped_column(String(64))
    sample: Mapped[bool] = mapped_column(Boolean, default=False)
    issued_on: Mapped[date]
    keep_until: Mapped[date]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    issued_at: Mapped[datetime]

    batch: Mapped[Batch] = relationship(lazy="joined", innerjoin=True)


class PromiseLink(Base):
    """That the goods of a certificate are, or are part of, those of an older one."""

    __tablename__ = "promise_link"
    __table_args__ = (CheckConstraint("promise_id <> old_id", "of_another"),)

    promise_id: Mapped[UUID] = mapped_column(ForeignKey("promise.id"), primary_key=True)
    old_id: Mapped[UUID] = mapped_column(ForeignKey("promise.id"), primary_key=True, index=True)


class PromiseReceipt(Base, Identified):
    """That a buyer collected a certificate, by its number or by scanning it, and keeps it."""

    __tablename__ = "promise_receipt"
    __table_args__ = (
        UniqueConstraint("promise_id", "party_id"),
        CheckConstraint("how IN ('number', 'scan')", "how_known"),
        Index("ix_promise_receipt_party_received", "party_id", "received_at", "id"),
    )

    promise_id: Mapped[UUID] = mapped_column(ForeignKey("promise.id"))
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    how: Mapped[str] = mapped_column(String(8))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    received_at: Mapped[datetime]


class PromiseWithdrawal(Base):
    """That a certificate was taken back, with a reason; it stays on record."""

    __tablename__ = "promise_withdrawal"

    promise_id: Mapped[UUID] = mapped_column(ForeignKey("promise.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    withdrawn_at: Mapped[datetime]


for _evidence in (Promise, PromiseLink, PromiseReceipt, PromiseWithdrawal):
    append_only(_evidence.__table__)
