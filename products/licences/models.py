"""Licences and trade items."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Identified


class Licence(Base, Identified):
    """That a party may label a product, from–to (both days included), with evidence.

    `mark` (the official mark) only where a GI record of the product is proven.
    """

    __tablename__ = "licence"
    __table_args__ = (
        CheckConstraint("ends IS NULL OR ends >= starts", "order"),
        CheckConstraint("NOT mark OR gi_record_id IS NOT NULL", "mark_has_record"),
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), index=True)
    starts: Mapped[date]
    ends: Mapped[date | None]
    mark: Mapped[bool] = mapped_column(Boolean, default=False)
    gi_record_id: Mapped[UUID | None] = mapped_column(ForeignKey("gi_record.id"))
    evidence: Mapped[str] = mapped_column(Text)
    evidence_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str | None] = mapped_column(Text)


class TradeItem(Base, Identified):
    """A real GTIN that a party holds for one pack of a product; never invented."""

    __tablename__ = "trade_item"

    gtin: Mapped[str] = mapped_column(String(14), unique=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    net_content: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
