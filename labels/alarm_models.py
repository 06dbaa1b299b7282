"""Words with which alarms were acknowledged. The alarms themselves are derived, never stored."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database.append_only import append_only
from core.database.base import Base, Identified
from core.identity.models import Party


class AlarmWord(Base, Identified):
    """Somebody has seen an alarm and says a word about it.

    `key` names the alarm with the numbers that make it, so that a later, bigger one is not
    silenced. `by_authority`: said for the authority; otherwise for the party alone.
    """

    __tablename__ = "alarm_word"

    key: Mapped[str] = mapped_column(String(60), index=True)
    word: Mapped[str] = mapped_column(Text)
    by_authority: Mapped[bool] = mapped_column(Boolean)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]

    party: Mapped[Party] = relationship(lazy="joined", innerjoin=True)


append_only(AlarmWord.__table__)
