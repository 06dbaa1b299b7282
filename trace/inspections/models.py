"""Inspections, results, verdicts and dispositions: all of them only added, never changed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database.append_only import append_only, attach
from core.database.base import Base, Identified, Json
from core.identity.models import Party

RELEASE = "release"
HOLD = "hold"
LIFT = "lift"
REJECT = "reject"
RECALL = "recall"
CONCESSION = "concession"
DISPOSITIONS = (RELEASE, HOLD, LIFT, REJECT, RECALL, CONCESSION)
_DISPOSITION_LIST = ", ".join(f"'{kind}'" for kind in DISPOSITIONS)


class Inspection(Base, Identified):
    """A report of a laboratory: on one batch, or a type inspection of a party's product.

    A correction names the report it replaces, with a reason; a withdrawal is a row of its own.
    """

    __tablename__ = "inspection"
    __table_args__ = (
        UniqueConstraint("laboratory_id", "number"),
        UniqueConstraint("corrects_id"),
        CheckConstraint("kind IN ('batch', 'type')", "kind_known"),
        CheckConstraint("kind = 'type' OR batch_id IS NOT NULL", "batch_named"),
        CheckConstraint("(kind = 'type') = (valid_from IS NOT NULL)", "type_has_period"),
        CheckConstraint("(corrects_id IS NULL) = (reason IS NULL)", "correction_has_reason"),
    )

    kind: Mapped[str] = mapped_column(String(5))
    number: Mapped[str] = mapped_column(String(40))
    laboratory_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"), index=True)
    grade: Mapped[str | None] = mapped_column(String(40))
    sampled_on: Mapped[date]
    reported_on: Mapped[date]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(Text)
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("inspection.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[datetime]

    laboratory: Mapped[Party] = relationship(
        lazy="joined", innerjoin=True, foreign_keys=[laboratory_id]
    )
    results: Mapped[list["Result"]] = relationship(lazy="selectin", order_by="Result.ordinal")
    withdrawal: Mapped["Withdrawal | None"] = relationship(
        lazy="selectin",
        uselist=False,
        viewonly=True,
        primaryjoin=lambda: (
            (Withdrawal.inspection_id == Inspection.id)
            & Withdrawal.id.not_in(select(Reinstatement.withdrawal_id))
        ),
    )


class Result(Base, Identified):
    """One reading of a report, as typed; how it is read is worked out each time it is judged."""

    __tablename__ = "result"
    __table_args__ = (UniqueConstraint("inspection_id", "ordinal"),)

    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    ordinal: Mapped[int] = mapped_column(Integer)
    characteristic: Mapped[str] = mapped_column(String(80), index=True)
    typed: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(String(20))
    detection_limit: Mapped[str | None] = mapped_column(String(30))
    method: Mapped[str | None] = mapped_column(String(120))
    matrix: Mapped[str | None] = mapped_column(String(40))
    uncertainty: Mapped[str | None] = mapped_column(String(30))
    guarded: Mapped[bool] = mapped_column(Boolean, default=False)
    measured_on: Mapped[date | None]
    instrument_id: Mapped[UUID | None] = mapped_column(ForeignKey("instrument.id"))
    analyst_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))


class Withdrawal(Base, Identified):
    """That a laboratory or the authority takes a report back, with a reason."""

    __tablename__ = "withdrawal"
    __table_args__ = (UniqueConstraint("inspection_id"),)

    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    reason: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    withdrawn_at: Mapped[datetime]


class Reinstatement(Base):
    """That a withdrawal was taken back by another person: the report counts again."""

    __tablename__ = "reinstatement"

    withdrawal_id: Mapped[UUID] = mapped_column(ForeignKey("withdrawal.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    reinstated_at: Mapped[datetime]


class Verdict(Base, Identified):
    """What the judge said of a batch, line by line, and what made it judge."""

    __tablename__ = "verdict"
    __table_args__ = (
        UniqueConstraint("batch_id", "number"),
        CheckConstraint(
            "outcome IN ('conforming', 'nonconforming', 'undetermined')", "outcome_known"
        ),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"))
    number: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[str] = mapped_column(String(15))
    on_date: Mapped[date]
    cause: Mapped[str] = mapped_column(String(40))
    lines: Mapped[Any] = mapped_column(Json)
    reasons: Mapped[Any] = mapped_column(Json)
    grade_reached: Mapped[str | None] = mapped_column(String(40))
    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("release_plan.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    judged_at: Mapped[datetime]


class Disposition(Base, Identified):
    """What is done with a batch; the last one counts.

    A release names the batch's newest verdict, which must be conforming: a trigger refuses any
    other (promise 1).
    """

    __tablename__ = "disposition"
    __table_args__ = (
        UniqueConstraint("batch_id", "number"),
        CheckConstraint(f"kind IN ({_DISPOSITION_LIST})", "kind_known"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"))
    number: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(Text)
    verdict_id: Mapped[UUID | None] = mapped_column(ForeignKey("verdict.id"))
    quantity: Mapped[int | None] = mapped_column(BigInteger)
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    second_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime]


for _evidence in (Inspection, Result, Withdrawal, Reinstatement, Verdict, Disposition):
    append_only(_evidence.__table__)

_NOT_FOUR_EYES = (
    "NOT EXISTS (SELECT 1 FROM signature s JOIN signature v ON v.worksheet_id = s.worksheet_id "
    "AND v.content_sha256 = s.content_sha256 AND v.account_id <> s.account_id "
    "WHERE s.worksheet_id = NEW.id AND s.meaning = 'submitted' AND v.meaning = 'verified' "
    "AND s.party_id = NEW.laboratory_id AND v.party_id = NEW.laboratory_id)"
)
SQLITE_FOUR_EYES = [
    "CREATE TRIGGER inspection_four_eyes BEFORE INSERT ON inspection "
    f"WHEN {_NOT_FOUR_EYES} "
    "BEGIN SELECT RAISE(ABORT, 'no report without two signatures'); END"
]
POSTGRES_FOUR_EYES = [
    f"""CREATE OR REPLACE FUNCTION refuse_single_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_NOT_FOUR_EYES} THEN
    RAISE EXCEPTION USING MESSAGE = 'no report without two signatures',
      ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    "CREATE TRIGGER inspection_four_eyes BEFORE INSERT ON inspection "
    "FOR EACH ROW EXECUTE FUNCTION refuse_single_eyes()",
]
attach(Inspection.__table__, SQLITE_FOUR_EYES, "sqlite")
attach(Inspection.__table__, POSTGRES_FOUR_EYES, "postgresql")

_NO_SUCH_VERDICT = (
    "NOT EXISTS (SELECT 1 FROM verdict v WHERE v.id = NEW.verdict_id "
    "AND v.batch_id = NEW.batch_id AND v.outcome = 'conforming' AND v.number = "
    "(SELECT MAX(w.number) FROM verdict w WHERE w.batch_id = NEW.batch_id))"
)
SQLITE_RELEASE = [
    "CREATE TRIGGER disposition_release BEFORE INSERT ON disposition "
    f"WHEN NEW.kind = 'release' AND {_NO_SUCH_VERDICT} "
    "BEGIN SELECT RAISE(ABORT, 'no release without a conforming verdict'); END"
]
POSTGRES_RELEASE = [
    f"""CREATE OR REPLACE FUNCTION refuse_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'release' AND {_NO_SUCH_VERDICT} THEN
    RAISE EXCEPTION USING MESSAGE = 'no release without a conforming verdict',
      ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    "CREATE TRIGGER disposition_release BEFORE INSERT ON disposition "
    "FOR EACH ROW EXECUTE FUNCTION refuse_release()",
]
attach(Disposition.__table__, SQLITE_RELEASE, "sqlite")
attach(Disposition.__table__, POSTGRES_RELEASE, "postgresql")
