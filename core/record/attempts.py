"""What was tried and refused, counted by day: no evidence, but somebody should know of it.

A refused act leaves nothing behind; so it is counted in a transaction of its own once all else is
undone. A count that cannot be kept costs a count and never an answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import structlog
from sqlalchemy import BigInteger, CheckConstraint, Integer, String, case
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.clock import day_of
from core.database.base import Base
from core.database.engine import write_transaction
from core.errors import Busy

log = structlog.get_logger()


@dataclass(frozen=True)
class Attempt:
    """More was asked of a thing than there was; both amounts in its base, mass or count."""

    kind: str
    subject: UUID
    base: str
    asked: int
    possible: int


class RefusedAttempt(Base):
    """How often a party tried to get more of a thing than there was on a day, and the most of it.

    The subject may be something that was undone with the act, so it refers to no table.
    """

    __tablename__ = "refused_attempt"
    __table_args__ = (
        CheckConstraint("count > 0", "counted"),
        CheckConstraint("base IN ('mass', 'count')", "base_known"),
    )

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    party_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    base: Mapped[str] = mapped_column(String(5))
    asked: Mapped[int] = mapped_column(BigInteger)
    possible: Mapped[int] = mapped_column(BigInteger)
    account_id: Mapped[UUID | None]
    count: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime]


def count_attempts(
    session: Session, attempts: Iterable[Attempt], who: tuple[UUID, UUID | None], at: datetime
) -> None:
    """Count what a party and its account (`who`) tried; the act itself is undone already."""
    held = list(attempts)
    if not held:
        return
    try:
        with write_transaction(session):
            for attempt in held:
                _add(session, attempt, who, at)
    except (SQLAlchemyError, Busy) as problem:
        log.warning("attempt not counted", kinds=[a.kind for a in held], exc_info=problem)


def _add(session: Session, attempt: Attempt, who: tuple[UUID, UUID | None], at: datetime) -> None:
    postgresql = session.get_bind().dialect.name == "postgresql"
    make = postgresql_insert if postgresql else sqlite_insert
    party, account = who
    put = make(RefusedAttempt).values(
        kind=attempt.kind, party_id=party, subject_id=attempt.subject, day=day_of(at),
        base=attempt.base, asked=attempt.asked, possible=attempt.possible, account_id=account, count=1, last_at=at,
    )  # fmt: skip
    new, row = put.excluded, RefusedAttempt
    more = new.asked > row.asked
    session.execute(
        put.on_conflict_do_update(
            index_elements=[row.kind, row.party_id, row.subject_id, row.day],
            set_={
                "count": row.count + 1,
                "asked": case((more, new.asked), else_=row.asked),
                "possible": case((more, new.possible), else_=row.possible),
                "account_id": new.account_id,
                "last_at": new.last_at,
            },
        )
    )
