"""召回: recalls and drills, what they reach, who holds it, what the holders answer."""

from datetime import datetime
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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database.append_only import append_only, attach, insert_guard
from core.database.base import Base, Identified, Json
from core.identity.models import Party

RECALL = "recall"
DRILL = "drill"
KINDS = (RECALL, DRILL)
RETURNED = "returned"
DESTROYED = "destroyed"
HELD = "held"
SOLD = "sold"
NONE = "none"
TOLD = (RETURNED, DESTROYED, HELD, SOLD)
_TOLD_LIST = ", ".join(f"'{told}'" for told in (*TOLD, NONE))
_OPEN = "kind = 'recall' AND closed_at IS NULL"


class Recall(Base, Identified):
    """Goods are called back, from a starting point on through everything they went into.

    A drill is the same without consequences, and closed as soon as it is done. `shares` says per
    base how much left the starting batches and how much of it was found with a named holder;
    `unreached` what was not, and why. Of one starting point only one recall is open at a time.
    """

    __tablename__ = "recall"
    __table_args__ = (
        CheckConstraint("kind IN ('recall', 'drill')", "kind_known"),
        CheckConstraint("(closed_at IS NULL) = (closing_note IS NULL)", "closed_with_a_word"),
        CheckConstraint("kind = 'recall' OR closed_at IS NOT NULL", "drill_is_done"),
        Index(
            "ix_recall_open_start",
            "start_kind",
            "start_id",
            "start_clause",
            unique=True,
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
    )

    number: Mapped[str] = mapped_column(String(30), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"), index=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(Text)
    start_kind: Mapped[str] = mapped_column(String(10))
    start_id: Mapped[str] = mapped_column(String(120))
    start_clause: Mapped[str] = mapped_column(String(80))
    start_words: Mapped[str] = mapped_column(String(300))
    batches: Mapped[int] = mapped_column(Integer)
    labels: Mapped[int] = mapped_column(BigInteger)
    holders: Mapped[int] = mapped_column(Integer)
    milliseconds: Mapped[int] = mapped_column(BigInteger)
    shares: Mapped[Any] = mapped_column(Json)
    unreached: Mapped[Any] = mapped_column(Json)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    closing_note: Mapped[str | None] = mapped_column(Text)

    party: Mapped[Party | None] = relationship(lazy="joined", foreign_keys=[party_id])


class RecallBatch(Base):
    """A batch that a recall or drill reached; with a recall the disposition that stopped it."""

    __tablename__ = "recall_batch"

    recall_id: Mapped[UUID] = mapped_column(ForeignKey("recall.id"), primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), primary_key=True, index=True)
    disposition_id: Mapped[UUID | None] = mapped_column(ForeignKey("disposition.id"))


class RecallHolder(Base, Identified):
    """Who held goods when the recall was decided: a registered party, or a consignee outside.

    `held` is a list of {account, batch, number, product, form, base, unit, quantity, shipment, sale,
    run, epoch, spans}; quantities are texts in the form's base. Phone, address and `person`, the
    name of somebody who bought loose goods, are digests of erasable values.
    """

    __tablename__ = "recall_holder"
    __table_args__ = (UniqueConstraint("recall_id", "number"),)

    recall_id: Mapped[UUID] = mapped_column(ForeignKey("recall.id"))
    number: Mapped[int] = mapped_column(Integer)
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"), index=True)
    shipper_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"))
    name: Mapped[str] = mapped_column(String(120))
    person: Mapped[str | None] = mapped_column(String(64))
    phone: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(64))
    held: Mapped[Any] = mapped_column(Json)

    party: Mapped[Party | None] = relationship(lazy="joined", foreign_keys=[party_id])


