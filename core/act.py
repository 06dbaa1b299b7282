"""An act: who does something, when, and in which transaction. Every verb takes it first."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.clock import day_of, now
from core.database.engine import write_transaction
from core.errors import Forbidden
from core.record.attempts import Attempt
from core.record.service import Fact, write_facts
from core.words import Words

PRODUCER = "producer"
INSPECTOR = "inspector"
AUTHORITY = "authority"
ADMIN = "admin"
VERIFIER = "verifier"


@dataclass(frozen=True)
class Actor:
    """The one who acts: an account of one party with its roles; nobody has neither."""

    account: UUID | None = None
    party: UUID | None = None
    name: str = ""
    party_name: str = ""
    roles: frozenset[str] = frozenset()

    def is_a(self, *roles: str) -> bool:
        """Whether the actor holds one of `roles`."""
        return not self.roles.isdisjoint(roles)


NOBODY = Actor()
HOUSE = Actor(name="house", roles=frozenset({ADMIN, AUTHORITY}))
"""The house itself: loads the catalogue and derives consequences; has no account."""


@dataclass
class Act:
    """One act. Verbs read through `session`, and say what happened with `record`."""

    session: Session
    actor: Actor = NOBODY
    at: datetime = field(default_factory=now)
    facts: list[Fact] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The day of the act in Changsha."""
        return day_of(self.at)

    @property
    def party(self) -> UUID:
        """The party of the one who acts; refused for nobody and for the house."""
        if self.actor.party is None:
            raise Forbidden("no-party", Words("这个帐号不属于任何主体。", "No party stands here."))
        return self.actor.party

    def record(self, kind: str, subject: object, **body: object) -> None:
        """Put a fact on record; it gets its position at the end of the transaction."""
        self.facts.append(Fact(kind, str(subject), body))

    def tried(self, attempt: Attempt) -> None:
        """Say, just before refusing, that more was asked than there is; counted once all is undone."""
        self.attempts.append(attempt)

    def need(self, *roles: str) -> None:
        """Refuse unless the actor holds one of `roles`."""
        if not self.actor.is_a(*roles):
            raise Forbidden(
                "role-missing",
                Words("您的帐号没有做这件事的权限。", "Your account may not do this."),
            )


@contextmanager
def transaction(session: Session, actor: Actor, at: datetime | None = None) -> Iterator[Act]:
    """One act in one transaction: evidence goes in last, then COMMIT; any error undoes all."""
    with write_transaction(session):
        act = Act(session, actor, at or now())
        yield act
        session.flush()
        write_facts(session, act.facts, actor.account, act.at)
