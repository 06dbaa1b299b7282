"""What stands before and beside a report: worksheets, signatures, retests, re-inspections.

A worksheet is worked on until it is published; everything else here is only added.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.append_only import append_only
from core.database.base import Base, Identified, Json

DRAFTED = "drafted"
SUBMITTED = "submitted"
PUBLISHED = "published"
DISCARDED = "discarded"
VERIFIED = "verified"
RETURNED = "returned"

LABORATORY_ERROR = "laboratory-error"
RETAINED_SAMPLE = "retained-sample"
DOUBLE_SAMPLING = "double-sampling"
REINSPECTION = "reinspection"
GROUNDS = (LABORATORY_ERROR, RETAINED_SAMPLE, DOUBLE_SAMPLING, REINSPECTION)
_GROUND_LIST = ", ".join(f"'{ground}'" for ground in GROUNDS)


class Worksheet(Base, Identified):
    """检验记录: what a laboratory works on until a second person of it has verified it.

    Its id becomes that of the inspection. `content` is the report as typed; `content_sha256` is
    over its canonical form with what it is about, and is what signatures stand for.
    """

    __tablename__ = "worksheet"
    __table_args__ = (
        CheckConstraint("kind IN ('batch', 'type')", "kind_known"),
        CheckConstraint("kind = 'type' OR batch_id IS NOT NULL", "batch_named"),
        CheckConstraint(
            "state IN ('drafted', 'submitted', 'published', 'discarded')", "state_known"
        ),
        CheckConstraint("corrects_id IS NULL OR retests_id IS NULL", "corrects_or_retests"),
    )

    kind: Mapped[str] = mapped_column(String(5))
    state: Mapped[str] = mapped_column(String(10), index=True)
    laboratory_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"), index=True)
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("inspection.id"))
    retests_id: Mapped[UUID | None] = mapped_column(ForeignKey("inspection.id"))
    ground: Mapped[str | None] = mapped_column(String(20))
    both_count: Mapped[bool] = mapped_column(Boolean, default=False)
    reason: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(String(40))
    content: Mapped[Any] = mapped_column(Json)
    content_sha256: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(Integer, default=1)


class Signature(Base, Identified):
    """That somebody stood for a worksheet's content, what that meant, and how it was proved.

    `method`: the password was asked again on a page, or a program signed with its own token.
    """

    __tablename__ = "signature"
    __table_args__ = (
        CheckConstraint("meaning IN ('submitted', 'verified', 'returned')", "meaning_known"),
        CheckConstraint("method IN ('password', 'token')", "method_known"),
        CheckConstraint("(meaning = 'returned') = (reason IS NOT NULL)", "return_has_reason"),
    )

    worksheet_id: Mapped[UUID] = mapped_column(ForeignKey("worksheet.id"), index=True)
    meaning: Mapped[str] = mapped_column(String(10))
    content_sha256: Mapped[str] = mapped_column(String(64))
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    method: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str | None] = mapped_column(Text)
    signed_at: Mapped[datetime]


class Retest(Base):
    """复验: that a report tests again what an earlier one had tested; both stay.

    Of the items tested again the retest counts, or both do (`both_count`: the worse decides). That
    is said, with its reason, before anybody knows the new values.
    """

    __tablename__ = "retest"
    __table_args__ = (
        UniqueConstraint("first_id"),
        CheckConstraint(f"ground IN ({_GROUND_LIST})", "ground_known"),
    )

    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"), primary_key=True)
    first_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    ground: Mapped[str] = mapped_column(String(20))
    both_count: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(Text)


class Reinspection(Base, Identified):
    """复检: that the owner asks another laboratory to test again what failed.

    农产品质量安全法 art. 51: within five working days of hearing the result. `calendar` says by
    which days that was counted.
    """

    __tablename__ = "reinspection"
    __table_args__ = (
        UniqueConstraint("first_id"),
        CheckConstraint("sample IN ('retained-sample', 'double-sampling')", "sample_known"),
    )

    first_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    laboratory_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    sample: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    last_day: Mapped[date]
    calendar: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]


class CalendarDay(Base):
    """A day on which the country works or rests otherwise than Monday to Friday says."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    works: Mapped[bool] = mapped_column(Boolean)
    source: Mapped[str] = mapped_column(String(200))


class Attachment(Base, Identified):
    """A photo that belongs to a report."""

    __tablename__ = "attachment"
    __table_args__ = (UniqueConstraint("inspection_id", "document_id"),)

    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))


for _evidence in (Signature, Retest, Reinspection, Attachment):
    append_only(_evidence.__table__)
