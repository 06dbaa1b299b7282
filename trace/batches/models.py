"""Batches and the events of their nine stages."""

from datetime import date, datetime
from decimal import Decimal
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

from core.database.append_only import append_only, attach
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


SPLIT = "split"
TRANSFER = "transfer"
MERGE = "merge"
REPACK = "repack"
TRANSFORM = "transform"
ORIGIN_KINDS = (SPLIT, MERGE, TRANSFORM, REPACK, TRANSFER)
_ORIGIN_LIST = ", ".join(f"'{kind}'" for kind in ORIGIN_KINDS)


class BatchOrigin(Base, Identified):
    """谱系: how much of which batch went into which; `quantity` in the base of the parent's form.

    `number` counts all of them without a gap, in the order of COMMIT. Goods of a confirmed parent
    move by a posting: a trigger refuses an origin whose goods did not leave the parent and arrive
    (promise 2). A split before the quantity is confirmed divides what was declared. And what has
    already gone on into another batch takes in nothing any more, so that there is no loop.
    """

    __tablename__ = "batch_origin"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("batch_id", "parent_id"),
        Index("ix_batch_origin_parent_batch", "parent_id", "batch_id"),
        CheckConstraint(f"kind IN ({_ORIGIN_LIST})", "kind_known"),
        CheckConstraint("quantity > 0", "has_quantity"),
        CheckConstraint("batch_id <> parent_id", "of_another"),
    )

    number: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(10))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"))
    parent_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"))
    quantity: Mapped[int] = mapped_column(BigInteger)
    posting: Mapped[UUID | None]
    note: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]


class LinkHead(Base):
    """The next number of an origin: one row, taken under its lock by the act that writes it."""

    __tablename__ = "link_head"
    __table_args__ = (CheckConstraint("id = 1", "single"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    next_number: Mapped[int] = mapped_column(BigInteger)


class Processing(Base, Identified):
    """加工: batches went into others in one act; its id is that of the posting.

    Amounts are in the bases of the forms. `low` and `high` are the conversion range that stood
    then, in its own units; `outside` that the yield was not in it, or that pieces became weight
    without any, for a `reason`. A range without a source is 待核实 (`range_proven` false) and
    nothing is outside of it.
    """

    __tablename__ = "processing"
    __table_args__ = (
        CheckConstraint("kind IN ('merge', 'transform', 'repack')", "kind_known"),
        CheckConstraint("went_in > 0 AND came_out > 0 AND lost >= 0", "amounts"),
        CheckConstraint("NOT outside OR reason IS NOT NULL", "outside_has_reason"),
    )

    kind: Mapped[str] = mapped_column(String(10))
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    from_form: Mapped[str] = mapped_column(String(40))
    to_form: Mapped[str] = mapped_column(String(40))
    went_in: Mapped[int] = mapped_column(BigInteger)
    came_out: Mapped[int] = mapped_column(BigInteger)
    lost: Mapped[int] = mapped_column(BigInteger)
    happened_on: Mapped[date]
    low: Mapped[Decimal | None]
    high: Mapped[Decimal | None]
    range_proven: Mapped[bool] = mapped_column(Boolean, default=False)
    outside: Mapped[bool] = mapped_column(Boolean, default=False)
    reason: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]


for _evidence in (Event, Submission, BatchOrigin, Processing):
    append_only(_evidence.__table__)


def _moved(batch: str) -> str:
    return (
        "COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting "
        f"AND e.batch_id = NEW.{batch} AND e.account IN ('stock', 'transit')), 0)"
    )


_NOT_MOVED = (
    "EXISTS (SELECT 1 FROM batch b WHERE b.id = NEW.parent_id AND (b.confirmed_at IS NOT NULL "
    f"OR NEW.kind <> 'split')) AND (-{_moved('parent_id')} < NEW.quantity "
    f"OR {_moved('batch_id')} <= 0 "
    f"OR (NEW.kind IN ('split', 'transfer') AND {_moved('batch_id')} <> NEW.quantity))"
)
_LATE = "EXISTS (SELECT 1 FROM batch_origin o WHERE o.parent_id = NEW.batch_id)"
SQLITE_ORIGIN = [
    f"CREATE TRIGGER batch_origin_moved BEFORE INSERT ON batch_origin WHEN {_NOT_MOVED} "
    "BEGIN SELECT RAISE(ABORT, 'no part without its goods'); END",
    f"CREATE TRIGGER batch_origin_early BEFORE INSERT ON batch_origin WHEN {_LATE} "
    "BEGIN SELECT RAISE(ABORT, 'what has gone on takes nothing in'); END",
]
POSTGRES_ORIGIN = [
    f"""CREATE OR REPLACE FUNCTION refuse_origin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_NOT_MOVED} THEN
    RAISE EXCEPTION USING MESSAGE = 'no part without its goods', ERRCODE = 'restrict_violation';
  END IF;
  IF {_LATE} THEN
    RAISE EXCEPTION USING MESSAGE = 'what has gone on takes nothing in',
      ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    "CREATE TRIGGER batch_origin_moved BEFORE INSERT ON batch_origin "
    "FOR EACH ROW EXECUTE FUNCTION refuse_origin()",
]
attach(BatchOrigin.__table__, SQLITE_ORIGIN, "sqlite")
attach(BatchOrigin.__table__, POSTGRES_ORIGIN, "postgresql")
