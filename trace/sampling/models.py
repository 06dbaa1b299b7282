"""Orders of inspections, risk items, samples and who handed them to whom."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database.append_only import append_only, attach, insert_guard
from core.database.base import Base, Identified, Json
from core.identity.models import Party
from products.models import Product
from trace.batches.models import Batch

BATCH = "batch"
TYPE = "type"
REINSPECTION = "reinspection"
SUPERVISION = "supervision"
ORDER_KINDS = (BATCH, TYPE, REINSPECTION, SUPERVISION)
TEST, RETAINED, RESERVE = "test", "retained", "reserve"
SAMPLE_ROLES = (TEST, RETAINED, RESERVE)
HANDED, RETURNED, DESTROYED = "handed", "returned", "destroyed"
HAND_OVERS = (HANDED, RETURNED, DESTROYED)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


class InspectionOrder(Base, Identified):
    """抽样单: what a laboratory is to inspect, by which rule units are drawn, and which ones.

    `items` are [{characteristic, why: plan | type | risk | asked, clause}]. `sampling` is written
    once, with the seed in it; a trigger lets nothing else change, and an order closes once.
    """

    __tablename__ = "inspection_order"
    __table_args__ = (
        UniqueConstraint("laboratory_id", "number"),
        CheckConstraint(f"kind IN ({_listed(ORDER_KINDS)})", "kind_known"),
        CheckConstraint("batch_id IS NOT NULL OR kind IN ('type', 'supervision')", "batch_named"),
        CheckConstraint("kind <> 'type' OR batch_id IS NULL", "type_has_no_batch"),
        CheckConstraint("laboratory_id <> party_id", "not_its_own_goods"),
        CheckConstraint("(closed_at IS NULL) = (close_reason IS NULL)", "closed_with_reason"),
        Index("ix_inspection_order_party_product", "party_id", "product_id"),
        Index("ix_inspection_order_laboratory_at", "laboratory_id", "ordered_at", "id"),
    )

    number: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(12))
    laboratory_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"), index=True)
    ordered_by: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    items: Mapped[Any] = mapped_column(Json)
    sampling: Mapped[Any | None] = mapped_column(Json)
    note: Mapped[str | None] = mapped_column(Text)
    ordered_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    close_reason: Mapped[str | None] = mapped_column(Text)

    laboratory: Mapped[Party] = relationship(
        lazy="joined", innerjoin=True, foreign_keys=[laboratory_id]
    )
    party: Mapped[Party] = relationship(lazy="joined", innerjoin=True, foreign_keys=[party_id])
    product: Mapped[Product] = relationship(lazy="joined", innerjoin=True)
    batch: Mapped[Batch | None] = relationship(lazy="selectin")
    samples: Mapped[list["Sample"]] = relationship(
        lazy="selectin", order_by="Sample.recorded_at, Sample.number"
    )


class RiskItem(Base, Identified):
    """风险监测项目: what the authority wants looked at in a product, from when to when and why."""

    __tablename__ = "risk_item"
    __table_args__ = (
        CheckConstraint("ends IS NULL OR ends >= starts", "order"),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", "ended_with_reason"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), index=True)
    characteristic: Mapped[str] = mapped_column(String(80))
    starts: Mapped[date]
    ends: Mapped[date | None]
    reason: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    end_reason: Mapped[str | None] = mapped_column(Text)

    product: Mapped[Product] = relationship(lazy="joined", innerjoin=True)


class Sample(Base, Identified):
    """样品: drawn for an order, under a number and a seal that its laboratory uses only once.

    `units` are the units of the lot that it was taken from, by the numbers of the draw.
    """

    __tablename__ = "sample"
    __table_args__ = (
        UniqueConstraint("laboratory_id", "number"),
        UniqueConstraint("laboratory_id", "seal"),
        CheckConstraint(f"role IN ({_listed(SAMPLE_ROLES)})", "role_known"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("inspection_order.id"), index=True)
    laboratory_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    number: Mapped[str] = mapped_column(String(40))
    seal: Mapped[str] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(8))
    amount: Mapped[str] = mapped_column(String(30))
    unit: Mapped[str] = mapped_column(String(10))
    units: Mapped[Any] = mapped_column(Json, default=list)
    drawn_on: Mapped[date]
    place: Mapped[str] = mapped_column(String(120))
    note: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[datetime]

    order: Mapped[InspectionOrder] = relationship(back_populates="samples")
    hand_overs: Mapped[list["HandOver"]] = relationship(lazy="selectin", order_by="HandOver.number")


class HandOver(Base, Identified):
    """交接: a sample goes from who held it to another party, back, or is destroyed; in order."""

    __tablename__ = "hand_over"
    __table_args__ = (
        UniqueConstraint("sample_id", "number"),
        CheckConstraint(f"kind IN ({_listed(HAND_OVERS)})", "kind_known"),
        CheckConstraint("(kind = 'destroyed') = (to_party_id IS NULL)", "destroyed_goes_nowhere"),
        CheckConstraint("to_party_id <> from_party_id", "to_another"),
    )

    sample_id: Mapped[UUID] = mapped_column(ForeignKey("sample.id"))
    number: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(10))
    from_party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    to_party_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"), index=True)
    handed_on: Mapped[date]
    condition: Mapped[str] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[datetime]

    from_party: Mapped[Party] = relationship(
        lazy="joined", innerjoin=True, foreign_keys=[from_party_id]
    )
    to_party: Mapped[Party | None] = relationship(lazy="joined", foreign_keys=[to_party_id])


for _evidence in (Sample, HandOver):
    append_only(_evidence.__table__)

_ORDER_KEPT = (
    "id", "number", "kind", "laboratory_id", "party_id", "product_id", "batch_id", "ordered_by",
    "account_id", "items", "note", "ordered_at",
)  # fmt: skip
_RISK_KEPT = (
    "id", "product_id", "characteristic", "starts", "ends", "reason", "source", "account_id",
    "added_at",
)  # fmt: skip


def _kept(table: str, columns: tuple[str, ...], once: str) -> tuple[list[str], list[str]]:
    """Triggers that let only `once` be met: nothing else of a row changes, no row goes."""
    message = f"append only: {table}"
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns)
    changed_sqlite = changed.replace("IS DISTINCT FROM", "IS NOT")
    once_sqlite = once.replace("IS DISTINCT FROM", "IS NOT")
    sqlite = [
        f"CREATE TRIGGER {table}_keep_update BEFORE UPDATE ON {table} "
        f"WHEN {once_sqlite} OR {changed_sqlite} BEGIN SELECT RAISE(ABORT, '{message}'); END",
        f"CREATE TRIGGER {table}_keep_delete BEFORE DELETE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END",
    ]
    postgres = [
        f"""CREATE OR REPLACE FUNCTION keep_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NOT ({once} OR {changed}) THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION USING MESSAGE = '{message}', ERRCODE = 'restrict_violation';
END $$""",
        f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION keep_{table}()",
        f"CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION keep_{table}()",
    ]
    return sqlite, postgres


for _model, _columns, _once, _keys in (
    (
        InspectionOrder, _ORDER_KEPT,
        "OLD.closed_at IS NOT NULL OR (NEW.closed_at IS NULL AND NEW.sampling IS NULL) OR "
        "(NEW.closed_at IS NULL AND OLD.sampling IS NOT NULL) OR "
        "(OLD.sampling IS NOT NULL AND NEW.sampling IS DISTINCT FROM OLD.sampling)",
        [["id"], ["laboratory_id", "number"]],
    ),
    (RiskItem, _RISK_KEPT, "OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL", [["id"]]),
):  # fmt: skip
    _name = _model.__tablename__
    _sqlite, _postgres = _kept(_name, _columns, _once)
    attach(_model.__table__, [*_sqlite, insert_guard(_name, _keys)], "sqlite")
    attach(_model.__table__, _postgres, "postgresql")
