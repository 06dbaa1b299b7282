"""投入品: what was used on the goods of a batch. Rows are only added, never changed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.append_only import append_only
from core.database.base import Base, Identified
from trace.batches.input_rules import INPUT_KINDS

_KIND_LIST = ", ".join(f"'{kind}'" for kind in INPUT_KINDS)


class BatchInput(Base, Identified):
    """An input as the production record keeps it (农产品质量安全法 第二十七条).

    A correction names the row that it replaces, with a reason; both stay. `registration` is the
    登记证号 of the goods, `supplier_number` the lot that the supplier printed on them, and
    `supplier_key` the same in the one spelling by which it is found.
    """

    __tablename__ = "batch_input"
    __table_args__ = (
        UniqueConstraint("corrects_id"),
        CheckConstraint(f"kind IN ({_KIND_LIST})", "kind_known"),
        CheckConstraint("(corrects_id IS NULL) = (reason IS NULL)", "correction_has_reason"),
        CheckConstraint("(supplier_number IS NULL) = (supplier_key IS NULL)", "found_by_number"),
        CheckConstraint("stopped_on IS NULL OR stopped_on >= used_on", "stopped_after_use"),
        CheckConstraint("interval_days IS NULL OR interval_days >= 0", "interval"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(80))
    registration: Mapped[str | None] = mapped_column(String(60))
    supplier: Mapped[str] = mapped_column(String(120))
    supplier_number: Mapped[str | None] = mapped_column(String(60))
    supplier_key: Mapped[str | None] = mapped_column(String(60), index=True)
    amount_typed: Mapped[str] = mapped_column(String(30))
    amount_unit: Mapped[str] = mapped_column(String(20))
    method: Mapped[str] = mapped_column(String(200))
    used_on: Mapped[date]
    stopped_on: Mapped[date | None]
    interval_days: Mapped[int | None] = mapped_column(Integer)
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch_input.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[datetime]


append_only(BatchInput.__table__)
