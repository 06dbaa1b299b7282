"""Label runs as serial ranges, the states of their sub-ranges, key epochs and scan counts."""

from datetime import date, datetime
from decimal import Decimal
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
from core.database.base import Base, Identified
from trace.batches.models import Batch

LAST_SERIAL = 2**35 - 1


class KeyEpoch(Base, Identified):
    """A change in the life of a key epoch: issue (and verify) → verify → revoked."""

    __tablename__ = "key_epoch"
    __table_args__ = (
        UniqueConstraint("epoch", "number"),
        CheckConstraint("epoch BETWEEN 0 AND 31", "five_bits"),
        CheckConstraint("state IN ('issue', 'verify', 'revoked')", "state_known"),
    )

    epoch: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]


class SerialHead(Base):
    """The next serial of an epoch; moved by one conditional UPDATE."""

    __tablename__ = "serial_head"
    __table_args__ = (
        CheckConstraint(f"next_serial BETWEEN 0 AND {LAST_SERIAL + 1}", "thirty_five_bits"),
    )

    epoch: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    next_serial: Mapped[int] = mapped_column(BigInteger)


class LabelRun(Base, Identified):
    """A serial range of labels of one batch, with what is printed on them.

    Triggers refuse a run whose release is not the batch's current disposition, whose serials
    overlap another run, or whose quantity is not booked as labelled.
    """

    __tablename__ = "label_run"
    __table_args__ = (
        UniqueConstraint("epoch", "first"),
        CheckConstraint("first >= 0 AND first <= last", "range"),
        CheckConstraint(f"last <= {LAST_SERIAL}", "thirty_five_bits"),
        CheckConstraint("net_content > 0", "net_content"),
        Index("ix_label_run_epoch_last", "epoch", "last"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    release_id: Mapped[UUID] = mapped_column(ForeignKey("disposition.id"))
    licence_id: Mapped[UUID] = mapped_column(ForeignKey("licence.id"))
    epoch: Mapped[int] = mapped_column(Integer)
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
    net_content: Mapped[int] = mapped_column(BigInteger)
    net_typed: Mapped[str] = mapped_column(String(30))
    net_unit: Mapped[str] = mapped_column(String(10))
    posting: Mapped[UUID] = mapped_column(unique=True)
    origin: Mapped[str] = mapped_column(String(100))
    gtin: Mapped[str | None] = mapped_column(String(14))
    sheet_format: Mapped[str] = mapped_column(String(30))
    gi_name: Mapped[str] = mapped_column(String(60))
    standard: Mapped[str] = mapped_column(String(80))
    trademark: Mapped[str | None] = mapped_column(String(40))
    mark: Mapped[bool] = mapped_column(Boolean, default=False)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    drawn_at: Mapped[datetime]

    batch: Mapped[Batch] = relationship(lazy="joined", innerjoin=True)
    states: Mapped[list["LabelState"]] = relationship(lazy="selectin", order_by="LabelState.number")

    @property
    def count(self) -> int:
        """How many labels the run holds."""
        return self.last - self.first + 1


class LabelState(Base, Identified):
    """A sub-range of a run enters a state; for each serial the last row counts."""

    __tablename__ = "label_state"
    __table_args__ = (
        UniqueConstraint("run_id", "number"),
        CheckConstraint("state IN ('printed', 'activated', 'void')", "state_known"),
        CheckConstraint("first <= last", "range"),
        CheckConstraint("state <> 'void' OR reason IS NOT NULL", "void_has_reason"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("label_run.id"))
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10))
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]


class ScanCount(Base):
    """How often a label was scanned on a day and what the scan showed; the only thing GET writes."""

    __tablename__ = "scan_count"

    epoch: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    serial: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(String(20), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class PrinterOffset(Base):
    """How far a party's printer prints beside the mark on one sheet format, in millimetres."""

    __tablename__ = "printer_offset"

    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), primary_key=True)
    sheet_format: Mapped[str] = mapped_column(String(30), primary_key=True)
    right: Mapped[Decimal]
    down: Mapped[Decimal]


for _evidence in (KeyEpoch, LabelRun, LabelState):
    append_only(_evidence.__table__)

_NOT_RELEASED = (
    "NOT EXISTS (SELECT 1 FROM disposition d WHERE d.id = NEW.release_id "
    "AND d.batch_id = NEW.batch_id AND d.kind = 'release' AND d.number = "
    "(SELECT MAX(e.number) FROM disposition e WHERE e.batch_id = NEW.batch_id))"
)
_OVERLAPS = (
    "EXISTS (SELECT 1 FROM label_run r WHERE r.epoch = NEW.epoch "
    "AND r.last >= NEW.first AND r.first <= NEW.last)"
)
_NOT_BOOKED = (
    "COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting "
    "AND e.batch_id = NEW.batch_id AND e.account = 'labelled'), 0) "
    "<> (NEW.last - NEW.first + 1) * NEW.net_content"
)
_GUARDS = (
    ("released", _NOT_RELEASED, "no label without a current release"),
    ("apart", _OVERLAPS, "label serials overlap"),
    ("booked", _NOT_BOOKED, "no label without its quantity in the books"),
)
SQLITE_RUN = [
    f"CREATE TRIGGER label_run_{name} BEFORE INSERT ON label_run WHEN {broken} "
    f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    for name, broken, message in _GUARDS
]
_PG_GUARDS = "\n".join(
    f"  IF {broken} THEN RAISE EXCEPTION USING MESSAGE = '{message}', "
    "ERRCODE = 'restrict_violation'; END IF;"
    for _, broken, message in _GUARDS
)
POSTGRES_RUN = [
    f"""CREATE OR REPLACE FUNCTION guard_label_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{_PG_GUARDS}
  RETURN NEW;
END $$""",
    "CREATE TRIGGER label_run_guard BEFORE INSERT ON label_run "
    "FOR EACH ROW EXECUTE FUNCTION guard_label_run()",
]
attach(LabelRun.__table__, SQLITE_RUN, "sqlite")
attach(LabelRun.__table__, POSTGRES_RUN, "postgresql")
