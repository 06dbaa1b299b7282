"""Release plans, dated; a new one closes the one before it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Identified, Json
from products.standards.models import stamps_rules


class ReleasePlan(Base, Identified):
    """What each batch needs, what a type inspection covers, which events and documents must stand.

    `type_items` None means every enforced requirement of stage testing; an empty list means that
    no type inspection is asked.
    """

    __tablename__ = "release_plan"
    __table_args__ = (CheckConstraint("ends IS NULL OR ends >= starts", "order"),)

    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), index=True)
    starts: Mapped[date]
    ends: Mapped[date | None]
    standard: Mapped[str] = mapped_column(String(80))
    clause: Mapped[str | None] = mapped_column(String(120))
    every_batch: Mapped[Any] = mapped_column(Json)
    type_items: Mapped[Any | None] = mapped_column(Json)
    type_per_year: Mapped[int | None] = mapped_column(Integer)
    type_months: Mapped[int | None] = mapped_column(Integer)
    stage_events: Mapped[Any] = mapped_column(Json, default=list)
    documents: Mapped[Any] = mapped_column(Json, default=list)
    certainty: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(Text)
    sample: Mapped[bool] = mapped_column(Boolean, default=False)
    evidence_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    origin: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]


stamps_rules(ReleasePlan.__tablename__)
