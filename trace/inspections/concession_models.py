"""Concessions: asked by one person and answered by another, never by the owner of the goods."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database.append_only import attach, insert_guard
from core.database.base import Base, Identified
from trace.inspections.models import Disposition

_WAITING = "confirmed_by IS NULL AND refused_by IS NULL"


class Concession(Base, Identified):
    """让步放行: that goods which do not conform may go as ordinary goods, for a reason.

    It is asked once and answered once; only then a disposition can follow. `quantity` is that of
    the batch when it was asked, `verdict_id` the verdict that it goes against.
    """

    __tablename__ = "concession"
    __table_args__ = (
        CheckConstraint("asked_by <> confirmed_by", "two_people"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", "confirmed_when"),
        CheckConstraint(
            "(refused_by IS NULL) = (refused_at IS NULL) "
            "AND (refused_by IS NULL) = (refusal IS NULL)",
            "refused_why",
        ),
        CheckConstraint("confirmed_by IS NULL OR refused_by IS NULL", "one_answer"),
        Index(
            "ix_concession_waiting",
            "batch_id",
            unique=True,
            sqlite_where=text(_WAITING),
            postgresql_where=text(_WAITING),
        ),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    verdict_id: Mapped[UUID] = mapped_column(ForeignKey("verdict.id"))
    reason: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(BigInteger)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    confirmed_at: Mapped[datetime | None]
    refused_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    refused_at: Mapped[datetime | None]
    refusal: Mapped[str | None] = mapped_column(Text)

    @property
    def state(self) -> str:
        """waiting, confirmed or refused."""
        if self.confirmed_at is not None:
            return "confirmed"
        return "waiting" if self.refused_at is None else "refused"


_CHANGED = " OR ".join(
    f"NEW.{name} <> OLD.{name}"
    for name in (
        "id", "batch_id", "verdict_id", "reason", "quantity", "party_id", "asked_by", "asked_at",
    )
)  # fmt: skip
_ANSWERED = "OLD.confirmed_by IS NOT NULL OR OLD.refused_by IS NOT NULL"
# A concession frees goods only by two people of different accounts, neither of the owning party.
_NOT_ASKED = (
    "NOT EXISTS (SELECT 1 FROM concession c JOIN batch b ON b.id = c.batch_id "
    "JOIN account a ON a.id = c.asked_by JOIN account z ON z.id = c.confirmed_by "
    "WHERE c.batch_id = NEW.batch_id AND a.id = NEW.account_id AND z.id = NEW.second_account_id "
    "AND a.id <> z.id AND a.party_id <> b.party_id AND z.party_id <> b.party_id)"
)
_CONCEDED = (
    "EXISTS (SELECT 1 FROM disposition d WHERE d.batch_id = NEW.batch_id AND d.kind = 'concession')"
)
_TWO_PEOPLE = "no concession without two people"
_FOR_GOOD = "no release after a concession"
_ONCE = "append only: concession, which is answered once"
SQLITE = [
    "CREATE TRIGGER concession_once BEFORE UPDATE ON concession "
    f"WHEN {_ANSWERED} OR {_CHANGED} BEGIN SELECT RAISE(ABORT, '{_ONCE}'); END",
    "CREATE TRIGGER concession_stays BEFORE DELETE ON concession "
    f"BEGIN SELECT RAISE(ABORT, '{_ONCE}'); END",
    insert_guard("concession", [["id"]]),
    "CREATE TRIGGER disposition_concession BEFORE INSERT ON disposition "
    f"WHEN NEW.kind = 'concession' AND {_NOT_ASKED} "
    f"BEGIN SELECT RAISE(ABORT, '{_TWO_PEOPLE}'); END",
    "CREATE TRIGGER disposition_conceded BEFORE INSERT ON disposition "
    f"WHEN NEW.kind = 'release' AND {_CONCEDED} "
    f"BEGIN SELECT RAISE(ABORT, '{_FOR_GOOD}'); END",
]
POSTGRESQL = [
    f"""CREATE OR REPLACE FUNCTION guard_concession() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION USING MESSAGE = '{_ONCE}', ERRCODE = 'restrict_violation';
  END IF;
  IF {_ANSWERED} OR {_CHANGED} THEN
    RAISE EXCEPTION USING MESSAGE = '{_ONCE}', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    "CREATE TRIGGER concession_once BEFORE UPDATE OR DELETE ON concession "
    "FOR EACH ROW EXECUTE FUNCTION guard_concession()",
    "CREATE TRIGGER concession_stays BEFORE TRUNCATE ON concession "
    "FOR EACH STATEMENT EXECUTE FUNCTION guard_concession()",
    f"""CREATE OR REPLACE FUNCTION guard_conceded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'concession' AND {_NOT_ASKED} THEN
    RAISE EXCEPTION USING MESSAGE = '{_TWO_PEOPLE}', ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.kind = 'release' AND {_CONCEDED} THEN
    RAISE EXCEPTION USING MESSAGE = '{_FOR_GOOD}', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    "CREATE TRIGGER disposition_concession BEFORE INSERT ON disposition "
    "FOR EACH ROW EXECUTE FUNCTION guard_conceded()",
]
# The triggers stand on `disposition` too, so that table must be made first.
Concession.__table__.add_is_dependent_on(Disposition.__table__)  # type: ignore[attr-defined]
attach(Concession.__table__, SQLITE, "sqlite")
attach(Concession.__table__, POSTGRESQL, "postgresql")
