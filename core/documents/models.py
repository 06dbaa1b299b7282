"""Documents and photos, stored under our own names."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.append_only import append_only
from core.database.base import Base, Identified


class Document(Base, Identified):
    """One stored file: its bytes lie in the data folder under its id."""

    __tablename__ = "document"

    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    stored_at: Mapped[datetime]


append_only(Document.__table__)