class RecallAnswer(Base, Identified):
    """What a holder said, or why nobody did (`none`); `item` is a place in what it held.

    What was returned or destroyed is booked by `posting`.
    """

    __tablename__ = "recall_answer"
    __table_args__ = (
        UniqueConstraint("holder_id", "number"),
        CheckConstraint(f"told IN ({_TOLD_LIST})", "told_known"),
        CheckConstraint("told <> 'none' OR note IS NOT NULL", "none_has_reason"),
        CheckConstraint("(told = 'none') = (quantity IS NULL)", "how_much"),
        CheckConstraint("quantity IS NULL OR quantity > 0", "has_quantity"),
        CheckConstraint("(first IS NULL) = (last IS NULL)", "range"),
    )

    recall_id: Mapped[UUID] = mapped_column(ForeignKey("recall.id"), index=True)
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("recall_holder.id"))
    number: Mapped[int] = mapped_column(Integer)
    item: Mapped[int | None] = mapped_column(Integer)
    told: Mapped[str] = mapped_column(String(10))
    quantity: Mapped[int | None] = mapped_column(BigInteger)
    first: Mapped[int | None] = mapped_column(BigInteger)
    last: Mapped[int | None] = mapped_column(BigInteger)
    posting: Mapped[UUID | None]
    note: Mapped[str | None] = mapped_column(Text)
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]


for _evidence in (RecallBatch, RecallHolder, RecallAnswer):
    append_only(_evidence.__table__)

_CHANGED = " OR ".join(
    f"NEW.{name} <> OLD.{name}"
    for name in (
        "id", "number", "kind", "reason", "start_kind", "start_id", "start_clause", "start_words",
        "batches", "labels", "holders", "milliseconds", "shares", "unreached", "opened_at",
    )
)  # fmt: skip
_NOT_CLOSING = f"OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL OR {_CHANGED}"
_ONCE = "append only: recall, which is closed once"
_CLOSED = (
    "NOT EXISTS (SELECT 1 FROM recall c JOIN recall_holder h ON h.recall_id = c.id "
    "WHERE c.id = NEW.recall_id AND h.id = NEW.holder_id AND c.closed_at IS NULL)"
)
_TOO_LATE = "no answer to a closed recall"
SQLITE = [
    "CREATE TRIGGER recall_once BEFORE UPDATE ON recall "
    f"WHEN {_NOT_CLOSING} BEGIN SELECT RAISE(ABORT, '{_ONCE}'); END",
    "CREATE TRIGGER recall_stays BEFORE DELETE ON recall "
    f"BEGIN SELECT RAISE(ABORT, '{_ONCE}'); END",
    insert_guard("recall", [["id"], ["number"]]),
]
POSTGRESQL = [
    f"""CREATE OR REPLACE FUNCTION guard_recall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION USING MESSAGE = '{_ONCE}', ERRCODE = 'restrict_violation';
  END IF;
  IF {_NOT_CLOSING} THEN
    RAISE EXCEPTION USING MESSAGE = '{_ONCE}', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    "CREATE TRIGGER recall_once BEFORE UPDATE OR DELETE ON recall "
    "FOR EACH ROW EXECUTE FUNCTION guard_recall()",
    "CREATE TRIGGER recall_stays BEFORE TRUNCATE ON recall "
    "FOR EACH STATEMENT EXECUTE FUNCTION guard_recall()",
]
SQLITE_ANSWER = [
    f"CREATE TRIGGER recall_answer_open BEFORE INSERT ON recall_answer WHEN {_CLOSED} "
    f"BEGIN SELECT RAISE(ABORT, '{_TOO_LATE}'); END"
]
POSTGRES_ANSWER = [
    f"""CREATE OR REPLACE FUNCTION guard_recall_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_CLOSED} THEN
    RAISE EXCEPTION USING MESSAGE = '{_TOO_LATE}', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    "CREATE TRIGGER recall_answer_open BEFORE INSERT ON recall_answer "
    "FOR EACH ROW EXECUTE FUNCTION guard_recall_answer()",
]
attach(Recall.__table__, SQLITE, "sqlite")
attach(Recall.__table__, POSTGRESQL, "postgresql")
attach(RecallAnswer.__table__, SQLITE_ANSWER, "sqlite")
attach(RecallAnswer.__table__, POSTGRES_ANSWER, "postgresql")
