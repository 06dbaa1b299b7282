"""The evidence table, its head, and the erasable place for personal values."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database.append_only import append_only
from core.database.base import Base, Identified


class Evidence(Base):
    """One fact: canonical JSON and its SHA-256 at a gapless position."""

    __tablename__ = "evidence"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(60), index=True)
    at: Mapped[datetime]
    actor: Mapped[UUID | None]
    body: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))


append_only(Evidence.__table__)


class RecordHead(Base):
    """The next free position: one row, taken under its lock at the end of each writing act."""

    __tablename__ = "record_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    next_position: Mapped[int] = mapped_column(BigInteger)


class PersonalValue(Base, Identified):
    """A personal value and its salt, erasable; evidence holds only SHA-256(salt ‖ value)."""

    __tablename__ = "personal_value"

    digest: Mapped[str] = mapped_column(String(64), index=True)
    salt: Mapped[str | None] = mapped_column(String(64))
    value: Mapped[str | None] = mapped_column(Text)
