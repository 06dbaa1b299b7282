"""What a laboratory works with: instruments, their calibrations, methods, and sheets sent in."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database.append_only import append_only
from core.database.base import Base, Identified, Json


class Instrument(Base, Identified):
    """仪器 of a laboratory: what it measures, in which unit, and between which readings.

    `characteristics` is a list of names; `lowest` and `highest` are the ends of what can be read,
    as typed, in `unit`; `mapping` says which column of its sheets is what (mapping.Mapping).
    """

    __tablename__ = "instrument"
    __table_args__ = (UniqueConstraint("laboratory_id", "name"),)

    laboratory_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    name: Mapped[str] = mapped_column(String(80))
    maker: Mapped[str | None] = mapped_column(String(80))
    model: Mapped[str | None] = mapped_column(String(80))
    serial_number: Mapped[str] = mapped_column(String(60))
    unit: Mapped[str] = mapped_column(String(20))
    lowest: Mapped[str | None] = mapped_column(String(30))
    highest: Mapped[str | None] = mapped_column(String(30))
    characteristics: Mapped[Any] = mapped_column(Json)
    mapping: Mapped[Any] = mapped_column(Json)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, default=1)

    calibrations: Mapped[list["Calibration"]] = relationship(
        lazy="selectin", order_by="Calibration.recorded_at"
    )


class Calibration(Base, Identified):
    """校准 or 检定 of an instrument, good until its due date (that day included).

    A correction names the one that it replaces, with a reason; both stay.
    """

    __tablename__ = "calibration"
    __table_args__ = (
        UniqueConstraint("corrects_id"),
        CheckConstraint("due_on > calibrated_on", "order"),
        CheckConstraint("(corrects_id IS NULL) = (reason IS NULL)", "correction_has_reason"),
    )

    instrument_id: Mapped[UUID] = mapped_column(ForeignKey("instrument.id"), index=True)
    calibrated_on: Mapped[date]
    due_on: Mapped[date]
    certificate_number: Mapped[str] = mapped_column(String(60))
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("calibration.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[datetime]


class Method(Base, Identified):
    """检验方法 that a laboratory works by.

    `characteristics` are [{characteristic, unit, detection_limit}], the limit as typed or None;
    `accredited` is the accreditation as the laboratory names it, until `accredited_until`.
    """

    __tablename__ = "method"
    __table_args__ = (UniqueConstraint("laboratory_id", "designation"),)

    laboratory_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    designation: Mapped[str] = mapped_column(String(120))
    characteristics: Mapped[Any] = mapped_column(Json)
    accredited: Mapped[str | None] = mapped_column(String(120))
    accredited_until: Mapped[date | None]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, default=1)


class SheetImport(Base, Identified):
    """A sheet that was sent in for looking at, and once its values were put in, what became of it.

    `answers` are [{row, state, zh, en}], one for each row, as they were when it was put in.
    """

    __tablename__ = "sheet_import"

    laboratory_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    instrument_id: Mapped[UUID] = mapped_column(ForeignKey("instrument.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    octets: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sent_at: Mapped[datetime]
    put_in_at: Mapped[datetime | None]
    answers: Mapped[Any] = mapped_column(Json)

    instrument: Mapped[Instrument] = relationship(lazy="joined", innerjoin=True)


append_only(Calibration.__table__)
