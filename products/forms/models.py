"""Conversion ranges of a product's forms."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.append_only import append_only
from core.database.base import Base, Identified


class Conversion(Base, Identified):
    """折算范围: how much of `to_form` one unit of `from_form` gives, at least and at most.

    `low` and `high` are in `unit` per `per_unit` as typed (公斤 per 公斤, 公斤 per 头). Of a pair of
    forms the highest number counts. Without a source it is 待核实, and nothing falls outside of it.
    """

    __tablename__ = "conversion"
    __table_args__ = (
        UniqueConstraint("product_id", "from_form", "to_form", "number"),
        CheckConstraint("from_form <> to_form", "of_another_form"),
        CheckConstraint("source IS NOT NULL OR evidence_id IS NULL", "evidence_has_source"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    from_form: Mapped[str] = mapped_column(String(40))
    to_form: Mapped[str] = mapped_column(String(40))
    number: Mapped[int] = mapped_column(Integer)
    low: Mapped[Decimal]
    high: Mapped[Decimal]
    unit: Mapped[str] = mapped_column(String(10))
    per_unit: Mapped[str] = mapped_column(String(10))
    ended: Mapped[bool] = mapped_column(Boolean, default=False)
    source: Mapped[str | None] = mapped_column(Text)
    evidence_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    set_at: Mapped[datetime]


append_only(Conversion.__table__)
